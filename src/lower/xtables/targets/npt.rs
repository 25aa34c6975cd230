//! `-j DNPT` and `-j SNPT` (`ip6t_npt_map_pfx`, ip6t_NPT.c).

use crate::{
    lower::context::Context,
    model::{Bits, Field, Step, step::ConditionKind},
    ruleset::xtables::targets::Npt,
};

/// Beyond this length the checksum is kept by a word of the rest of the address, else by the one behind 48 bits.
const SHORT: u8 = 48;

/// The new prefix, and the old rest, of which one word of 16 bits makes up for the checksum's change: that word is not computed.
#[must_use]
pub fn meaning(npt: &Npt, text: String, context: &mut Context<'_>) -> Vec<Step> {
    let field = if npt.source { Field::Source } else { Field::Destination };
    let length = npt.from.1.max(npt.to.1).min(128);
    let prefix = if length == 0 { 0 } else { npt.to.0 >> (128 - u32::from(length)) };
    let condition = context.condition(ConditionKind::Unknown, text);
    if length > SHORT {
        // Which word it is depends on the address, and there may be none: then the packet is dropped.
        return vec![Step::Opaque(condition)];
    }
    let old = Bits::field(field, context.version);
    let mut bits = Bits::constant(length, prefix);
    bits.append(&old.slice(length.into(), usize::from(SHORT - length)));
    bits.append(&Bits::field(Field::Register(0), context.version).slice(0, 16));
    bits.append(&old.slice(64, 64));
    vec![Step::Free { first: 0, words: 1, modulus: None, offset: 0, condition }, Step::Write { field, bits: Box::new(bits) }]
}
