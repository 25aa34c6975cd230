//! What can stop a proxy's traffic on its own host, each with the shell commands that bring it about in the gateway's namespace.

/// One of the upstreams that every proxy of these tests has: a port of the proxy leads to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    /// On the next host.
    Far,
    /// The same host by IPv6.
    Far6,
    /// On the gateway, reached by `lo`.
    Loopback,
    /// On the gateway, by an address that is not 127.0.0.1.
    Own,
    /// Only `[::1]` listens there.
    OtherFamily,
    /// Nothing listens there.
    Nothing,
    /// It listens, but at another address of the gateway.
    Elsewhere,
    /// No route leads there.
    Unroutable,
}

impl Upstream {
    pub const ALL: [Self; 8] =
        [Self::Far, Self::Far6, Self::Loopback, Self::Own, Self::OtherFamily, Self::Nothing, Self::Elsewhere, Self::Unroutable];

    /// As configurations and reports write it.
    pub const fn address(self) -> &'static str {
        match self {
            Self::Far => "10.77.0.2:8080",
            Self::Far6 => "[fd77::2]:8080",
            Self::Loopback => "127.0.0.1:9000",
            Self::Own => "10.77.0.1:9001",
            Self::OtherFamily => "127.0.0.1:9002",
            Self::Nothing => "127.0.0.1:9003",
            Self::Elsewhere => "10.77.0.1:9004",
            Self::Unroutable => "10.99.0.1:8080",
        }
    }

    /// The proxy's port that leads to it.
    pub const fn port(self) -> u16 {
        8000 + self as u16
    }
}

/// Something that stops packets, or nearly does.
pub struct Condition {
    pub name: &'static str,
    pub upstream: Upstream,
    /// Commands in the gateway's namespace. Its words are those of [`FUNCTIONS`].
    pub commands: &'static str,
    /// The code of the first finding about the upstream; none if there must be none.
    pub code: Option<&'static str>,
    /// False if it is decided by chance or by an earlier packet, so that one request tells nothing.
    pub certain: bool,
    /// False if no accept rule would help.
    pub mendable: bool,
}

const fn stops(name: &'static str, upstream: Upstream, commands: &'static str, code: &'static str) -> Condition {
    Condition { name, upstream, commands, code: Some(code), certain: true, mendable: true }
}

const fn passes(name: &'static str, upstream: Upstream, commands: &'static str) -> Condition {
    Condition { name, upstream, commands, code: None, certain: true, mendable: true }
}

