//! `-m conntrack` and `-m state` (`conntrack_mt`, xt_conntrack.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::{context::Context, nft::has_connection},
    model::{Field, IpVersion, Test, Values, step::ConditionKind},
    ruleset::xtables::{
        Match,
        header::{Address, width},
        matches::{Conntrack, conntrack::Bits},
        ports::Ports,
    },
};

/// nft's bits of `ct state`.
const ESTABLISHED: u128 = 2;
const NEW: u128 = 8;
const UNTRACKED: u128 = 64;

/// `XT_CONNTRACK_STATE_SNAT`, `_DNAT`, `_UNTRACKED`; lower bits are nft's.
const SOURCE_NAT: u16 = 1 << 6;
const DESTINATION_NAT: u16 = 1 << 7;
const WITHOUT: u16 = 1 << 8;

/// `IPS_SRC_NAT`, `IPS_DST_NAT`.
const STATUS_SOURCE_NAT: u128 = 1 << 4;
const STATUS_DESTINATION_NAT: u128 = 1 << 5;

/// Protocols whose tuples have ports: TCP, UDP, DCCP, SCTP, UDP-Lite; and those that have something else there: ICMP, GRE, ICMPv6.
const WITH_PORTS: [u128; 5] = [6, 17, 33, 132, 136];
const WITH_KEYS: [u128; 3] = [1, 47, 58];

/// The state, and everything else of a packet that has a connection: without one only the state is asked, if it is.
#[must_use]
pub fn meaning(each: &Match, conntrack: &Conntrack, context: &mut Context<'_>) -> Meaning {
    let state = conntrack.state.map(|state| either(of_state(state.bits), state.inverted));
    let mut asked = vec![has_connection()];
    if let Some(reply) = conntrack.reply {
        asked.push(Test::is(Field::CtDirection, Values::one(8, reply.into())));
    }
    asked.extend(addresses(conntrack, each, context));
    asked.extend(conntrack.protocol.map(|(number, inverted)| protocol(number, inverted, each, context)));
    asked.extend(ports(conntrack, each, context));
    asked.extend(conntrack.status.map(status));
    if conntrack.expires.is_some() {
        asked.push(undecided(each, ConditionKind::Unknown, context));
    }
    Meaning::test(match state {
        Some(state) if asked.len() == 1 => state,
        Some(state) => Test::all([state, Test::any([has_connection().negate(), Test::all(asked)])]),
        None => Test::all(asked),
    })
}

fn of_state(bits: u16) -> Test {
    let untracked = if bits & WITHOUT != 0 { UNTRACKED } else { 0 };
    let plain = u128::from(bits & 0xf) | untracked;
    let states = [1, 2, 4, 8, UNTRACKED].into_iter().filter(|state| plain & state != 0);
    let translated = |asked: u16, status| {
        if bits & asked != 0 { Test::is(Field::CtStatus, Values::masked(32, status, status)) } else { Test::Never }
    };
    let translated = Test::any([translated(SOURCE_NAT, STATUS_SOURCE_NAT), translated(DESTINATION_NAT, STATUS_DESTINATION_NAT)]);
    Test::any([
        Test::is(Field::CtState, Values::from_ranges(32, states.map(|state| (state, state)))),
        Test::all([has_connection(), translated]),
    ])
}

/// One of these bits.
fn status(status: Bits) -> Test {
    let none = Test::is(Field::CtStatus, Values::masked(32, status.bits.into(), 0));
    either(none.negate(), status.inverted)
}

/// An ICMP error belongs to a connection of another protocol than its own.
fn protocol(number: u16, inverted: bool, each: &Match, context: &mut Context<'_>) -> Test {
    let own = Test::is(Field::CtState, Values::from_ranges(32, [(ESTABLISHED, ESTABLISHED), (NEW, NEW)]));
    let is = u8::try_from(number).map_or(Test::Never, |number| context.common(Field::Protocol, number.into(), number.into()));
    let related = undecided(each, ConditionKind::Unknown, context);
    Test::any([Test::all([own.clone(), either(is, inverted)]), Test::all([own.negate(), related])])
}

/// What is known of the connection's tuple in the reply's direction: of a first packet that it is the packet's own as it is now, the other
/// way round (`nf_nat_setup_info` changes both at once); of others it depends on how the connection was translated.
fn in_reply(of_first: Test, each: &Match, context: &mut Context<'_>) -> Test {
    let first = Test::is(Field::CtState, Values::one(32, NEW));
    let other = undecided(each, ConditionKind::Unknown, context);
    Test::any([Test::all([first.clone(), of_first]), Test::all([first.negate(), other])])
}

fn addresses(conntrack: &Conntrack, each: &Match, context: &mut Context<'_>) -> Vec<Test> {
    let fields = [Field::CtOriginalSource, Field::CtOriginalDestination, Field::Destination, Field::Source];
    let mut asked = Vec::new();
    for (at, (field, address)) in fields.into_iter().zip(&conntrack.addresses).enumerate() {
        if let Some(address) = address {
            let test = masked(field, address, context.version);
            asked.push(if at < 2 { test } else { in_reply(test, each, context) });
        }
    }
    asked
}

/// `conntrack_addrcmp`: bits of the address beyond the mask do not matter.
fn masked(field: Field, address: &Address, version: IpVersion) -> Test {
    let values = Values::masked(width(version), address.mask, address.address & address.mask);
    either(Test::is(field, values), address.inverted)
}

fn ports(conntrack: &Conntrack, each: &Match, context: &mut Context<'_>) -> Vec<Test> {
    let fields = [Field::CtOriginalSourcePort, Field::CtOriginalDestinationPort, Field::DestinationPort, Field::SourcePort];
    let mut asked = Vec::new();
    for (at, (field, ports)) in fields.into_iter().zip(&conntrack.ports).enumerate() {
        if let Some(ports) = ports {
            let test = port(field, *ports, each, context);
            asked.push(if at < 2 { test } else { in_reply(test, each, context) });
        }
    }
    asked
}

/// Of protocols without ports the tuple has 0, an identifier, or a key there.
fn port(field: Field, ports: Ports, each: &Match, context: &mut Context<'_>) -> Test {
    let within = |low: u16, high: u16| if low > high { Test::Never } else { Test::is(field, Values::range(16, low.into(), high.into())) };
    let of = |numbers: &[u128]| Test::is(Field::Protocol, Values::from_ranges(8, numbers.iter().map(|number| (*number, *number))));
    let known = Test::all([of(&WITH_PORTS), either(within(ports.low, ports.high), ports.inverted)]);
    let keys = Test::all([of(&WITH_KEYS), undecided(each, ConditionKind::Unknown, context)]);
    let neither = Test::all([of(&WITH_PORTS).negate(), of(&WITH_KEYS).negate(), Test::certain((ports.low == 0) != ports.inverted)]);
    Test::any([known, keys, neither])
}
