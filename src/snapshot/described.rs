//! A host in the operator's own words: what a dump of rules lacks. TOML.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

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

/// Addresses for documentation (RFC 5737, RFC 3849), where none are known.
const OWN_4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 2, 1), 24);
const OWN_6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 64);
const GATEWAY_4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);
const GATEWAY_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xfe);

impl Description {
    /// A host of which nothing is known but the interfaces that its rules name, and of which IP versions there are rules.
    #[must_use]
    pub fn assumed(names: &BTreeSet<String>, four: bool, six: bool) -> Self {
        let mut names: Vec<_> = names.iter().filter(|name| *name != "lo").cloned().collect();
        if names.is_empty() {
            names.push("eth0".to_owned());
        }
        let outside =
            names.iter().find(|name| !name.starts_with("docker") && !name.starts_with("br")).or(names.first()).cloned().unwrap_or_default();
        let both = [four.then_some(OWN_4.into()), six.then_some(OWN_6.into())];
        let own = |name: &str| if name == outside { both.into_iter().flatten().collect() } else { Vec::new() };
        let any: IpAddr = if six { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        let interface = |name: &String| Interface { addresses: own(name), name: name.clone(), kind: None, up: true };
        let listener = |protocol, port| Listener { address: SocketAddr::new(any, port), protocol, program: String::new() };
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

impl std::fmt::Display for Description {
    /// In one line: its interfaces with their addresses, and its listeners.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = |items: Vec<String>, none: &str| if items.is_empty() { none.to_owned() } else { items.join(", ") };
        let interface = |interface: &Interface| {
            let addresses: Vec<_> = interface.addresses.iter().map(IpNet::to_string).collect();
            format!("{} {}", interface.name, words(addresses, "without an address"))
        };
        let interfaces = self.interfaces.iter().map(interface).collect();
        let listeners = self.listeners.iter().map(|listener| listener.address.port().to_string()).collect();
        write!(
            f,
            "{}; listening on {}; forwarding {}",
            words(interfaces, "no interface"),
            words(listeners, "nothing"),
            if self.forwarding { "on" } else { "off" }
        )
    }
}