/// Words of which the conditions are made: a rule in a base chain, a base chain that drops what it does not accept, and what such a chain
/// usually accepts.
pub const FUNCTIONS: &str = "
table() { nft add table inet t; }
chain() { nft \"add chain inet t $1 { type ${2:-filter} hook $1 priority ${3:-0}; policy ${4:-accept}; }\"; }
rule() { table; hook=$1; shift; chain $hook; nft add rule inet t $hook \"$@\"; }
only() { table; hook=$1; shift; chain $hook filter 0 drop; for text in \"$@\"; do nft add rule inet t $hook \"$text\"; done; }
";

use Upstream::{Elsewhere, Far, Far6, Loopback, Nothing, OtherFamily, Own, Unroutable};

pub const CONDITIONS: &[Condition] = &[
    passes("nothing", Far, "true"),
    stops("output drop", Far, "rule output tcp dport 8080 drop", "upstream-blocked"),
    stops("reply dropped", Far, "rule input tcp sport 8080 drop", "reply-blocked"),
    stops("output policy", Far, "only output 'oifname lo accept' 'tcp dport 80 accept'", "upstream-blocked"),
    stops("wrong prefix", Far, "only output 'oifname lo accept' 'ip daddr 10.77.0.0/31 tcp dport 8080 accept'", "upstream-blocked"),
    stops("no established", Far, "only input 'iifname lo accept' 'tcp dport 8000 accept'", "reply-blocked"),
    passes("established", Far, "only input 'iifname lo accept' 'ct state established,related accept'"),
    stops("reset", Far, "rule output tcp dport 8080 reject with tcp reset", "upstream-blocked"),
    stops("host prohibited", Far, "rule output tcp dport 8080 reject with icmp type host-prohibited", "upstream-blocked"),
    stops("host unreachable", Far, "rule output tcp dport 8080 reject with icmp type host-unreachable", "upstream-blocked"),
    stops("admin prohibited", Far, "rule output tcp dport 8080 reject with icmp type admin-prohibited", "upstream-blocked"),
    stops("net unreachable", Far, "rule output tcp dport 8080 reject with icmp type net-unreachable", "upstream-blocked"),
    stops("net prohibited", Far, "rule output tcp dport 8080 reject with icmp type net-prohibited", "upstream-blocked"),
    stops("port unreachable", Far, "rule output tcp dport 8080 reject with icmp type port-unreachable", "upstream-blocked"),
    stops("protocol unreachable", Far, "rule output tcp dport 8080 reject with icmp type prot-unreachable", "upstream-blocked"),
    stops(
        "a reject whose answer is dropped",
        Far,
        "rule output tcp dport 8080 reject with icmp type host-prohibited; rule input icmp type destination-unreachable drop",
        "upstream-blocked",
    ),
    stops("only the first packet", Far, "rule output tcp dport 8080 tcp flags ! syn drop", "reply-blocked"),
    stops("data dropped", Far, "rule output tcp dport 8080 meta length gt 100 drop", "sometimes-blocked"),
    stops("new dropped", Far, "rule output tcp dport 8080 ct state new drop", "upstream-blocked"),
    stops("postrouting drop", Far, "rule postrouting tcp dport 8080 drop", "upstream-blocked"),
    Condition {
        mendable: false,
        ..stops(
            "reply dropped before conntrack",
            Far,
            "table; chain prerouting filter -300; nft add rule inet t prerouting tcp sport 8080 drop",
            "reply-blocked",
        )
    },
    Condition {
        mendable: false,
        ..stops(
            "untracked, and only established replies",
            Far,
            "table; chain output filter -300; nft add rule inet t output tcp dport 8080 notrack; only input 'iifname lo accept' 'ct state established accept'",
            "reply-blocked",
        )
    },
    stops("by user", Far, "rule output meta skuid nobody tcp dport 8080 drop", "upstream-blocked"),
    passes("another user", Far, "rule output meta skuid games tcp dport 8080 drop"),
    passes("logged and counted", Far, "rule output tcp dport 8080 counter log accept"),
    stops("prohibit", Far, "ip route add prohibit 10.77.0.2/32", "route-drop"),
    stops("blackhole", Far, "ip route add blackhole 10.77.0.2/32", "route-drop"),
    stops("unreachable", Far, "ip route add unreachable 10.77.0.2/32", "route-drop"),
    stops("no route", Unroutable, "true", "route-drop"),
    stops("policy rule", Far, "ip rule add to 10.77.0.2 prohibit", "route-drop"),
    stops("IPv6 drop", Far6, "rule output tcp dport 8080 drop", "upstream-blocked"),
    stops("IPv6 reset", Far6, "rule output tcp dport 8080 reject with tcp reset", "upstream-blocked"),
    stops("IPv6 address unreachable", Far6, "rule output tcp dport 8080 reject with icmpv6 type addr-unreachable", "upstream-blocked"),
    stops("IPv6 prohibited", Far6, "rule output tcp dport 8080 reject with icmpv6 type admin-prohibited", "upstream-blocked"),
    stops("IPv6 no route", Far6, "rule output tcp dport 8080 reject with icmpv6 type no-route", "upstream-blocked"),
    stops("IPv6 port unreachable", Far6, "rule output tcp dport 8080 reject with icmpv6 type port-unreachable", "upstream-blocked"),
    stops("IPv4 only", Far6, "only input 'iifname lo accept' 'meta nfproto ipv4 accept' 'icmpv6 type != 0 accept'", "reply-blocked"),
    stops(
        "no neighbour discovery",
        Far6,
        "only input 'iifname lo accept' 'ct state established,related accept'; ip -6 neigh flush dev v0",
        "neighbour-discovery-blocked",
    ),
    stops("loopback drop", Loopback, "rule input iifname lo tcp dport 9000 drop", "loopback-blocked"),
    stops("no loopback", Loopback, "only input 'ct state established accept' 'tcp dport 8000-8010 accept'", "loopback-blocked"),
    stops("loopback reject", Loopback, "rule output tcp dport 9000 reject with tcp reset", "loopback-blocked"),
    stops("only 127.0.0.1", Own, "only input 'ct state established accept' 'ip daddr 127.0.0.1 accept'", "own-address-blocked"),
    stops("by interface, not lo", Own, "only output 'oifname v0 accept' 'ip daddr 127.0.0.1 accept'", "own-address-blocked"),
    stops("no listener", Nothing, "true", "no-listener"),
    stops("other family", OtherFamily, "true", "listener-elsewhere"),
    stops("other address", Elsewhere, "true", "listener-elsewhere"),
    Condition {
        certain: false,
        ..stops("rate limit", Far, "rule output tcp dport 8080 limit rate over 1/minute burst 5 packets drop", "rate-limit-on-proxy")
    },
];

/// Undoes them all.
pub const UNDO: &str =
    "set +e; nft delete table inet t 2>/dev/null; for kind in prohibit blackhole unreachable; do ip route del $kind 10.77.0.2/32; done
ip route del 10.77.0.2/32; ip rule del to 10.77.0.2; true";
