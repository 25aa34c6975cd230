//! `-m tcpmss` (`tcpmss_mt`, xt_tcpmss.c).

use super::{Meaning, either, ports, text};
use crate::{
    lower::context::Context,
    model::{
        Field, Step, Test, Values,
        compare::compare,
        step::{ConditionKind, Load},
    },
    ruleset::xtables::{Match, matches::Tcpmss},
};

/// Bytes of a TCP header without options.
const HEADER: usize = 20;

/// The word beyond nf_tables' own registers for the size.
const SIZE: u8 = 20;

/// The option is looked for among the others: exact for all packets where there is none, or where it stands first, as every system sends it;
/// else where the options are known.
#[must_use]
pub fn meaning(each: &Match, tcpmss: &Tcpmss, context: &mut Context<'_>) -> Meaning {
    let offset = |low, high| Test::is(Field::DataOffset, Values::range(4, low, high));
    let byte = |at, value| Test::is(Field::Transport(at), Values::one(8, value));
    // A header that is cut, or says that it is shorter than it can be.
    let cut = (5_usize..=15).map(|words| Test::all([offset(words as u128, words as u128), ports::too_short(4 * words, context)]));
    let mut hotdrop: Vec<_> = cut.collect();
    hotdrop.extend([ports::too_short(HEADER, context), Test::all([ports::has_header(context), offset(0, 4)])]);
    let is_first = || Test::all([byte(20, 2), byte(21, 4)]);
    let value = context.headers.transport(22, 2);
    let inside = match tcpmss.range {
        Some((low, high)) if low <= high => compare(&value, low.into(), high.into(), context.version).unwrap_or(Test::Never),
        _ => Test::Never,
    };
    let condition = context.condition(ConditionKind::Unknown, text(each, context));
    let told = match tcpmss.range {
        Some((low, high)) if low <= high => Test::is(Field::Register(SIZE), Values::range(32, low.into(), high.into())),
        _ => Test::Never,
    };
    let first = Test::all([offset(6, 15), is_first(), either(inside, tcpmss.inverted)]);
    let without = Test::all([offset(5, 5), Test::certain(tcpmss.inverted)]);
    let elsewhere = Test::all([offset(6, 15), is_first().negate(), either(told, tcpmss.inverted)]);
    // Of a later fragment any bytes are read.
    let fragment = Test::all([ports::has_header(context).negate(), Test::Condition(condition)]);
    let whole = Test::all([ports::has_header(context), Test::any([first, without, elsewhere])]);
    let before = vec![Step::Load { what: Box::new(Load::SegmentSize(condition)), register: SIZE }];
    Meaning { before, hotdrop: Test::any(hotdrop), ..Meaning::test(Test::any([whole, fragment])) }
}
