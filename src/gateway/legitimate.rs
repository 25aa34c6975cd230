//! Which of a flow's packets honest senders send.
//!
//! "Any" source has 127.0.0.1 and multicast addresses in it, source port 0 and marks that nobody set. The kernel or a careful
//! administrator drops those, and that is no fault. This is a judgement of intent, not of what the kernel does: it never changes an
//! outcome, only which outcomes count against the flow.

use super::{
    Expression,
    expression::{Hosts, Protocol},
    start::{self, within},
};
use crate::{
    model::{Field, HeaderSet, Host, IpVersion, Values},
    network::{ClientPorts, Network, Route, RouteKind},
    simulate::source,
};

/// Beyond so many routes a host is an internet router, and who comes in where is not told by its table.
const MOST_ROUTES: usize = 5_000;

/// The honest part of `packets`; all of them if there would be none.
pub fn part(flow: &Expression, packets: &HeaderSet, host: &Host, network: &Network) -> HeaderSet {
    let mut wishes = vec![
        (Field::PacketType, Values::one(8, PACKET_HOST)),
        (Field::Length, Values::range(16, shortest(flow.protocol, host.version), 0xffff)),
    ];
    if flow.mark.is_none() {
        wishes.push((Field::Mark, Values::one(32, 0)));
    }
    if flow.protocol.has_ports() {
        // A program on this host gets its port from the kernel, unless it wants one of its own.
        let ports = match (&flow.source.hosts, network.client_ports) {
            (Hosts::Local, ClientPorts(low, high)) => Values::range(16, low.into(), high.into()),
            _ => Values::range(16, FIRST_OF_CLIENTS, 0xffff),
        };
        wishes.push((Field::SourcePort, ports));
    }
    if flow.protocol == Protocol::TCP {
        wishes.push((Field::TcpFlags, Values::masked(8, ALL_BUT_ECN, start::SYN)));
        wishes.push((Field::DataOffset, Values::range(4, 5, 15)));
    }
    let honest = wishes.iter().fold(packets.clone(), |honest, (field, values)| {
        let part = within(honest.clone(), *field, values);
        if part.is_empty() { honest } else { part }
    });
    // A program that binds no address of its own.
    let chosen = if flow.source.hosts == Hosts::Local { source::chosen(honest.clone(), host) } else { HeaderSet::empty() };
    let honest = if chosen.is_empty() { honest } else { chosen };
    let part = honest.and(&senders(flow, host, network));
    if part.is_empty() { honest } else { part }
}

/// Length of a packet that has nothing but its headers.
fn shortest(protocol: Protocol, version: IpVersion) -> u128 {
    let transport = match protocol {
        Protocol::TCP => 20,
        protocol if protocol.has_ports() || protocol.is_icmp() => 8,
        _ => 0,
    };
    transport + if version == IpVersion::V4 { 20 } else { 40 }
}

/// Linux gives its clients ports from 32768 on, other systems from 49152 on (RFC 6335). A gateway that hides them may give any from 1024 on; but that one client in
/// 60,000 has the number of somebody's service, which a rule means, is no fault of the rule.
const FIRST_OF_CLIENTS: u128 = 32768;

/// FIN, SYN, RST, PSH, ACK and URG: congestion notification is free to set its own two.
const ALL_BUT_ECN: u128 = 0x3f;
const PACKET_HOST: u128 = 0;

/// Which sources come in by which interfaces: those to which a route leads back.
fn senders(flow: &Expression, host: &Host, network: &Network) -> HeaderSet {
    let width = Field::Source.width(host.version);
    let this_host = within(HeaderSet::all(), Field::InInterface, &Values::one(32, 0));
    let unicast = start::own_addresses(host).or(&never_senders(host, network)).complement();
    let as_the_user_says = flow.incoming.is_some() && flow.source.hosts != Hosts::Any;
    let routes: Vec<&Route> =
        network.routes.iter().filter(|route| route.kind == RouteKind::Unicast && is_of(route, host.version)).collect();
    host.interfaces.iter().fold(this_host, |all, interface| {
        let sources = match routes.len() {
            _ if as_the_user_says => Values::all(width),
            1..=MOST_ROUTES => routed_to(interface.index, &routes, width).and(&unicast),
            _ => unicast.clone(),
        };
        let by = within(HeaderSet::all(), Field::InInterface, &Values::one(32, interface.index.into()));
        let by = within(by, Field::Source, &sources);
        // Who means this host by "local" from elsewhere does not mean its 127.0.0.1.
        all.or(if flow.destination.hosts == Hosts::Local {
            within(by, Field::Destination, &start::loopback(host.version).complement())
        } else {
            by
        })
    })
}

fn is_of(route: &Route, version: IpVersion) -> bool {
    (version == IpVersion::V4) == route.destination.addr().is_ipv4()
}

/// The addresses whose longest matching route, of any table, leads out by this interface.
fn routed_to(interface: u32, routes: &[&Route], width: u8) -> Values {
    let mut routes = routes.to_vec();
    routes.sort_by_key(|route| route.destination.prefix_len());
    let leads = |route: &&&Route| route.nexthops.is_empty() || route.nexthops.iter().any(|hop| hop.link == interface);
    let bounds = |route: &&Route| super::expression::Block::Prefix(route.destination).bounds();
    routes.chunk_by(|one, other| one.destination.prefix_len() == other.destination.prefix_len()).fold(
        Values::none(width),
        |sources, same_length| {
            let elsewhere = Values::from_ranges(width, same_length.iter().filter(|route| !leads(route)).map(bounds));
            let here = Values::from_ranges(width, same_length.iter().filter(leads).map(bounds));
            sources.minus(&elsewhere).or(&here)
        },
    )
}

/// Addresses that no packet from outside can have as its source: `ip_route_input_slow` and `ip6_rcv_core` call them martian.
fn never_senders(host: &Host, network: &Network) -> Values {
    let width = Field::Source.width(host.version);
    let fixed: &[(u128, u128)] = match host.version {
        IpVersion::V4 => &[(0, 0x00ff_ffff), (0x7f00_0000, 0x7fff_ffff), (0xe000_0000, 0xffff_ffff)],
        // Link-local neighbours are senders only to link-local destinations.
        IpVersion::V6 => {
            &[(0, 1), (0xffff << 32, (0xffff << 32) | 0xffff_ffff), (0xfe80 << 112, (0xfec0 << 112) - 1), (0xff << 120, u128::MAX)]
        }
    };
    let broadcast = network.routes.iter().filter(|route| route.kind == RouteKind::Broadcast && is_of(route, host.version));
    let broadcast = broadcast.map(|route| super::expression::Block::Prefix(route.destination).bounds());
    Values::from_ranges(width, fixed.iter().copied().chain(broadcast))
}
