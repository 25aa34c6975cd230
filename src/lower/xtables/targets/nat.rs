//! `-j DNAT`, `SNAT`, `MASQUERADE`, `REDIRECT` and `NETMAP` (xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c, xt_NETMAP.c).

use crate::{
    lower::context::Context,
    model::{Bits, Field, Nat, Step, step::NatKind},
    ruleset::xtables::{targets::Netmap, translation::Range},
};

/// `NF_NAT_RANGE_NETMAP`.
const NETMAP: u32 = 64;

/// `nf_nat_setup_info` always ends the chain.
#[must_use]
pub fn meaning(kind: NatKind, range: &Range, context: &Context<'_>) -> Vec<Step> {
    let width = Field::Source.width(context.version);
    let addresses = range.addresses.map(|(low, high)| (Bits::constant(width, low), Bits::constant(width, high)));
    let ports = range.ports.map(|(low, high)| (Bits::constant(16, low.into()), Bits::constant(16, high.into())));
    vec![Step::Nat(Box::new(Nat { kind, addresses, ports, base: range.base, flags: range.choice }))]
}

/// `netmap_tg4`, `netmap_tg6`: which end is told by the hook.
#[must_use]
pub fn netmap(netmap: &Netmap, context: &Context<'_>) -> Vec<Step> {
    let width = Field::Source.width(context.version);
    let addresses = Some((Bits::constant(width, netmap.low), Bits::constant(width, netmap.high)));
    vec![Step::Nat(Box::new(Nat { kind: NatKind::Destination, addresses, ports: None, base: None, flags: NETMAP }))]
}
