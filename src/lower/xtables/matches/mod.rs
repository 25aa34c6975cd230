//! What the matches ask of a packet, a file each.

mod comment;

mod mark;

pub mod ports;

mod set;

mod tcp;

mod udp;

use crate::{
    lower::context::Context,
    model::{Step, Test, step::ConditionKind},
    ruleset::xtables::{Match, extension::Foreign, print::Line},
};

/// What a match does with a packet.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// Dropped at once.
    pub hotdrop: Test,
    /// Of all others: matched.
    pub holds: Test,
}

impl Meaning {
    /// Never drops at once.
    #[must_use]
    pub fn test(holds: Test) -> Self {
        Self { hotdrop: Test::Never, holds }
    }

    /// As steps of a rule.
    pub fn steps(self) -> impl Iterator<Item = Step> {
        let hotdrop = (!matches!(self.hotdrop, Test::Never)).then_some(Step::Hotdrop(self.hotdrop));
        let holds = (!matches!(self.holds, Test::Always)).then_some(Step::Test(self.holds));
        hotdrop.into_iter().chain(holds)
    }
}

/// The meaning of a match.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    match each {
        Match::Comment(_) => comment::meaning(),
        Match::Mark(mark) => mark::meaning(mark),
        Match::Set(set) => set::meaning(set, context),
        Match::Tcp(tcp) => tcp::meaning(tcp, context),
        Match::Udp(udp) => udp::meaning(udp, context),
        Match::Foreign(foreign) => unknown(foreign, context),
    }
}

/// A match that is not modelled holds or not.
fn unknown(foreign: &Foreign, context: &mut Context<'_>) -> Meaning {
    let text = format!("-m {}", foreign.name);
    Meaning::test(Test::Condition(context.condition(ConditionKind::Unknown, text)))
}

#[expect(dead_code, reason = "for matches that time or load decides")]
/// A match that something outside of the packet decides.
fn undecided(each: &Match, kind: ConditionKind, context: &mut Context<'_>) -> Test {
    let text = text(each, context);
    Test::Condition(context.condition(kind, text))
}

/// A match in the operator's words: `-m limit --limit 5/min`.
fn text(each: &Match, context: &Context<'_>) -> String {
    let mut line = Line::new(context.version);
    line.raw("-m ");
    line.raw(each.name());
    each.write(&mut line);
    line.finish()
}
