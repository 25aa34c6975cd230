//! Raw rtnetlink and sock_diag messages to types.
//!
//! A message that cannot be taken apart is named in [`Network::incomplete`]; an attribute that could change what a route or rule does, and
//! is not understood, in its `opaque`. Nothing is dropped in silence.

mod address;

mod link;

mod neighbour;

mod nexthop;

mod route;

mod rule;

mod socket;

use std::{cell::Cell, net::IpAddr};

use ipnet::IpNet;
use netlink_packet_core::{DecodeError, DefaultNla, Nla as _, Parseable};

use super::{ClientPorts, Network, described};
use crate::snapshot::{Messages, Snapshot};

/// Decodes all surroundings that a snapshot recorded, or takes them from the description in their stead.
#[must_use]
pub fn decode(snapshot: &Snapshot) -> Network {
    let range = snapshot.sysctls.get("net/ipv4/ip_local_port_range").and_then(|text| ClientPorts::read(text));
    let client_ports = range.unwrap_or_default();
    if let Some(description) = &snapshot.described {
        return Network { client_ports, ..described::network(description) };
    }
    let mut network = Network { client_ports, ..Network::default() };
    let incomplete = &mut network.incomplete;
    network.links = each(&snapshot.links, "an interface", incomplete, link::link);
    network.addresses = each(&snapshot.addresses, "an address", incomplete, address::address);
    let objects = nexthop::Objects::decode(&snapshot.nexthops, incomplete);
    let realms = Cell::new(false);
    network.routes = each(&snapshot.routes, "a route", incomplete, |message| {
        realms.set(realms.get() || route::has_realm(&message));
        route::route(message, &objects)
    });
    network.rules = each(&snapshot.policy_rules, "a policy rule", incomplete, |message| {
        realms.set(realms.get() || rule::has_realm(&message));
        rule::rule(message)
    });
    network.without_realms = !realms.get() && incomplete.is_empty() && !network.routes.is_empty() && !network.rules.is_empty();
    // The kernel keeps each family's rules by priority, and tells them in that order (`fib_nl2rule`).
    network.rules.sort_by_key(|rule| rule.priority);
    network.neighbours = each(&snapshot.neighbours, "a neighbour", incomplete, neighbour::neighbour);
    network.silent = each(&snapshot.neighbours, "a neighbour", incomplete, neighbour::silent);
    network.sockets = each(&snapshot.sockets, "a socket", incomplete, socket::socket);
    network
}

/// The sockets alone; those that can't be decoded are left to [`decode`] to tell.
#[must_use]
pub fn sockets(snapshot: &Snapshot) -> Vec<super::ListeningSocket> {
    each(&snapshot.sockets, "a socket", &mut Vec::new(), socket::socket)
}

/// Why a well-formed message could not be understood.
type Reason = String;

/// Parses each message and hands it to `take`, which may pass one over. Notes what fails.
fn each<M, T>(messages: &Messages, what: &str, incomplete: &mut Vec<String>, take: impl Fn(M) -> Result<Option<T>, Reason>) -> Vec<T>
where
    M: Parseable<[u8]>,
{
    let mut taken = Vec::new();
    for message in messages {
        let result = match message {
            Ok(message) => M::parse(message.payload).map_err(|error| root(&error)).and_then(&take),
            Err(malformed) => Err(malformed.to_string()),
        };
        match result {
            Ok(object) => taken.extend(object),
            Err(reason) => incomplete.push(format!("{what} could not be decoded: {reason}")),
        }
    }
    taken
}

/// The error with its causes in one line.
fn root(error: &DecodeError) -> Reason {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A network; an address with fewer bits than the prefix is long is refused.
fn net(address: IpAddr, length: u8) -> Result<IpNet, Reason> {
    IpNet::new(address, length).map_err(|_| format!("{address} cannot have a prefix of {length} bits"))
}

/// An attribute that is not understood, for `opaque`.
fn unknown(attribute: &DefaultNla) -> String {
    format!("attribute {}", attribute.kind())
}

#[cfg(test)]
mod tests;
