//! `-m bpf` (`bpf_mt`, `bpf_mt_v1`, xt_bpf.c; the instructions: `___bpf_prog_run` and `bpf_convert_filter`, filter.c).

use super::{
    Meaning,
    bytes::{self, Word},
    text,
};
use crate::{
    lower::context::Context,
    model::{
        Field, Test,
        step::{ConditionId, ConditionKind},
    },
    ruleset::xtables::{
        Match,
        matches::{Bpf, bpf::Instruction},
    },
};

/// More instructions than this are not followed, over all ways through the program.
const STEPS: usize = 4096;

/// Whether the program returns something. Where it does what is not modelled it is left open, on that way only.
#[must_use]
pub fn meaning(each: &Match, bpf: &Bpf, context: &mut Context<'_>) -> Meaning {
    let text = text(each, context);
    let open = context.condition(ConditionKind::Unknown, text);
    let Bpf::Program(program) = bpf else { return Meaning::test(Test::Condition(open)) };
    let mut run = Run { context: &mut *context, program, open, steps: 0, whole: false };
    let start = State { at: 0, a: Word::constant(0), x: Word::constant(0), memory: std::array::from_fn(|_| Word::constant(0)) };
    let test = run.from(start);
    let whole = run.whole;
    Meaning::test(if whole { bytes::in_whole_packets(test, context) } else { test })
}

struct Run<'a, 'b> {
    context: &'a mut Context<'b>,
    program: &'a [Instruction],
    open: ConditionId,
    steps: usize,
    whole: bool,
}

/// The machine between two instructions.
#[derive(Debug, Clone)]
struct State {
    at: usize,
    a: Word,
    x: Word,
    memory: [Word; 16],
}

/// Classes, modes and operations (`BPF_*`).
const LD: u16 = 0;
const LDX: u16 = 1;
const ST: u16 = 2;
const STX: u16 = 3;
const ALU: u16 = 4;
const JMP: u16 = 5;
const RET: u16 = 6;
const MISC: u16 = 7;
const IMM: u16 = 0x00;
const ABS: u16 = 0x20;
const IND: u16 = 0x40;
const MEM: u16 = 0x60;
const LEN: u16 = 0x80;
const MSH: u16 = 0xa0;
const BY_X: u16 = 0x08;

/// Offsets from the network header in the upper end (`SKF_NET_OFF`); what is above or between them is the kernel's own.
const NETWORK: u32 = 0xfff0_0000;
const OWN: u32 = 0xffe0_0000;

impl Run<'_, '_> {
    /// The program returns something, from a state on.
    fn from(&mut self, mut state: State) -> Test {
        loop {
            self.steps += 1;
            let Some(instruction) = self.program.get(state.at).copied().filter(|_| self.steps <= STEPS) else {
                return Test::Condition(self.open);
            };
            state.at += 1;
            let Instruction { code, jump_true, jump_false, k } = instruction;
            match code & 7 {
                LD | LDX => match self.load(code, k, &state) {
                    Load::Word(word, Test::Always) => *(if code & 7 == LD { &mut state.a } else { &mut state.x }) = word,
                    // A load beyond the packet ends the program with 0.
                    Load::Word(word, there) => {
                        *(if code & 7 == LD { &mut state.a } else { &mut state.x }) = word;
                        return Test::all([there, self.from(state)]);
                    }
                    Load::Beyond => return Test::Never,
                },
                ST | STX => match state.memory.get_mut(k as usize) {
                    Some(cell) => *cell = if code & 7 == ST { state.a.clone() } else { state.x.clone() },
                    None => return Test::Condition(self.open),
                },
                ALU => state.a = compute(code & 0xf0, &state.a, &operand(code, k, &state)),
                JMP if code & 0xf0 == 0 => state.at = state.at.saturating_add(k as usize),
                JMP => {
                    let jump = |by: u8| State { at: state.at + usize::from(by), ..state.clone() };
                    let Some(test) = self.test(code & 0xf0, &state.a, &operand(code, k, &state)) else {
                        return self.either_way(jump(jump_true), jump(jump_false));
                    };
                    return match test {
                        Test::Always => self.from(jump(jump_true)),
                        Test::Never => self.from(jump(jump_false)),
                        test => {
                            let (holds, fails) = (self.from(jump(jump_true)), self.from(jump(jump_false)));
                            Test::any([Test::all([test.clone(), holds]), Test::all([test.negate(), fails])])
                        }
                    };
                }
                RET => {
                    let value = if code & 0x18 == 0x10 { state.a } else { Word::constant(k) };
                    return value.within(&[(1, u32::MAX)], self.context.version).unwrap_or(Test::Condition(self.open));
                }
                MISC if code & 0xf8 == 0x80 => state.a = state.x.clone(),
                _ => state.x = state.a.clone(),
            }
        }
    }

