//! `-m string` (`string_mt`, xt_string.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Bytes that are somewhere in the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub pattern: Box<[u8]>,
    pub inverted: bool,
    pub ignores_case: bool,
    /// `bm`, `kmp`, `fsm`.
    pub algorithm: Box<str>,
    /// Where the search begins and ends: bytes from the beginning of the network header.
    pub from: u16,
    pub to: u16,
    given: bool,
}

/// `struct xt_string_info`, what of it is not the kernel's own.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    from: u16,
    to: u16,
    algorithm: [u8; 16],
    pattern: [u8; LONGEST],
    length: u8,
    flags: u8,
}

/// `XT_STRING_MAX_PATTERN_SIZE`.
const LONGEST: usize = 128;

/// `XT_STRING_FLAG_*`.
const INVERTED: u8 = 1;
const IGNORES_CASE: u8 = 2;

impl Extension for Text {
    const NAMES: &'static [&'static str] = &["string"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("from").plain(),
        Opt::value("to").plain(),
        Opt::value("algo").plain().needed(),
        Opt::value("string").excludes(&["hex-string"]),
        Opt::value("hex-string").excludes(&["string"]),
        Opt::flag("icase").plain(),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision <= 1).then_some(())?;
        Some(Self {
            pattern: info.pattern.get(..info.length.into())?.into(),
            // Revision 0 has a truth value in its place.
            inverted: if raw.revision == 0 { info.flags != 0 } else { info.flags & INVERTED != 0 },
            ignores_case: raw.revision == 1 && info.flags & IGNORES_CASE != 0,
            algorithm: raw.text(std::mem::offset_of!(Info, algorithm), info.algorithm.len())?,
            from: info.from,
            to: info.to,
            given: true,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self {
            pattern: Box::default(),
            inverted: false,
            ignores_case: false,
            algorithm: "".into(),
            from: 0,
            to: u16::MAX,
            given: false,
        }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "from" => self.from = given.number(u16::MAX.into())? as u16,
            "to" => self.to = given.number(u16::MAX.into())? as u16,
            "algo" if !matches!(given.value, "bm" | "kmp" | "fsm") => return Err(given.bad("bm, kmp or fsm")),
            "algo" => self.algorithm = given.value.into(),
            "icase" => self.ignores_case = true,
            name => {
                let pattern = if name == "string" { Some(given.value.as_bytes().to_vec()) } else { read_hex(given.value.as_bytes()) };
                let fits = |pattern: &Vec<u8>| !pattern.is_empty() && pattern.len() <= LONGEST;
                self.pattern = pattern.filter(fits).ok_or_else(|| given.bad("a string of at most 128 bytes"))?.into();
                (self.inverted, self.given) = (given.inverted, true);
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.given { Ok(()) } else { Err("--string or --hex-string is needed".into()) }
    }

    fn write(&self, line: &mut Line) {
        // A backslash at the end would take the quote's meaning.
        let printable = self.pattern.iter().all(|byte| matches!(byte, b' '..=b'~')) && self.pattern.last() != Some(&b'\\');
        if printable {
            let escaped = |byte: &u8| if matches!(byte, b'"' | b'\\') { format!("\\{}", char::from(*byte)) } else { char::from(*byte).to_string() };
            line.option(self.inverted, "--string", format_args!("\"{}\"", self.pattern.iter().map(escaped).collect::<String>()));
        } else {
            let digits: String = self.pattern.iter().map(|byte| format!("{byte:02x}")).collect();
            line.option(self.inverted, "--hex-string", format_args!("\"|{digits}|\""));
        }
        line.option(false, "--algo", &self.algorithm);
        if self.from != 0 {
            line.option(false, "--from", self.from);
        }
        if self.to != u16::MAX {
            line.option(false, "--to", self.to);
        }
        if self.ignores_case {
            line.flag(false, "--icase");
        }
    }
}

/// Text with bytes in hexadecimal between two `|`; outside of them `\` takes the next character as it is (`parse_hex_string`).
fn read_hex(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        match first {
            b'|' => {
                let end = behind.iter().position(|byte| *byte == b'|')?;
                let digits: Vec<u8> = behind[..end].iter().copied().filter(|byte| *byte != b' ').collect();
                for pair in digits.chunks(2) {
                    let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
                    bytes.push(u8::from_str_radix(pair, 16).ok()?);
                }
                rest = &behind[end + 1..];
            }
            b'\\' => {
                let (literal, behind) = behind.split_first()?;
                bytes.push(*literal);
                rest = behind;
            }
            byte => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_between_bars() {
        for (text, bytes) in [
            ("ab|0a 0D|c", Some(&b"ab\x0a\x0dc"[..])),
            ("|0a0a|", Some(b"\x0a\x0a")),
            ("a\\|b", Some(b"a|b")),
            ("|0|", None),
            ("|0a", None),
            ("|0g|", None),
        ] {
            assert_eq!(read_hex(text.as_bytes()).as_deref(), bytes, "{text}");
        }
    }
}
