//! What proxies in other network namespaces of this host send, containers mostly, as it comes in here.
//!
//! Such a namespace routes by itself: over which of its links a packet leaves and from which of its addresses is followed there, without its
//! rules, and the other end of that link is where it comes in.

use std::net::IpAddr;

use super::{
    Flow,
    expression::{Block, Hosts},
    start,
};
use crate::{
    lower::{self, Lowered, Rules},
    model::{Field, HeaderSet, IpVersion, Values},
    network::{self, Link, Network},
    ruleset::{ipset, nft, xtables},
    simulate::{Given, Simulation, outcome::Delivery},
    snapshot::Inner,
    world::{Recorded, World},
};

/// Another network namespace, ready for questions.
pub struct Namespace<'a> {
    inner: &'a Inner,
    network: Network,
    versions: [Lowered; 2],
    /// The one that is audited.
    outer: &'a Network,
}

/// So many source addresses of one flow are told apart.
const MOST_SOURCES: usize = 64;

impl<'a> Namespace<'a> {
    /// Decodes what is around it.
    #[must_use]
    pub fn new(inner: &'a Inner, outer: &'a Network) -> Self {
        let network = network::decode::decode(&inner.snapshot);
        let (nft, xtables, ipsets) = (nft::Ruleset::default(), xtables::Ruleset::default(), ipset::Ipsets::default());
        let versions = [IpVersion::V4, IpVersion::V6]
            .map(|version| lower::host(Rules { nft: &nft, xtables: &xtables, ipsets: &ipsets }, &network, &inner.snapshot, version));
        Self { inner, network, versions, outer }
    }

    /// A flow that begins there, as flows that come in here; none if it leaves by a link that does not lead here, or is heard there. What is no packet
    /// (a name without address, a socket file) stays as it is.
    #[must_use]
    pub fn arriving(&self, flow: &Flow) -> Vec<Flow> {
        if matches!(flow.expression.destination.hosts, Hosts::Named(_) | Hosts::Socket(_)) {
            return vec![Flow { namespace: None, ..flow.clone() }];
        }
        let hosts = [&self.versions[0].host, &self.versions[1].host];
        let mut arriving: Vec<Flow> = Vec::new();
        for start in start::starts(flow, hosts, &self.network).unwrap_or_default() {
            let host = hosts[usize::from(start.version == IpVersion::V6)];
            let world: &dyn World = &Recorded(&self.inner.snapshot);
            for outcome in Simulation::new(host, world).run(start.legitimate, Given::First).outcomes() {
                let mut here = Flow { namespace: None, version: Some(start.version), ..flow.clone() };
                match outcome.delivery {
                    Delivery::Sent { interface } => {
                        let (Some(link), Some(sources)) = (self.entrance(interface), sources(&outcome.space, start.version)) else {
                            continue;
                        };
                        here.expression.source.hosts = Hosts::Blocks(sources);
                        here.expression.incoming = Some(link.name.clone());
                    }
                    Delivery::Local { socket: None } => here.wanted.iter_mut().for_each(|wanted| wanted.unheard = true),
                    _ => continue,
                }
                if !arriving.iter().any(|other| other.expression == here.expression) {
                    arriving.push(here);
                }
            }
        }
        arriving
    }

    /// Where what leaves there by a link comes in here: at the link's other end, or at the bridge that has it as a port.
    fn entrance(&self, interface: u32) -> Option<&Link> {
        let end = self.outer.links.iter().find(|link| link.peer == Some((self.inner.id, interface)))?;
        let Some(master) = end.master else { return Some(end) };
        let master = self.outer.links.iter().find(|link| link.index == master)?;
        match master.kind.as_deref() {
            Some("bridge") => Some(master),
            Some("vrf") => Some(end),
            // A switch of another kind (Open vSwitch) takes it before rules see it.
            _ => None,
        }
    }
}

/// The flows as they begin or come in here: those that begin in other network namespaces are followed to this one.
#[must_use]
pub fn arriving(flows: Vec<Flow>, namespaces: &[Inner], outer: &Network) -> Vec<Flow> {
    let mut ready: Vec<Option<Namespace<'_>>> = namespaces.iter().map(|_| None).collect();
    let mut arriving = Vec::new();
    for flow in flows {
        match flow.namespace.map(|number| (namespaces.get(number), ready.get_mut(number))) {
            None => arriving.push(flow),
            Some((Some(inner), Some(ready))) => {
                arriving.extend(ready.get_or_insert_with(|| Namespace::new(inner, outer)).arriving(&flow));
            }
            Some(_) => {}
        }
    }
    arriving
}

fn sources(packets: &HeaderSet, version: IpVersion) -> Option<Vec<Block>> {
    blocks(&packets.values(Field::Source, Field::Source.width(version)), version)
}

/// Addresses as a flow has them; none where they are too scattered.
#[must_use]
pub fn blocks(values: &Values, version: IpVersion) -> Option<Vec<Block>> {
    let address = |number: u128| -> Option<IpAddr> {
        Some(match version {
            IpVersion::V4 => IpAddr::V4(u32::try_from(number).ok()?.into()),
            IpVersion::V6 => IpAddr::V6(number.into()),
        })
    };
    let block = |(low, high)| {
        let (low, high) = (address(low)?, address(high)?);
        Some(if low == high { Block::Prefix(low.into()) } else { Block::Range(low, high) })
    };
    values.ranges(MOST_SOURCES)?.into_iter().map(block).collect()
}