    /// A jump that is not known: open, unless both ways lead to the same.
    fn either_way(&mut self, one: State, two: State) -> Test {
        match (self.from(one), self.from(two)) {
            (Test::Always, Test::Always) => Test::Always,
            (Test::Never, Test::Never) => Test::Never,
            _ => Test::Condition(self.open),
        }
    }

    fn load(&mut self, code: u16, k: u32, state: &State) -> Load {
        let size = match code & 0x18 {
            0x00 => 4,
            0x08 => 2,
            _ => 1,
        };
        match code & 0xe0 {
            IMM => Load::known(Word::constant(k)),
            MEM => Load::known(state.memory.get(k as usize).cloned().unwrap_or_else(Word::unknown)),
            LEN => Load::known(Word::field(Field::Length, self.context.version)),
            ABS => self.read(k, size),
            IND => match state.x.as_constant() {
                Some(x) => self.read(x.wrapping_add(k), size),
                None => Load::known(Word::unknown()),
            },
            // Four times the low half of a byte: the length of IPv4's header.
            MSH => match self.read(k, 1) {
                Load::Word(word, there) => Load::Word(word.and(0xf).left(2), there),
                Load::Beyond => Load::Beyond,
            },
            _ => Load::known(Word::unknown()),
        }
    }

    fn read(&mut self, offset: u32, size: usize) -> Load {
        let offset = match offset {
            OWN..NETWORK => return Load::known(Word::unknown()),
            NETWORK.. => offset - NETWORK,
            _ => offset,
        };
        match bytes::load(offset, size, self.context) {
            None => Load::Beyond,
            Some(loaded) => {
                self.whole |= loaded.whole;
                Load::Word(loaded.word, loaded.there)
            }
        }
    }

    fn test(&self, operation: u16, a: &Word, operand: &Word) -> Option<Test> {
        let k = operand.as_constant()?;
        let version = self.context.version;
        match operation {
            0x10 => a.within(&[(k, k)], version),
            0x20 => k.checked_add(1).map_or(Some(Test::Never), |above| a.within(&[(above, u32::MAX)], version)),
            0x30 => a.within(&[(k, u32::MAX)], version),
            0x40 => a.and(k).within(&[(1, u32::MAX)], version),
            _ => None,
        }
    }
}

/// What a load gives.
enum Load {
    /// A number, where this holds; else the program ends.
    Word(Word, Test),
    /// No packet is so long.
    Beyond,
}

impl Load {
    fn known(word: Word) -> Self {
        Self::Word(word, Test::Always)
    }
}

fn operand(code: u16, k: u32, state: &State) -> Word {
    if code & BY_X != 0 { state.x.clone() } else { Word::constant(k) }
}

/// An operation of the arithmetic unit; what can't be said in bits is not known.
fn compute(operation: u16, a: &Word, operand: &Word) -> Word {
    let Some(k) = operand.as_constant() else { return Word::unknown() };
    match (operation, a.as_constant()) {
        (0x50, _) => a.and(k),
        (0x40, _) => a.or(k),
        (0xa0, _) => a.xor(k),
        (0x60, _) => a.left(k),
        (0x70, _) => a.right(k),
        (_, None) => Word::unknown(),
        (0x00, Some(a)) => Word::constant(a.wrapping_add(k)),
        (0x10, Some(a)) => Word::constant(a.wrapping_sub(k)),
        (0x20, Some(a)) => Word::constant(a.wrapping_mul(k)),
        (0x30, Some(a)) => a.checked_div(k).map_or_else(Word::unknown, Word::constant),
        (0x90, Some(a)) => a.checked_rem(k).map_or_else(Word::unknown, Word::constant),
        (0x80, Some(a)) => Word::constant(a.wrapping_neg()),
        _ => Word::unknown(),
    }
}
