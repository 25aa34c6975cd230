//! `-m u32` (`u32_match_it`, xt_u32.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    options,
};

/// All of these hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct U32 {
    pub tests: Vec<Part>,
    pub inverted: bool,
}

/// A number out of the packet is in one of these ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Offset of the first four bytes.
    pub start: u32,
    pub steps: Vec<(Step, u32)>,
    /// Both ends included.
    pub ranges: Vec<(u32, u32)>,
}

/// What is done with the number (`enum xt_u32_ops`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    And,
    Left,
    Right,
    /// Goes on by so many bytes, and reads four at an offset from there.
    At,
}

const STEPS: [(&str, Step); 4] = [("&", Step::And), ("<<", Step::Left), (">>", Step::Right), ("@", Step::At)];

/// `XT_U32_MAXSIZE`, and the room that the kernel has.
const MOST: usize = 10;
const ROOM: usize = MOST + 1;

/// `struct xt_u32_test`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Test {
    locations: [Location; ROOM],
    values: [[u32; 2]; ROOM],
    numbers: u8,
    ranges: u8,
    padding: [u8; 2],
}

/// `struct xt_u32_location_element`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Location {
    number: u32,
    step: u8,
    padding: [u8; 3],
}

/// `struct xt_u32`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    tests: [Test; ROOM],
    count: u8,
    invert: u8,
}

impl Extension for U32 {
    const NAMES: &'static [&'static str] = &["u32"];
    const OPTIONS: &'static [Opt] = &[Opt::value("u32").needed()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let tests = info.tests.get(..info.count.into())?.iter().map(|test| {
            let (start, others) = test.locations.get(..test.numbers.into())?.split_first()?;
            let step = |location: &Location| STEPS.get(usize::from(location.step)).map(|(_, step)| (*step, location.number));
            Some(Part {
                start: start.number,
                steps: others.iter().map(step).collect::<Option<_>>()?,
                ranges: test.values.get(..test.ranges.into())?.iter().map(|[low, high]| (*low, *high)).collect(),
            })
        });
        (raw.revision == 0).then(|| Some(Self { tests: tests.collect::<Option<_>>()?, inverted: info.invert != 0 }))?
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { tests: Vec::new(), inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let bad = |at: usize| format!("--u32: character {} of '{}' is not understood", at + 1, given.value);
        self.tests = Reader { text: given.value, at: 0 }.tests().map_err(bad)?;
        self.inverted = given.inverted;
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        let tests: Vec<_> = self.tests.iter().map(Part::text).collect();
        line.option(self.inverted, "--u32", format_args!("\"{}\"", tests.join("&&")));
    }
}

impl Part {
    /// `u32_dump`.
    fn text(&self) -> String {
        let mut text = format!("{:#x}", self.start);
        for (step, number) in &self.steps {
            text += STEPS.iter().find(|(_, each)| each == step).map_or("", |(name, _)| name);
            text += &format!("{number:#x}");
        }
        let range = |(low, high): &(u32, u32)| if low == high { format!("{low:#x}") } else { format!("{low:#x}:{high:#x}") };
        text + "=" + &self.ranges.iter().map(range).collect::<Vec<_>>().join(",")
    }
}

/// Reads `start (step number)* = range (, range)*`, several with `&&`; errors are the place (`u32_parse`).
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn tests(&mut self) -> Result<Vec<Part>, usize> {
        let mut tests = Vec::new();
        loop {
            tests.push(self.part()?);
            if tests.len() > MOST || !self.takes("&&") {
                return if self.rest().is_empty() && tests.len() <= MOST { Ok(tests) } else { Err(self.at) };
            }
        }
    }

    fn part(&mut self) -> Result<Part, usize> {
        let mut part = Part { start: self.number()?, ..Part::default() };
        while !self.takes("=") {
            let step = STEPS.iter().find(|(name, _)| self.takes(name)).ok_or(self.at)?.1;
            part.steps.push((step, self.number()?));
        }
        loop {
            let low = self.number()?;
            part.ranges.push((low, if self.takes(":") { self.number()? } else { low }));
            if !self.takes(",") {
                let fits = part.steps.len() < MOST && part.ranges.len() <= MOST;
                return if fits { Ok(part) } else { Err(self.at) };
            }
        }
    }

    /// What follows, without the spaces before it.
    fn rest(&mut self) -> &str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn number(&mut self) -> Result<u32, usize> {
        let rest = self.rest();
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X')).count();
        let number = options::number(&rest[..digits]).and_then(|number| u32::try_from(number).ok()).ok_or(self.at)?;
        self.at += digits;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_read_with_and_without_spaces() {
        let read = |text| Reader { text, at: 0 }.tests().map(|tests| tests.iter().map(Part::text).collect::<Vec<_>>().join("&&"));
        assert_eq!(read("0 >> 28 = 4 && 8&0xFF0000>>16 = 6, 17"), Ok("0x0>>0x1c=0x4&&0x8&0xff0000>>0x10=0x6,0x11".into()));
        assert_eq!(read("6&0xFF=1:3"), Ok("0x6&0xff=0x1:0x3".into()));
        for wrong in ["", "0", "0=", "0=1&&", "=1", "0&=1", "0<1=1", "0=1x", "0=1&2=1", "0=99999999999"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
