//! `-m u32` (`u32_match_it`, xt_u32.c).

use super::{
    Meaning,
    bytes::{self, Word},
    either, text,
};
use crate::{
    lower::context::Context,
    model::{Test, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{
            U32,
            u32::{Part, Step},
        },
    },
};

/// More ways through one test than this are not followed.
const WAYS: usize = 256;

/// All of its tests hold. A packet that is too short for a load fails them.
#[must_use]
pub fn meaning(each: &Match, u32: &U32, context: &mut Context<'_>) -> Meaning {
    let parts = u32.tests.iter().map(|part| {
        let mut walk = Walk { context: &mut *context, ways: 0, whole: false };
        let test = walk.load(part, 0, part.start, &part.steps);
        match (test, walk.whole) {
            (Some(test), false) => test,
            (Some(test), true) => bytes::in_whole_packets(test, context),
            (None, _) => {
                let text = text(each, context);
                Test::Condition(context.condition(ConditionKind::Unknown, text))
            }
        }
    });
    let all = Test::all(parts.collect::<Vec<_>>());
    Meaning::test(either(all, u32.inverted))
}

struct Walk<'a, 'b> {
    context: &'a mut Context<'b>,
    ways: usize,
    whole: bool,
}

impl Walk<'_, '_> {
    /// Reads four bytes at `at + offset`, and goes on with the steps; None if it can't be told.
    fn load(&mut self, part: &Part, at: u32, offset: u32, steps: &[(Step, u32)]) -> Option<Test> {
        self.ways += 1;
        if self.ways > WAYS {
            return None;
        }
        let Some(place) = at.checked_add(offset) else { return Some(Test::Never) };
        let Some(loaded) = bytes::load(place, 4, self.context) else { return Some(Test::Never) };
        self.whole |= loaded.whole;
        Some(Test::all([loaded.there, self.steps(part, at, loaded.word, steps)?]))
    }

    fn steps(&mut self, part: &Part, at: u32, word: Word, steps: &[(Step, u32)]) -> Option<Test> {
        let Some(((step, number), rest)) = steps.split_first() else { return word.within(&part.ranges, self.context.version) };
        match step {
            Step::And => self.steps(part, at, word.and(*number), rest),
            Step::Left => self.steps(part, at, word.left(*number), rest),
            Step::Right => self.steps(part, at, word.right(*number), rest),
            Step::At => {
                let cases = word.cases(self.context.version)?;
                let mut ways = Vec::with_capacity(cases.len());
                for (value, test) in cases.into_iter().filter(|(_, test)| !matches!(test, Test::Never)) {
                    let Some(at) = at.checked_add(value) else { continue };
                    ways.push(Test::all([test, self.load(part, at, *number, rest)?]));
                }
                Some(Test::any(ways))
            }
        }
    }
}
