//! `-m addrtype` (`addrtype_mt_v1`, xt_addrtype.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::context::Context,
    model::{Field, IpVersion, Step, Test, Values, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{
            Addrtype,
            addrtype::{Limit, Types},
        },
    },
};

/// Words beyond nf_tables' own registers, for the types of source and destination.
const SOURCE: u8 = 20;
const DESTINATION: u8 = 21;

/// `NFT_FIB_RESULT_ADDRTYPE`, and flags of `NFTA_FIB_F_*`.
const ADDRESS_TYPE: u32 = 3;
const FLAG_SOURCE: u32 = 1;
const FLAG_DESTINATION: u32 = 2;
const FLAG_INCOMING: u32 = 8;
const FLAG_OUTGOING: u32 = 16;

/// `RTN_*`.
const UNSPEC: u16 = 0;
const UNICAST: u16 = 1;
const LOCAL: u16 = 2;
const ANYCAST: u16 = 4;
const MULTICAST: u16 = 5;
const UNREACHABLE: u16 = 7;

/// The types that routing gives the addresses: looked up first, then compared.
#[must_use]
pub fn meaning(each: &Match, addrtype: &Addrtype, context: &mut Context<'_>) -> Meaning {
    let interface = match addrtype.limit {
        Limit::Any => 0,
        Limit::Incoming => FLAG_INCOMING,
        Limit::Outgoing => FLAG_OUTGOING,
    };
    let mut before = Vec::new();
    let mut holds = Vec::new();
    for (types, field, register, side) in
        [(addrtype.source, Field::Source, SOURCE, FLAG_SOURCE), (addrtype.destination, Field::Destination, DESTINATION, FLAG_DESTINATION)]
    {
        if types.mask == 0 {
            continue;
        }
        let found = match context.version {
            IpVersion::V4 => is_of(register, types.mask),
            IpVersion::V6 => type6(each, types, field, register, addrtype.limit, context),
        };
        if context.version == IpVersion::V4 || types.mask & ROUTED != 0 {
            before.push(Step::Fib { register, result: ADDRESS_TYPE, flags: side | interface });
        }
        holds.push(either(found, types.inverted));
    }
    Meaning { before, ..Meaning::test(Test::all(holds)) }
}

/// Types for which IPv6 looks a route up.
const ROUTED: u16 = 1 << LOCAL | 1 << ANYCAST | 1 << UNREACHABLE;

fn is_of(register: u8, mask: u16) -> Test {
    let types = (0_u8..16).filter(|kind| mask & 1 << kind != 0).map(u128::from);
    Test::is(Field::Register(register), Values::from_ranges(32, types.map(|kind| (kind, kind))))
}

/// `match_type6`: what an address is by itself must all hold, and of what a route tells one.
fn type6(each: &Match, types: Types, field: Field, register: u8, limit: Limit, context: &mut Context<'_>) -> Test {
    let asks = |kind: u16| types.mask & 1 << kind != 0;
    let prefix = |bits: u32, address: u128| Test::is(field, Values::masked(128, !(u128::MAX >> bits), address << (128 - bits)));
    let multicast = || prefix(8, 0xff);
    let mut all = Vec::new();
    if asks(MULTICAST) {
        all.push(multicast());
    }
    if asks(UNICAST) {
        // ipv6_addr_type: neither multicast, nor ::, nor an IPv4 address in disguise.
        let unspecified = Test::is(field, Values::one(128, 0));
        all.push(Test::any([multicast(), unspecified, prefix(96, 0xffff)]).negate());
    }
    if asks(UNSPEC) {
        all.push(Test::is(field, Values::one(128, 0)));
    }
    if types.mask & ROUTED != 0 {
        // Whatever refuses a packet is unreachable to it; nft tells them apart, from blackhole to throw.
        let refused = if asks(UNREACHABLE) { 0b1111 << 6 } else { 0 };
        let looked_up = is_of(register, types.mask & (1 << LOCAL | 1 << ANYCAST) | refused);
        let link_local = prefix(10, 0xfe80 >> 6);
        // nft looks link-local addresses up by the packet's interface, and others by none: not so this match.
        let other = undecided(each, ConditionKind::Unknown, context);
        let alike = match limit {
            Limit::Any => link_local.negate(),
            _ if types.mask & (1 << ANYCAST | 1 << UNREACHABLE) == 0 => Test::Always,
            _ => Test::Never,
        };
        all.push(Test::any([Test::all([alike.clone(), looked_up]), Test::all([alike.negate(), other])]));
    }
    Test::all(all)
}
