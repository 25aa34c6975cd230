//! A host in the operator's own words: what a dump of rules lacks. TOML.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::{Address, Link, ListeningSocket, Network, Nexthop, PolicyAction, PolicyRule, Route, RouteKind};

/// A host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Description {
    /// Its name in reports.
    pub name: String,
    /// `uname -r`; empty for a current one.
    pub kernel: String,
    /// It forwards packets of both IP versions.
    pub forwarding: bool,
    #[serde(rename = "interface")]
    pub interfaces: Vec<Interface>,
    #[serde(rename = "route")]
    pub routes: Vec<StaticRoute>,
    #[serde(rename = "listener")]
    pub listeners: Vec<Listener>,
    /// Settings that differ from the kernel's own, by path: `"net/ipv4/conf/all/rp_filter" = 1`.
    pub sysctls: BTreeMap<String, i64>,
}

/// An interface; `lo` is there without being told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    pub name: String,
    #[serde(default)]
    pub addresses: Vec<IpNet>,
    /// `bridge`, `veth`, …
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default = "yes")]
    pub up: bool,
}

/// A route of the main table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticRoute {
    /// `default`, an address or a prefix.
    pub to: Target,
    /// The gateway.
    #[serde(default)]
    pub via: Option<IpAddr>,
    /// The interface's name.
    pub dev: String,
}

/// Where a route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// Everywhere, of the gateway's IP version; without a gateway both.
    Default,
    Net(IpNet),
}

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// `0.0.0.0:443`, `[::]:443`.
    pub address: SocketAddr,
    #[serde(default)]
    pub protocol: Transport,
    /// The program that listens.
    #[serde(default)]
    pub program: String,
}

/// A transport protocol with listeners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    #[default]
    Tcp,
    Udp,
}

fn yes() -> bool {
    true
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "default" {
            return Ok(Self::Default);
        }
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        net.map(Self::Net).ok_or_else(|| format!("'{text}' is neither 'default' nor an address or a prefix"))
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        match target {
            Target::Default => "default".to_owned(),
            Target::Net(net) => net.to_string(),
        }
    }
}

const MAIN: u32 = 254;
const LOCAL: u32 = 255;
const DEFAULT: u32 = 253;

impl Description {
    /// A host of which nothing is known but the interfaces that its rules name.
    #[must_use]
    pub fn assumed(names: &BTreeSet<String>) -> Self {
        let mut names: Vec<_> = names.iter().filter(|name| *name != "lo").cloned().collect();
        if names.is_empty() {
            names.push("eth0".to_owned());
        }
        let outside =
            names.iter().find(|name| !name.starts_with("docker") && !name.starts_with("br")).or(names.first()).cloned().unwrap_or_default();
        let own = |name: &str| if name == outside { vec![OWN_4.into(), OWN_6.into()] } else { Vec::new() };
        let interface = |name: &String| Interface { addresses: own(name), name: name.clone(), kind: None, up: true };
        let listener =
            |protocol, port| Listener { address: SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), protocol, program: String::new() };
        Self {
            interfaces: names.iter().map(interface).collect(),
            routes: vec![
                StaticRoute { to: Target::Default, via: Some(GATEWAY_4.into()), dev: outside.clone() },
                StaticRoute { to: Target::Default, via: Some(GATEWAY_6.into()), dev: outside },
            ],
            listeners: vec![listener(Transport::Tcp, 80), listener(Transport::Tcp, 443)],
            forwarding: true,
            ..Self::default()
        }
    }

    /// What the kernel would tell of it. Interfaces that routes name and that are not there are told.
    #[must_use]
    pub fn network(&self) -> Network {
        let mut network = Network::default();
        let loopback = Interface { name: "lo".into(), addresses: vec![LOOPBACK_4.into(), LOOPBACK_6.into()], kind: None, up: true };
        let others = self.interfaces.iter().filter(|interface| interface.name != "lo");
        for (index, interface) in (1..).zip(std::iter::once(&loopback).chain(others)) {
            network.links.push(link(index, interface));
            for address in &interface.addresses {
                connect(&mut network, index, *address, interface.name == "lo");
            }
        }
        for route in &self.routes {
            let Some(link) = network.links.iter().find(|link| link.name == route.dev).map(|link| link.index) else {
                network.incomplete.push(format!("a route leads to {}, which is no interface of the described host", route.dev));
                continue;
            };
            network.routes.extend(route.destinations().into_iter().map(|destination| Route {
                nexthops: vec![Nexthop { link, gateway: route.via, weight: 1, dead: false }],
                ..plain(MAIN, RouteKind::Unicast, destination)
            }));
        }
        network.rules = [(4, 0, LOCAL), (6, 0, LOCAL), (4, 32766, MAIN), (6, 32766, MAIN), (4, 32767, DEFAULT)].map(policy_rule).into();
        network.sockets = (1..).zip(&self.listeners).map(|(inode, listener)| listener.socket(inode)).collect();
        network
    }

    /// Its settings by path, as text.
    #[must_use]
    pub fn sysctls(&self) -> BTreeMap<String, String> {
        let names = self.interfaces.iter().map(|interface| interface.name.as_str());
        let names = ["all", "default", "lo"].into_iter().chain(names);
        let forwarding = names.flat_map(|name| ["ipv4", "ipv6"].map(|version| format!("net/{version}/conf/{name}/forwarding")));
        let mut sysctls: BTreeMap<_, _> = forwarding.map(|path| (path, u8::from(self.forwarding).to_string())).collect();
        sysctls.extend(self.sysctls.iter().map(|(path, value)| (path.replace('.', "/"), value.to_string())));
        sysctls
    }
}

