//! The fixed part of a rule (`ip_packet_match`, ip_tables.c; `ip6_packet_match`, ip6_tables.c).

use crate::{
    lower::context::Context,
    model::{Field, IpVersion, Step, Test, Values},
    ruleset::xtables::{
        Header,
        header::{Address, Interface, Protocol, width},
    },
};

/// What the header asks, in the order in which the kernel does.
pub fn tests(header: &Header, context: &mut Context<'_>) -> impl Iterator<Item = Test> {
    [
        address(Field::Source, header.source, context.version),
        address(Field::Destination, header.destination, context.version),
        interface(Field::InInterface, header.incoming.as_deref(), context),
        interface(Field::OutInterface, header.outgoing.as_deref(), context),
        protocol(header.protocol, context),
        fragment(header.fragment, context),
    ]
    .into_iter()
}

fn address(field: Field, address: Address, version: IpVersion) -> Test {
    let test = match address.prefix(version) {
        Some(0) if address.address == 0 => Test::Always,
        _ if address.address & !address.mask != 0 => Test::Never,
        _ => Test::is(field, Values::masked(width(version), address.mask, address.address)),
    };
    if address.inverted { test.negate() } else { test }
}

fn interface(field: Field, interface: Option<&Interface>, context: &Context<'_>) -> Test {
    interface.map_or(Test::Always, |interface| {
        // Where there is no interface its name is empty (`nulldevname`).
        let none = (interface.fits("")).then_some(0);
        let named = context.network.links.iter().filter(|link| interface.fits(&link.name)).map(|link| u128::from(link.index));
        let test = Test::is(field, Values::from_ranges(32, none.into_iter().chain(named).map(|index| (index, index))));
        if interface.inverted { test.negate() } else { test }
    })
}

/// The protocol after IPv6 extension headers; 0 fits all.
fn protocol(protocol: Option<Protocol>, context: &mut Context<'_>) -> Test {
    match protocol {
        None | Some(Protocol { number: 0, .. }) => Test::Always,
        Some(Protocol { number, inverted }) => {
            let test = match u8::try_from(number) {
                Ok(number) => context.common(Field::Protocol, number.into(), number.into()),
                Err(_) => Test::Never,
            };
            if inverted { test.negate() } else { test }
        }
    }
}

/// A later fragment, or (`! -f`) none.
fn fragment(wanted: Option<bool>, context: &mut Context<'_>) -> Test {
    wanted.map_or(Test::Always, |wanted| {
        let whole = context.common(Field::FragmentOffset, 0, 0);
        if wanted { whole.negate() } else { whole }
    })
}

/// The tests as steps.
pub fn steps(header: &Header, context: &mut Context<'_>) -> Vec<Step> {
    tests(header, context).filter(|test| !matches!(test, Test::Always)).map(Step::Test).collect()
}
