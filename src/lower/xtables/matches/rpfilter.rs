//! `-m rpfilter` (`rpfilter_mt`, ipt_rpfilter.c and ip6t_rpfilter.c): the lookup of nft's `fib saddr . iif oif`, but for some sources.

use super::{Meaning, either};
use crate::{
    lower::context::Context,
    model::{Field, IpVersion, Step, Test, Values},
    ruleset::xtables::matches::Rpfilter,
};

/// Words beyond nf_tables' own registers: the interface that an answer would leave by, and the type of the source.
const INTERFACE: u8 = 22;
const KIND: u8 = 23;

/// `NFT_FIB_RESULT_*`, and flags of `NFTA_FIB_F_*`.
const OUTGOING: u32 = 1;
const ADDRESS_TYPE: u32 = 3;
const OF_SOURCE: u32 = 1;
const WITH_MARK: u32 = 4;
const BY_INCOMING: u32 = 8;

/// `RTN_*`.
const LOCAL: u128 = 2;
const BROADCAST: u128 = 3;

/// An answer would find its way.
#[must_use]
pub fn meaning(rpfilter: &Rpfilter, context: &mut Context<'_>) -> Meaning {
    let mark = if rpfilter.mark { WITH_MARK } else { 0 };
    let incoming = if rpfilter.loose { 0 } else { BY_INCOMING };
    let kind = |kind| Test::is(Field::Register(KIND), Values::one(32, kind));
    let found = Test::is(Field::Register(INTERFACE), Values::one(32, 0)).negate();
    let (kind_by, found) = match context.version {
        // A route of another kind than unicast does not do; nft takes those to broadcast addresses. `inet_addr_type` also calls the two
        // ends of all addresses broadcast, whatever routes they have.
        IpVersion::V4 => {
            let ends = Test::is(Field::Source, Values::one(32, 0).or(&Values::one(32, u32::MAX.into())));
            (incoming, Test::all([found, Test::any([kind(BROADCAST).negate(), ends])]))
        }
        IpVersion::V6 => (0, Test::any([Test::is(Field::Source, Values::one(128, 0)), found])),
    };
    let local = if rpfilter.accept_local { kind(LOCAL) } else { Test::Never };
    Meaning {
        before: vec![
            Step::Fib { register: INTERFACE, result: OUTGOING, flags: OF_SOURCE | mark | incoming },
            Step::Fib { register: KIND, result: ADDRESS_TYPE, flags: OF_SOURCE | kind_by },
        ],
        ..Meaning::test(either(Test::any([found, local]), rpfilter.inverted))
    }
}
