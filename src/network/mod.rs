//! Links, addresses, routes, policy rules and sockets: typed, decoded from a snapshot's raw messages.
//!
//! What holds an attribute that we do not know is kept and marked opaque, never ignored.

pub mod decode;

pub mod described;

mod bridge;

use std::net::IpAddr;

use ipnet::IpNet;

/// All that a network namespace knows of its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Interfaces.
    pub links: Vec<Link>,
    /// Addresses of both families.
    pub addresses: Vec<Address>,
    /// Routes of every table, both families, in the kernel's order.
    pub routes: Vec<Route>,
    /// Policy rules of both families by rising priority.
    pub rules: Vec<PolicyRule>,
    /// It is known that no route and no policy rule gives packets a realm.
    pub without_realms: bool,
    /// Neighbours whose hardware addresses were set by hand.
    pub neighbours: Vec<Neighbour>,
    /// Those that did not answer when this host asked for them.
    pub silent: Vec<Silent>,
    /// Listening and unconnected sockets.
    pub sockets: Vec<ListeningSocket>,
    /// The ports of which the kernel gives those to clients on this host that ask for none (`ip_local_port_range`, of both families).
    pub client_ports: ClientPorts,
    /// What could not be decoded, each as a sentence.
    pub incomplete: Vec<String>,
}

/// The lowest and highest port of clients on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientPorts(pub u16, pub u16);

impl Default for ClientPorts {
    /// As the kernel starts (`inet_init_net`).
    fn default() -> Self {
        Self(32768, 60999)
    }
}

impl ClientPorts {
    /// From the two words of the sysctl.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace().map_while(|word| word.parse().ok());
        Some(Self(words.next()?, words.next()?))
    }

    /// Whether a port is one of them.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.0..=self.1).contains(&port)
    }
}

/// An interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    pub index: u32,
    pub name: String,
    pub alternative_names: Vec<String>,
    /// `veth`, `bridge`, `vlan`…; none for a physical one or lo.
    pub kind: Option<String>,
    /// ARPHRD_*: 1 Ethernet, 772 loopback, 65534 none.
    pub hardware: u16,
    pub group: u32,
    pub up: bool,
    pub loopback: bool,
    /// Ethernet, and neither point-to-point nor without resolution of addresses.
    pub resolves: bool,
    pub mac: Option<[u8; 6]>,
    pub mtu: u32,
    /// Index of the bridge or VRF that it is enslaved to.
    pub master: Option<u32>,
    /// The other end in another network namespace: that one's number and the end's index there.
    pub peer: Option<(i32, u32)>,
    /// A bridge's own `nf_call_iptables` and `nf_call_ip6tables`.
    pub calls_rules: [bool; 2],
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub link: u32,
    /// The local address with its prefix length.
    pub local: IpNet,
    /// The other end of a point-to-point link.
    pub peer: Option<IpNet>,
    pub broadcast: Option<IpAddr>,
    /// RT_SCOPE_*: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// IFA_F_*; 0x01 secondary, 0x08 DAD failed, 0x40 tentative.
    pub flags: u32,
}

/// A neighbour that nobody has to ask for (`NUD_PERMANENT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    pub link: u32,
    pub address: IpAddr,
}

/// A neighbour that was asked for and did not answer (`NUD_FAILED`, or `NUD_INCOMPLETE` after several questions).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silent {
    pub neighbour: Neighbour,
    /// Seconds since then.
    pub since: u32,
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RouteKind {
    #[default]
    Unicast,
    Local,
    Broadcast,
    Anycast,
    Multicast,
    Blackhole,
    Unreachable,
    Prohibit,
    Throw,
    /// Any other RTN_*.
    Other(u8),
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub table: u32,
    pub kind: RouteKind,
    pub destination: IpNet,
    /// IPv6 subtrees: only for packets from here.
    pub source: Option<IpNet>,
    pub tos: u8,
    /// Lower is preferred.
    pub metric: u32,
    pub scope: u8,
    pub preferred_source: Option<IpAddr>,
    /// Nexthops; several for multipath, none for blackhole and its kin.
    pub nexthops: Vec<Nexthop>,
    /// Names of attributes that are not understood; non-empty makes what rests on this route unknown.
    pub opaque: Vec<String>,
}

/// One nexthop of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nexthop {
    pub link: u32,
    pub gateway: Option<IpAddr>,
    pub weight: u16,
    /// RTNH_F_DEAD. (The kernel's dump sets it too where the link is down and such routes are to be ignored; RTNH_F_LINKDOWN alone
    /// does not keep a route from being used.)
    pub dead: bool,
}

/// What a policy rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyAction {
    Table(u32),
    Goto(u32),
    Nop,
    Blackhole,
    Unreachable,
    Prohibit,
    /// Any other FR_ACT_*.
    Other(u8),
}

/// A policy rule (`ip rule`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRule {
    /// 4 or 6.
    pub ip_version: u8,
    pub priority: u32,
    pub invert: bool,
    pub source: Option<IpNet>,
    pub destination: Option<IpNet>,
    pub tos: u8,
    /// Name of the incoming interface; `lo` means sent by this host.
    pub iif: Option<String>,
    pub oif: Option<String>,
    /// Value and mask.
    pub mark: Option<(u32, u32)>,
    pub protocol: Option<u8>,
    pub source_ports: Option<(u16, u16)>,
    pub destination_ports: Option<(u16, u16)>,
    pub uids: Option<(u32, u32)>,
    pub l3mdev: bool,
    pub suppress_prefix_length: Option<u32>,
    pub suppress_group: Option<u32>,
    pub action: PolicyAction,
    /// Names of attributes that are not understood.
    pub opaque: Vec<String>,
}

/// A socket that takes packets from anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListeningSocket {
    /// IPPROTO_*: 6 or 17.
    pub protocol: u8,
    pub address: IpAddr,
    pub port: u16,
    /// An IPv6 socket that does not take IPv4 packets.
    pub v6only: bool,
    /// Index of the interface it is bound to.
    pub device: Option<u32>,
    pub uid: u32,
    pub inode: u32,
    /// Set for a connected UDP socket, which takes packets of one peer only.
    pub peer: Option<(IpAddr, u16)>,
    /// Connections that wait for the program to accept them, and how many may; none where that is not known.
    pub queue: Option<(u32, u32)>,
}

impl ListeningSocket {
    /// Whether new connections are refused for want of room (`sk_acceptq_is_full`).
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.queue.is_some_and(|(waiting, room)| waiting > room)
    }
}
