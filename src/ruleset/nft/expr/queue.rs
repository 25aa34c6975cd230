//! `queue` (`nft_queue.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be16, optional, parse, register};

/// `queue` (`nft_queue.c`).
#[derive(Debug, Clone)]
pub struct Queue {
    pub num: Option<u16>,
    pub total: Option<u16>,
    /// 1 bypass, 2 fanout.
    pub flags: u16,
    pub source: Option<Reg>,
}

impl Queue {
    /// `nft_queue_dump` and `nft_queue_sreg_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, num, total, flags, source] = parse(attributes)?;
        Some(Self {
            num: optional(num, be16)?,
            total: optional(total, be16)?,
            flags: optional(flags, be16)?.unwrap_or(0),
            source: optional(source, register)?,
        })
        .filter(|it| it.num.is_some() != it.source.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::nft::{
        Expr,
        decode::handmade::{attribute, expr, number},
    };

    #[test]
    fn numbered_and_by_register() {
        let range = expr("queue", &[attribute(1, &[0, 5]), attribute(2, &[0, 3]), attribute(3, &[0, 1])]);
        let Expr::Queue(Queue { num: Some(5), total: Some(3), flags: 1, source: None }) = range else { panic!("{range:?}") };
        let mapped = expr("queue", &[attribute(3, &[0, 0]), number(4, 9)]);
        let Expr::Queue(Queue { num: None, total: None, flags: 0, source: Some(Reg(4)) }) = mapped else { panic!("{mapped:?}") };
        let neither = expr("queue", &[attribute(3, &[0, 0])]);
        assert!(matches!(neither, Expr::Unknown { name, .. } if name == "queue"));
    }
}