const LOOPBACK_4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8);
const LOOPBACK_6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);

/// Addresses for documentation (RFC 5737, RFC 3849), where none are known.
const OWN_4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 2, 1), 24);
const OWN_6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 64);
const GATEWAY_4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);
const GATEWAY_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xfe);

impl StaticRoute {
    fn destinations(&self) -> Vec<IpNet> {
        let (four, six) = (Ipv4Net::default().into(), Ipv6Net::default().into());
        match (self.to, self.via) {
            (Target::Net(net), _) => vec![net.trunc()],
            (Target::Default, Some(IpAddr::V4(_))) => vec![four],
            (Target::Default, Some(IpAddr::V6(_))) => vec![six],
            (Target::Default, None) => vec![four, six],
        }
    }
}

impl Listener {
    fn socket(&self, inode: u32) -> ListeningSocket {
        ListeningSocket {
            protocol: if self.protocol == Transport::Tcp { 6 } else { 17 },
            address: self.address.ip(),
            port: self.address.port(),
            v6only: false,
            device: None,
            uid: 0,
            inode,
            peer: None,
        }
    }
}

fn link(index: u32, interface: &Interface) -> Link {
    let loopback = interface.name == "lo";
    Link {
        index,
        name: interface.name.clone(),
        kind: interface.kind.clone(),
        hardware: if loopback { 772 } else { 1 },
        up: interface.up,
        loopback,
        mtu: if loopback { 65536 } else { 1500 },
        ..Link::default()
    }
}

/// An address, and the routes that the kernel makes for it.
fn connect(network: &mut Network, link: u32, net: IpNet, loopback: bool) {
    let scope = if loopback { 254 } else { 0 };
    network.addresses.push(Address { link, local: net, peer: None, broadcast: None, scope, flags: 0 });
    let nexthops = vec![Nexthop { link, gateway: None, weight: 1, dead: false }];
    let own = if loopback { net.trunc() } else { IpNet::from(net.addr()) };
    network.routes.push(Route { nexthops: nexthops.clone(), scope: 254, ..plain(LOCAL, RouteKind::Local, own) });
    if loopback {
        network.routes.push(Route { nexthops, scope: 254, ..plain(LOCAL, RouteKind::Local, IpNet::from(net.addr())) });
    } else {
        network.routes.push(Route { nexthops, scope: 253, ..plain(MAIN, RouteKind::Unicast, net.trunc()) });
    }
}

fn plain(table: u32, kind: RouteKind, destination: IpNet) -> Route {
    Route {
        table,
        kind,
        destination,
        source: None,
        tos: 0,
        metric: if destination.addr().is_ipv6() { 256 } else { 0 },
        scope: 0,
        preferred_source: None,
        nexthops: Vec::new(),
        opaque: Vec::new(),
    }
}

fn policy_rule((ip_version, priority, table): (u8, u32, u32)) -> PolicyRule {
    PolicyRule {
        ip_version,
        priority,
        invert: false,
        source: None,
        destination: None,
        tos: 0,
        iif: None,
        oif: None,
        mark: None,
        protocol: None,
        source_ports: None,
        destination_ports: None,
        uids: None,
        l3mdev: false,
        suppress_prefix_length: None,
        suppress_group: None,
        action: PolicyAction::Table(table),
        opaque: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_in_toml() {
        let text = r#"
            name = "gw"
            forwarding = true
            [[interface]]
            name = "eth0"
            addresses = ["203.0.113.10/24", "2001:db8::10/64"]
            [[route]]
            to = "default"
            via = "203.0.113.1"
            dev = "eth0"
            [[listener]]
            address = "0.0.0.0:443"
            program = "nginx"
            [sysctls]
            "net.ipv4.conf.all.rp_filter" = 1
        "#;
        let host: Description = toml::from_str(text).expect("a description");
        let network = host.network();
        assert_eq!(network.links.iter().map(|link| link.name.as_str()).collect::<Vec<_>>(), ["lo", "eth0"]);
        assert!(network.routes.iter().any(|route| route.table == LOCAL && route.destination.to_string() == "203.0.113.10/32"));
        assert!(network.routes.iter().any(|route| route.destination.to_string() == "0.0.0.0/0" && route.nexthops[0].link == 2));
        assert_eq!(network.sockets[0].port, 443);
        assert_eq!(host.sysctls().get("net/ipv4/conf/all/rp_filter").map(String::as_str), Some("1"));
        assert!(toml::from_str::<Description>("colour = 1").is_err());
    }
}
