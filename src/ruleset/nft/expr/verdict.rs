//! Verdicts, held by an immediate or by the elements of a verdict map.

use crate::ruleset::nft::decode::attributes::{be32, parse, string};

/// A verdict held by an immediate or a verdict map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    Accept,
    Drop,
    /// `queue`, with the queue number and its bypass bit in the raw code.
    Queue(u32),
    Continue,
    Break,
    Return,
    Jump(Box<str>),
    Goto(Box<str>),
}

/// `NF_VERDICT_MASK`.
const MASK: i32 = 0xff;
/// `NF_QUEUE`.
const QUEUE: i32 = 3;

impl Verdict {
    /// `nft_verdict_dump`.
    pub(in crate::ruleset::nft) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, code, chain, _id] = parse(attributes)?;
        let chain = || chain.map(|chain| String::from_utf8_lossy(string(chain)).into());
        let code = be32(code?)?.cast_signed();
        Some(match code {
            0 => Self::Drop,
            1 => Self::Accept,
            -1 => Self::Continue,
            -2 => Self::Break,
            -3 => Self::Jump(chain()?),
            -4 => Self::Goto(chain()?),
            -5 => Self::Return,
            _ if code > 0 && code & MASK == QUEUE => Self::Queue(code.cast_unsigned()),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::nft::decode::handmade::{attribute, number};

    #[test]
    fn codes() {
        let read = |code: i32| Verdict::decode(&number(1, code.cast_unsigned()));
        assert_eq!(read(0), Some(Verdict::Drop));
        assert_eq!(read(1), Some(Verdict::Accept));
        assert_eq!(read(-5), Some(Verdict::Return));
        assert_eq!(read(0x0005_8003), Some(Verdict::Queue(0x0005_8003)));
        for code in [2, 4, 5, -6, i32::MIN] {
            assert_eq!(read(code), None, "{code}");
        }
        assert_eq!(read(-3), None, "a jump to nowhere");
        let jump = [number(1, u32::MAX - 2), attribute(2, b"web\0")].concat();
        assert_eq!(Verdict::decode(&jump), Some(Verdict::Jump("web".into())));
    }
}
