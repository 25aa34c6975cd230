//! Name servers of the host, which its programs ask.

use std::net::IpAddr;

use super::{Files, Host, Place, Proxy, Purpose, Resolution, Target, Timeouts, flows, names};
use crate::{
    gateway::{
        Flow, Role,
        expression::{Hosts, Protocol},
        proxy::Wanted,
    },
    model::IpVersion,
    world::World,
};

/// Where a host keeps its name servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Proxies that ask the host's name servers also while they run: Go's resolver and c-ares read the same file.
const ASKING: [&str; 3] = ["caddy", "traefik", "envoy"];

/// So many places that have a name are told.
const MOST_PLACES: usize = 100;

/// The legs to the host's name servers that a proxy needs for the names in its configuration: over UDP, and over TCP where an answer is long.
/// A name that the hosts file tells needs none.
#[must_use]
pub fn legs(proxy: &Proxy, world: &dyn World, root: Option<u32>) -> Vec<Flow> {
    let files = Files::new(world, root);
    let asks = |upstream: &&super::Upstream| upstream.resolution != Resolution::Running || ASKING.contains(&proxy.reader.kind);
    let mut named = proxy.configuration.upstreams.iter().filter(asks).filter_map(|upstream| match &upstream.target {
        Target::Host(Host::Name(name), _) => Some((name, upstream)),
        _ => None,
    });
    let Some(first) = named.next() else { return Vec::new() };
    let hosts = files.read(names::HOSTS).unwrap_or_default();
    let unknown: Vec<_> = std::iter::once(first).chain(named).filter(|(name, _)| names::in_hosts(&hosts, name).is_empty()).collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    // At the start it is the one who started it who asks.
    let running = unknown.iter().all(|(_, upstream)| upstream.resolution == Resolution::Running);
    let uid = if running { proxy.uid } else { proxy.process.as_ref().map(|process| process.uid) };
    let wanted_by: Vec<Place> = unknown.iter().take(MOST_PLACES).map(|(_, upstream)| upstream.place.clone()).collect();
    let text = files.read(RESOLV_CONF).unwrap_or_default();
    let server = |(line, address): (u32, IpAddr)| {
        let place = Place { file: RESOLV_CONF.into(), line, column: 1 };
        [Protocol::UDP, Protocol::TCP].map(|protocol| {
            let mut flow = Flow::new(flows::expression(protocol, Hosts::Local, Hosts::address(address), (53, 53)), Role::Resolver);
            flow.version = Some(if address.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 });
            flow.program = Some(proxy.reader.kind.to_owned());
            flow.uid = uid;
            flow.wanted = Some(Wanted {
                proxy: proxy.reader.kind,
                label: None,
                speaks: "dns",
                purpose: Purpose::Resolver,
                place: place.clone(),
                wanted_by: wanted_by.clone(),
                groups: Vec::new(),
                timeouts: Timeouts::default(),
                unresolved: None,
                file: None,
            });
            flow
        })
    };
    servers(&text).into_iter().flat_map(server).collect()
}

/// The name servers of a `resolv.conf`, with their lines, as `res_init` reads them.
#[must_use]
pub fn servers(text: &str) -> Vec<(u32, IpAddr)> {
    let server = |(number, line): (u32, &str)| {
        let rest = line.strip_prefix("nameserver")?;
        let address = rest.split_whitespace().next().filter(|_| rest.starts_with([' ', '\t']))?;
        // A zone of a link-local address is no matter of packets.
        Some((number, address.split('%').next()?.parse().ok()?))
    };
    (1..).zip(text.lines()).filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_of_a_resolv_conf() {
        let text = "# x\nsearch example\nnameserver 127.0.0.53\nnameserver fe80::1%eth0 \nnameservers 1.1.1.1\n nameserver 9.9.9.9\n";
        assert_eq!(servers(text), [(3, "127.0.0.53".parse().expect("v4")), (4, "fe80::1".parse().expect("v6"))]);
    }
}
