//! `-m connlabel` (`connlabel_mt`, xt_connlabel.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::{context::Context, nft::has_connection},
    model::{Test, step::ConditionKind},
    ruleset::xtables::{Match, matches::Connlabel},
};

/// Which labels a connection has is not known. With `--set` it has this one afterwards, unless it is older than the first rule with labels.
#[must_use]
pub fn meaning(connlabel: &Connlabel, context: &mut Context<'_>) -> Meaning {
    let plain = Connlabel { inverted: false, ..connlabel.clone() };
    let labelled = undecided(&Match::Connlabel(Box::new(plain)), ConditionKind::Learned, context);
    Meaning::test(either(Test::all([has_connection(), labelled]), connlabel.inverted))
}
