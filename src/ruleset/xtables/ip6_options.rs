//! What `-m hbh` and `-m dst` of ip6tables ask of their headers.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use super::{
    extension::Raw,
    options::{Given, number},
    print::Line,
};

/// Length and options of the header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the header, which is a multiple of 8.
    pub length: Option<u32>,
    pub length_inverted: bool,
    /// Types, and the lengths of their data; None where any is right.
    pub options: Option<Vec<(u8, Option<u8>)>>,
}

/// `IP6T_OPTS_OPTSNR`.
const MOST: usize = 16;

/// `struct ip6t_opts`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    length: u32,
    flags: u8,
    inverted: u8,
    options: [u16; MOST],
    count: u8,
}

/// `IP6T_OPTS_*`.
const LENGTH: u8 = 1;
const OPTIONS: u8 = 2;

impl Options {
    /// Reads the kernel's structure.
    pub fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let one = |option: &u16| {
            let [kind, length] = option.to_be_bytes();
            (kind, (length != 0xff).then_some(length))
        };
        let options = info.options.get(..info.count.into())?.iter().map(one).collect();
        (raw.revision == 0).then_some(Self {
            length: (info.flags & LENGTH != 0).then_some(info.length),
            length_inverted: info.inverted & 1 != 0,
            options: (info.flags & OPTIONS != 0).then_some(options),
        })
    }

    /// `--hbh-len`, `--hbh-opts`, and those of `dst`.
    ///
    /// # Errors
    /// What is wrong with its value.
    pub fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.name.ends_with("len") {
            (self.length, self.length_inverted) = (Some(given.word()?), given.inverted);
        } else {
            self.options = Some(read(given.value).ok_or_else(|| given.bad("a list of at most 16 options: TYPE[:LENGTH],..."))?);
        }
        Ok(())
    }

    /// Under the names of its options.
    pub fn write(&self, [length, options]: [&str; 2], line: &mut Line) {
        if let Some(bytes) = self.length {
            line.option(self.length_inverted, length, bytes);
        }
        if let Some(list) = &self.options {
            let one = |(kind, length): &(u8, Option<u8>)| length.map_or(kind.to_string(), |length| format!("{kind}:{length}"));
            line.option(false, options, list.iter().map(one).collect::<Vec<_>>().join(","));
        }
    }
}

/// `parse_options`: what does not fit into a byte is cut; the padding of one byte has no length.
fn read(text: &str) -> Option<Vec<(u8, Option<u8>)>> {
    let one = |text: &str| {
        let (kind, length) = text.split_once(':').map_or((text, None), |(kind, length)| (kind, Some(length)));
        let kind = number(kind)? as u8;
        let length = match length {
            Some(_) if kind == 0 => return None,
            Some(length) => Some(number(length)? as u8).filter(|length| *length != 0xff),
            None => None,
        };
        Some((kind, length))
    };
    text.split(',').map(one).collect::<Option<Vec<_>>>().filter(|options| options.len() <= MOST)
}
