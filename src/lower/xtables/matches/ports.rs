//! What the matches of protocols with ports share: where their header is read, and ranges of ports (`port_match`, xt_tcpudp.c).

use crate::{
    lower::context::Context,
    model::{Field, IpVersion, Test, Values},
    ruleset::xtables::ports::Ports,
};

/// A port in a range, or out of it.
#[must_use]
pub fn within(field: Field, ports: Ports, context: &mut Context<'_>) -> Test {
    let test = match (ports.low, ports.high) {
        (0, u16::MAX) => Test::Always,
        (low, high) if low > high => Test::Never,
        (low, high) => context.common(field, low.into(), high.into()),
    };
    if ports.inverted { test.negate() } else { test }
}

/// The same, where ports are asked for.
pub fn if_asked(field: Field, ports: Option<Ports>, context: &mut Context<'_>) -> Test {
    ports.map_or(Test::Always, |ports| within(field, ports, context))
}

/// The first fragment, or a whole packet: only there a transport header can be read (`par->fragoff == 0`).
pub fn has_header(context: &mut Context<'_>) -> Test {
    context.common(Field::FragmentOffset, 0, 0)
}

/// A packet that has a transport header, but not so many bytes of it: xtables drops it at once.
pub fn too_short(bytes: usize, context: &mut Context<'_>) -> Test {
    context.shared(("too short", bytes), |context| Test::all([has_header(context), shorter(bytes, context)]))
}

/// A packet that has not so many bytes behind its network header.
pub fn shorter(bytes: usize, context: &mut Context<'_>) -> Test {
    let network = context.headers.network_length();
    context.common(Field::Length, 0, (network + bytes) as u128 - 1)
}

/// A TCP fragment whose offset is 8 bytes, which overwrites flags. IPv6 counts its offsets in bytes, so that none is 1.
pub fn evil_fragment(version: IpVersion) -> Test {
    match version {
        IpVersion::V4 => Test::is(Field::FragmentOffset, Values::one(13, 1)),
        IpVersion::V6 => Test::Never,
    }
}
