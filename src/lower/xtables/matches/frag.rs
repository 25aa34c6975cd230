//! `-m frag` of ip6tables (`frag_mt6`, ip6t_frag.c).

use super::{Meaning, undecided};
use crate::{
    lower::{context::Context, nft::fragment},
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Frag},
};

/// A fragment's header says where it belongs, and whether more follow. Its reserved bits are 0; the identification is not modelled. The
/// kernel does not look at the length.
#[must_use]
pub fn meaning(each: &Match, frag: &Frag, context: &mut Context<'_>) -> Meaning {
    let more = Test::is(Field::IpFlags, Values::masked(3, 1, 1));
    let mut asked = vec![fragment()];
    if frag.first {
        asked.push(context.common(Field::FragmentOffset, 0, 0));
    }
    if frag.more {
        asked.push(more.clone());
    }
    if frag.last {
        asked.push(more.negate());
    }
    asked.push(match (frag.ids, frag.ids_inverted) {
        ((0, u32::MAX), inverted) => Test::certain(!inverted),
        _ => undecided(each, ConditionKind::Unknown, context),
    });
    Meaning::test(Test::all(asked))
}
