//! `-m string` (`string_mt`, xt_string.c; `skb_find_text`, skbuff.c; ts_bm.c, ts_kmp.c).

use super::{Meaning, either, text};
use crate::{
    lower::{context::Context, nft::fragment},
    model::{Field, IpVersion, Step, Test, Text, Values, step::ConditionKind, step::Load},
    ruleset::xtables::{Match, matches},
};

/// The word beyond nf_tables' own registers that tells whether it was found.
const FOUND: u8 = 20;

/// `bm` looks at each piece of a packet's memory by itself, and a text that lies across two is overlooked; drivers put a frame of so many bytes
/// into one (`GOOD_COPY_LEN`, the least of them), of which 14 are the link's.
const IN_ONE_PIECE: u16 = 128 - 14;

/// Where the packet is long enough to carry it, its bytes tell, as far as they are known.
#[must_use]
pub fn meaning(each: &matches::Text, context: &mut Context<'_>) -> Meaning {
    let end = usize::from(each.from) + each.pattern.len();
    if end > each.to.into() {
        return Meaning::test(Test::certain(each.inverted));
    }
    let long = Test::is(Field::Length, Values::range(16, end as u128, u16::MAX.into()));
    let mut plain = each.clone();
    plain.inverted = false;
    let name = text(&Match::Text(Box::new(plain)), context);
    let condition = context.condition(ConditionKind::Unknown, name);
    // Kernels fold bytes beyond ASCII, too, each algorithm in its own way; `fsm` has a language of its own.
    let told = matches!(&*each.algorithm, "bm" | "kmp") && !each.pattern.is_empty() && (!each.ignores_case || each.pattern.is_ascii());
    if !told {
        return Meaning::test(either(Test::all([long, Test::Condition(condition)]), each.inverted));
    }
    let wanted = Text {
        pattern: each.pattern.clone(),
        ignores_case: each.ignores_case,
        from: each.from,
        to: each.to,
        headers: context.packet_bytes(),
        network: context.headers.network_length() as u16,
        in_one_piece: (&*each.algorithm == "bm").then_some(IN_ONE_PIECE),
    };
    let found = Test::is(Field::Register(FOUND), Values::one(32, 1));
    // Headers between those of IPv6 and what they carry move the bytes.
    let found = match context.version {
        IpVersion::V4 => found,
        IpVersion::V6 => Test::any([Test::all([fragment().negate(), found]), Test::all([fragment(), Test::Condition(condition)])]),
    };
    let load = Step::Load { what: Box::new(Load::Text { text: Box::new(wanted), condition }), register: FOUND };
    Meaning { before: vec![load], ..Meaning::test(either(Test::all([long, found]), each.inverted)) }
}
