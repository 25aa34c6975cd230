//! A rule as its operator reads it: what it asks for, and where it leads.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{ChainId, Field, Reject, Rule, SetId, Step, Test, Values, Verdict};

/// One thing that a rule asks for.
#[derive(Debug, Clone)]
pub enum Ask<'a> {
    /// A field is one of these.
    Values(Field, &'a Arc<Values>),
    /// A field is in a set.
    Member(Field, SetId),
    /// It holds for no packet of this host.
    Never,
    /// Something else: whether it holds is not told here.
    Unclear,
}

/// Where a rule leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Accept,
    /// Drop, or reject with an answer.
    Stop(Option<Reject>),
    Return,
    /// Jump, or (without a way `back`) goto.
    To {
        chain: ChainId,
        back: bool,
    },
    /// On to the next rule, whatever it does besides.
    On,
    /// In several ways, or in one that is not told here.
    Unclear,
}

/// What a rule asks for before it ends, and its end.
pub fn read(rule: &Rule) -> (SmallVec<[Ask<'_>; 6]>, End) {
    let mut asks = SmallVec::new();
    for step in &rule.steps {
        match step {
            Step::Test(test) => ask(test, &mut asks),
            Step::Hotdrop(_) => {}
            Step::Verdict(verdict) => return (asks, end(verdict)),
            Step::Nat(_) => return (asks, End::Unclear),
            Step::Look { register: None, .. } | Step::Opaque(_) => return (asks, End::Unclear),
            // They may break off the rule.
            Step::Look { .. } | Step::Load { .. } | Step::Fib { .. } | Step::Learn { .. } | Step::EditOption { .. } => {
                asks.push(Ask::Unclear);
            }
            Step::Count
            | Step::Write { .. }
            | Step::Flip { .. }
            | Step::Spoil { .. }
            | Step::Add { .. }
            | Step::Template { .. }
            | Step::Notrack
            | Step::Free { .. } => {}
        }
    }
    (asks, End::On)
}

fn ask<'a>(test: &'a Test, asks: &mut SmallVec<[Ask<'a>; 6]>) {
    match test {
        Test::Always => {}
        Test::Never => asks.push(Ask::Never),
        Test::In { field, values } => asks.push(Ask::Values(*field, values)),
        Test::All(tests) => tests.iter().for_each(|test| ask(test, asks)),
        Test::Holds { key, set } => asks.push(match &**key {
            [bits] => bits.fields().next().map_or(Ask::Unclear, |field| Ask::Member(field, *set)),
            _ => Ask::Unclear,
        }),
        Test::Any(_) | Test::Not(_) | Test::Condition(_) => asks.push(Ask::Unclear),
    }
}

const fn end(verdict: &Verdict) -> End {
    match verdict {
        Verdict::Accept => End::Accept,
        Verdict::Drop => End::Stop(None),
        Verdict::Reject(answer) => End::Stop(Some(*answer)),
        Verdict::Return => End::Return,
        Verdict::Jump(chain) => End::To { chain: *chain, back: true },
        Verdict::Goto(chain) => End::To { chain: *chain, back: false },
        Verdict::Continue | Verdict::Break => End::On,
        Verdict::Queue { .. } | Verdict::Stolen => End::Unclear,
    }
}
