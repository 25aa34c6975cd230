//! `-m bpf` (`bpf_mt`, `bpf_mt_v1`, xt_bpf.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// A program that sees the packet from its network header on, and holds if it does not return 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bpf {
    Program(Vec<Instruction>),
    /// One that is pinned at a path.
    Pinned(Box<str>),
    /// One of a file descriptor that is gone.
    Gone,
}

/// `struct sock_filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Instruction {
    pub code: u16,
    /// How many instructions it jumps over if its test holds, and if not.
    pub jump_true: u8,
    pub jump_false: u8,
    pub k: u32,
}

/// `XT_BPF_MAX_NUM_INSTR`.
const MOST: usize = 64;

/// `struct xt_bpf_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info0 {
    count: u16,
    padding: u16,
    program: [Instruction; MOST],
}

/// `struct xt_bpf_info_v1`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info1 {
    mode: u16,
    count: u16,
    descriptor: i32,
    program: [Instruction; MOST],
}

impl Extension for Bpf {
    const NAMES: &'static [&'static str] = &["bpf"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("bytecode").plain().excludes(&["object-pinned"]), Opt::value("object-pinned").plain().excludes(&["bytecode"])];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let of = |program: &[Instruction; MOST], count: u16| Some(Self::Program(program.get(..count.into())?.to_vec()));
        match raw.revision {
            0 => raw.read().and_then(|info: Info0| of(&info.program, info.count)),
            1 => raw.read().and_then(|info: Info1| match info.mode {
                0 => of(&info.program, info.count),
                1 => Some(Self::Pinned(raw.text(std::mem::offset_of!(Info1, program), size_of_val(&info.program))?)),
                _ => Some(Self::Gone),
            }),
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::Gone
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        *self = if given.name == "bytecode" {
            Self::Program(read(given.value).ok_or_else(|| given.bad("a program: COUNT,CODE JT JF K,..."))?)
        } else {
            Self::Pinned(Line::cut(given.value, MOST * size_of::<Instruction>()).into())
        };
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if *self == Self::Gone { Err("--bytecode or --object-pinned is needed".into()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        match self {
            Self::Program(program) => {
                let text = |each: &Instruction| format!("{} {} {} {}", each.code, each.jump_true, each.jump_false, each.k);
                let text = program.iter().map(text).collect::<Vec<_>>().join(",");
                line.option(false, "--bytecode", format_args!("\"{},{text}\"", program.len()));
            }
            Self::Pinned(path) => line.option(false, "--object-pinned", path),
            Self::Gone => {}
        }
    }
}

/// `bpf_parse_string`.
fn read(text: &str) -> Option<Vec<Instruction>> {
    let (count, program) = text.split_once(',')?;
    let each = |text: &str| {
        let mut words = text.split_whitespace();
        let mut next = || words.next();
        Some(Instruction {
            code: next()?.parse().ok()?,
            jump_true: next()?.parse().ok()?,
            jump_false: next()?.parse().ok()?,
            k: next()?.parse().ok()?,
        })
    };
    let program: Vec<_> = program.trim_end_matches(',').split(',').map(each).collect::<Option<_>>()?;
    let told: usize = count.trim().parse().ok()?;
    (told == program.len() && (1..=MOST).contains(&told)).then_some(program)
}
