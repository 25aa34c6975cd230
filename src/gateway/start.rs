//! The packets with which a flow begins, as header sets.

use super::{
    Expression, Flow,
    expression::{Endpoint, Hosts, Protocol, number},
    legitimate,
};
use crate::{
    model::{Field, HeaderSet, Host, IpVersion, Values},
    network::Network,
};

/// The first packets of a flow, in one IP version.
#[derive(Debug, Clone)]
pub struct Start {
    pub version: IpVersion,
    /// All that the expression says.
    pub packets: HeaderSet,
    /// Those among them that honest senders send: what becomes of the others does not make a flow fail.
    pub legitimate: HeaderSet,
}

/// A flow that cannot begin on this host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A name that no interface has.
    #[error("flow '{flow}': there is no interface '{name}' on this host (it has {known})")]
    NoInterface { flow: String, name: String, known: String },
    /// All of its packets leave by other interfaces, or end here.
    #[error("flow '{flow}': none of its packets leaves by '{name}'")]
    LeavesElsewhere { flow: String, name: String },
}

/// The starts of a flow: one for each IP version that both of its ends have.
pub fn starts(flow: &Flow, hosts: [&Host; 2], network: &Network) -> Result<Vec<Start>, Error> {
    let mut starts = Vec::new();
    for host in hosts.into_iter().filter(|host| flow.version.is_none_or(|version| version == host.version)) {
        let uid = flow.uid;
        let flow = &flow.expression;
        let incoming = flow.incoming.as_deref().map(|name| index(flow, host, name)).transpose()?;
        flow.outgoing.as_deref().map(|name| index(flow, host, name)).transpose()?;
        if matches!((flow.protocol, host.version), (Protocol::ICMP, IpVersion::V6) | (Protocol::ICMPV6, IpVersion::V4)) {
            continue;
        }
        let (Some(source), Some(destination)) = (addresses(&flow.source, host), addresses(&flow.destination, host)) else { continue };
        let ways = ways_in(&flow.source.hosts, &source, incoming, host);
        let headers = headers(flow, host.version);
        let packets = ways
            .into_iter()
            .map(|(interfaces, source)| {
                let way = within(headers.clone(), Field::InInterface, &interfaces);
                let way = within(way, Field::Source, &source);
                within(way, Field::Destination, &destination)
            })
            .fold(HeaderSet::empty(), HeaderSet::or);
        let packets = match uid {
            Some(uid) => within(packets, Field::Uid, &Values::one(32, uid.into())),
            None => packets,
        };
        if packets.is_empty() {
            continue;
        }
        let legitimate = legitimate::part(flow, &packets, host, network);
        starts.push(Start { version: host.version, packets, legitimate });
    }
    Ok(starts)
}

/// The part of a set whose field is in `values`.
pub fn within(set: HeaderSet, field: Field, values: &Values) -> HeaderSet {
    set.split(field, values).0
}

/// The index of an interface by its name.
pub(super) fn index(flow: &Expression, host: &Host, name: &str) -> Result<u32, Error> {
    host.interfaces.iter().find(|interface| interface.name == name).map(|interface| interface.index).ok_or_else(|| Error::NoInterface {
        flow: flow.to_string(),
        name: name.to_owned(),
        known: host.interfaces.iter().map(|interface| interface.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// The addresses of an end in one IP version; none if it has none there.
fn addresses(end: &Endpoint, host: &Host) -> Option<Values> {
    let width = Field::Source.width(host.version);
    let values = match &end.hosts {
        Hosts::Any => Values::all(width),
        Hosts::Named(_) | Hosts::Socket(_) => Values::none(width),
        Hosts::Local => own_addresses(host),
        Hosts::Blocks(blocks) => {
            Values::from_ranges(width, blocks.iter().filter(|block| block.version() == host.version).map(super::expression::Block::bounds))
        }
    };
    (!values.is_empty()).then_some(values)
}

/// The addresses to which this host answers: those of its interfaces, and all of 127.0.0.0/8.
pub fn own_addresses(host: &Host) -> Values {
    let own = host.interfaces.iter().flat_map(|interface| &interface.addresses).map(|&(address, _)| (address, address));
    Values::from_ranges(Field::Source.width(host.version), own).or(&loopback(host.version))
}

/// The addresses that every host has for itself alone.
pub fn loopback(version: IpVersion) -> Values {
    let (low, high) = match version {
        IpVersion::V4 => (number([127, 0, 0, 0].into()), number([127, 255, 255, 255].into())),
        IpVersion::V6 => (1, 1),
    };
    Values::range(Field::Source.width(version), low, high)
}

/// By which interfaces which sources come in; interface 0 stands for this host.
fn ways_in(hosts: &Hosts, source: &Values, incoming: Option<u32>, host: &Host) -> Vec<(Values, Values)> {
    let width = Field::InInterface.width(host.version);
    let here = || Values::one(width, 0);
    if let Some(index) = incoming {
        return vec![(Values::one(width, index.into()), source.clone())];
    }
    let outside = host.interfaces.iter().filter(|interface| interface.up && !interface.loopback);
    let outside = Values::from_ranges(width, outside.map(|interface| (u128::from(interface.index), u128::from(interface.index))));
    match hosts {
        Hosts::Local => vec![(here(), source.clone())],
        Hosts::Any | Hosts::Named(_) | Hosts::Socket(_) => vec![(outside, source.clone())],
        Hosts::Blocks(_) => {
            let own = own_addresses(host);
            vec![(here(), source.and(&own)), (outside, source.minus(&own))]
        }
    }
}

/// What the expression says besides addresses and interfaces, and what makes a packet the first of its flow.
fn headers(flow: &Expression, version: IpVersion) -> HeaderSet {
    let mut set = HeaderSet::all();
    let mut only = |field: Field, values: Values| set = within(std::mem::take(&mut set), field, &values);
    only(Field::Protocol, Values::one(8, flow.protocol.0.into()));
    for (field, end) in [(Field::SourcePort, &flow.source), (Field::DestinationPort, &flow.destination)] {
        if !end.ports.is_empty() {
            only(field, Values::from_ranges(16, end.ports.iter().map(|&(low, high)| (low.into(), high.into()))));
        }
    }
    if flow.protocol == Protocol::TCP && flow.state.is_none_or(|state| state == super::expression::State::New) {
        only(Field::TcpFlags, Values::masked(8, SYN | ACK | RST | FIN, SYN));
    }
    only(Field::Ttl, Values::range(8, 32, 255));
    only(Field::Length, Values::range(16, 40, 80));
    only(Field::IpFlags, Values::masked(Field::IpFlags.width(version), MORE_FRAGMENTS, 0));
    only(Field::FragmentOffset, Values::one(Field::FragmentOffset.width(version), 0));
    if let Some(mark) = flow.mark {
        only(Field::Mark, Values::one(32, mark.into()));
    }
    if let Some(state) = flow.state {
        only(Field::CtState, Values::one(32, state.bit()));
    }
    set
}

pub(super) const FIN: u128 = 1;
pub(super) const SYN: u128 = 2;
pub(super) const RST: u128 = 4;
pub(super) const ACK: u128 = 16;
const MORE_FRAGMENTS: u128 = 1;
