//! Collecting from the running kernel: a network namespace with a bit of everything is built with the system's own tools and read back.

use std::net::{TcpListener, UdpSocket};

use clearway::{
    collect::{Live, Options, collect, namespace},
    network::{Network, RouteKind, decode::decode},
    snapshot::Snapshot,
    world::{Answer, Question, World as _},
};

mod harness;
mod netns;
use harness::{Needs, Test, tests};
use netns::Namespace;

const TESTS: &[Test] = tests![
    Needs::Namespaces;
    surroundings_are_read_whole,
    small_sets_are_read_and_big_ones_asked,
    sets_are_read_whole_while_rules_change,
    many_small_sets_are_read_whole,
    long_rules_are_not_lost,
    without_privilege_the_rest_is_still_collected,
];

fn main() {
    harness::main(&[TESTS]);
}

fn network(snapshot: &Snapshot) -> Network {
    let network = decode(snapshot);
    assert!(network.incomplete.is_empty(), "{:?}", network.incomplete);
    network
}

fn surroundings_are_read_whole() {
    let namespace = Namespace::new("net");
    namespace.shell(
        "ip link set lo up
         ip link add eth1 type veth peer name far1
         ip link add eth2.5 type veth peer name far2
         ip link add br0 type bridge
         ip link property add dev eth1 altname wan-uplink
         ip link set far1 master br0
         for i in eth1 far1 eth2.5 far2 br0; do ip link set $i up; done
         ip addr add 192.0.2.1/24 dev eth1
         ip addr add 192.0.2.2/24 dev eth1
         ip addr add 10.9.0.1 peer 10.9.0.2/32 dev eth2.5
         ip -6 addr add 2001:db8::1/64 dev eth1 nodad
         ip route add default via 192.0.2.254
         ip route add 203.0.113.0/24 via 192.0.2.253 table 100 metric 7
         ip route add blackhole 198.51.100.0/24
         ip route add 10.1.0.0/16 nexthop via 192.0.2.10 weight 2 nexthop via 192.0.2.11 dev eth1
         ip nexthop add id 1 via 192.0.2.20 dev eth1
         ip nexthop add id 2 via 192.0.2.21 dev eth1
         ip nexthop add id 3 group 1/2,3 || ip nexthop add id 3 group 1/2
         ip route add 10.2.0.0/16 nhid 1
         ip route add 10.3.0.0/16 nhid 3
         ip -6 route add 2001:db8:5::/48 via 2001:db8::9
         ip rule add from 10.0.0.0/8 fwmark 0x1/0xff iif eth1 ipproto tcp dport 80-90 lookup 100 priority 50
         ip rule add not to 192.0.2.0/24 priority 60 lookup main suppress_prefixlength 0
         ip rule add to 203.0.113.9 priority 70 prohibit
         ip -6 rule add from 2001:db8::/32 lookup 200 priority 80
         sysctl -qw net.ipv4.conf.eth1.rp_filter=2 net.ipv4.ip_forward=1",
    );
    let snapshot = namespace.collect(false);
    let _inside = TcpListener::bind("192.0.2.1:8080").expect("this thread is in the namespace now");
    let _udp = UdpSocket::bind("[::]:5353").expect("a UDP socket");
    let connected = UdpSocket::bind("192.0.2.1:4000").expect("a UDP socket");
    connected.connect("192.0.2.7:5000").expect("a peer");
    let snapshot = Snapshot { missing: snapshot.missing, ..namespace.collect(false) };
    assert!(snapshot.missing.is_empty(), "{:?}", snapshot.missing);
    assert!(!snapshot.kernel.is_empty() && !snapshot.host.is_empty());
    assert_eq!(snapshot.sysctls["net/ipv4/conf/eth1/rp_filter"], "2");
    assert_eq!(snapshot.sysctls["net/ipv4/conf/eth2.5/forwarding"], "1");
    assert_eq!(snapshot.sysctls["net/ipv4/ip_forward"], "1");

    let network = network(&snapshot);
    let link = |name: &str| network.links.iter().find(|link| link.name == name).expect("the link is there");
    let eth1 = link("eth1");
    assert!(eth1.up && !eth1.loopback && eth1.mac.is_some());
    assert_eq!((eth1.kind.as_deref(), eth1.hardware), (Some("veth"), 1));
    assert_eq!(eth1.alternative_names, ["wan-uplink"]);
    assert_eq!(link("far1").master, Some(link("br0").index));
    assert!(link("lo").loopback);

    let addresses: Vec<_> = network.addresses.iter().filter(|address| address.link == eth1.index && address.scope == 0).collect();
    assert_eq!(addresses[0].local.to_string(), "192.0.2.1/24");
    assert_eq!((addresses[1].local.to_string().as_str(), addresses[1].flags & 1), ("192.0.2.2/24", 1));
    assert_eq!(addresses[2].local.to_string(), "2001:db8::1/64");
    let peer = network.addresses.iter().find(|address| address.link == link("eth2.5").index && address.peer.is_some()).expect("a peer");
    assert_eq!((peer.local.to_string(), peer.peer.map(|peer| peer.to_string())), ("10.9.0.1/32".into(), Some("10.9.0.2/32".into())));

    let route = |to: &str| network.routes.iter().find(|route| route.destination.to_string() == to).expect("the route is there");
    assert_eq!(route("0.0.0.0/0").nexthops[0].gateway, Some("192.0.2.254".parse().expect("an address")));
    assert_eq!((route("203.0.113.0/24").table, route("203.0.113.0/24").metric), (100, 7));
    assert_eq!((route("198.51.100.0/24").kind, route("198.51.100.0/24").nexthops.len()), (RouteKind::Blackhole, 0));
    assert_eq!(route("10.1.0.0/16").nexthops.iter().map(|hop| hop.weight).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(route("10.2.0.0/16").nexthops[0].gateway, Some("192.0.2.20".parse().expect("an address")));
    let group = &route("10.3.0.0/16").nexthops;
    assert_eq!(group.iter().map(|hop| hop.weight).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(group[1].gateway, Some("192.0.2.21".parse().expect("an address")));
    assert_eq!(route("2001:db8:5::/48").nexthops[0].link, eth1.index);
    assert!(network.routes.iter().any(|route| route.table == 255 && route.kind == RouteKind::Local));
    assert!(network.routes.iter().all(|route| route.opaque.is_empty()), "{:?}", network.routes);

    let rule = |priority: u32| network.rules.iter().find(|rule| rule.priority == priority).expect("the rule is there");
    let marked = rule(50);
    assert_eq!((marked.mark, marked.iif.as_deref(), marked.protocol), (Some((1, 255)), Some("eth1"), Some(6)));
    assert_eq!((marked.destination_ports, marked.source.map(|net| net.to_string())), (Some((80, 90)), Some("10.0.0.0/8".into())));
    assert_eq!(marked.action, clearway::network::PolicyAction::Table(100));
    assert_eq!((rule(60).invert, rule(60).suppress_prefix_length), (true, Some(0)));
    assert_eq!(rule(70).action, clearway::network::PolicyAction::Prohibit);
    assert_eq!((rule(80).ip_version, rule(32766).suppress_prefix_length), (6, None));
    assert!(network.rules.iter().all(|rule| rule.opaque.is_empty()), "{:?}", network.rules);

    let socket = |port: u16| network.sockets.iter().find(|socket| socket.port == port).expect("the socket is there");
    assert_eq!((socket(8080).protocol, socket(8080).address.to_string()), (6, "192.0.2.1".into()));
    assert_eq!((socket(5353).protocol, socket(5353).v6only), (17, false));
    assert_eq!(socket(4000).peer.map(|(address, port)| (address.to_string(), port)), Some(("192.0.2.7".into(), 5000)));
    let owner = snapshot.owners.iter().find(|owner| owner.inode == socket(8080).inode).expect("an owner");
    assert_eq!((owner.pid, owner.uid), (std::process::id(), 0));
    assert!(owner.executable.as_deref().is_some_and(|path| path.contains("collect")) && owner.user.as_deref() == Some("root"));
}

fn small_sets_are_read_and_big_ones_asked() {
    let namespace = Namespace::new("nft");
    let big: Vec<String> = (0..6000u32).map(|n| format!("10.{}.{}.0/24", n / 200, n % 200)).collect();
    namespace.nft(&format!(
        "table inet t {{
            set small {{ type inet_service; elements = {{ 80, 443 }} }}
            set big {{ type ipv4_addr; flags interval; elements = {{ {} }} }}
            map m {{ type inet_service : verdict; elements = {{ 22 : accept, * : drop }} }}
            counter c {{ }}
            chain input {{ type filter hook input priority 0; policy drop; tcp dport {{ 80, 81 }} counter accept; ip saddr @big drop; }}
         }}",
        big.join(", ")
    ));
    let snapshot = namespace.collect(false);
    assert!(snapshot.missing.is_empty(), "{:?}", snapshot.missing);
    let nft = &snapshot.nft;
    assert_eq!((nft.tables.iter().count(), nft.chains.iter().count(), nft.rules.iter().count()), (1, 1, 2));
    assert_eq!((nft.sets.iter().count(), nft.objects.iter().count()), (4, 1));
    let whole: Vec<_> = nft.elements.iter().map(|elements| (elements.set.as_str(), elements.whole)).collect();
    assert_eq!(whole, [("small", true), ("big", false), ("m", true), ("__set0", true)]);
    assert!(nft.elements[1].messages.0.is_empty() && nft.elements.iter().all(|elements| elements.family == 1 && elements.table == "t"));
    assert!(namespace.collect(true).nft.elements.iter().all(|elements| elements.whole && !elements.messages.0.is_empty()));

    namespace::enter(&namespace.0).expect("the namespace is there");
    let live = Live::new();
    let ask = |set: &str, key: &[u8]| live.ask(&Question::NftSetHolds { family: 1, table: "t".into(), set: set.into(), key: key.into() });
    assert!(matches!(ask("big", &[10, 3, 7, 9]), Answer::Element(_)));
    assert_eq!(ask("big", &[10, 3, 200, 9]), Answer::Truth(false));
    assert_eq!(ask("big", &[10, 3, 200, 9]), Answer::Truth(false));
    assert!(matches!(ask("m", &[0, 23]), Answer::Element(_)), "the catch-all element holds every key");
    assert!(matches!(ask("big", &[10, 3]), Answer::Unknown(_)));
    assert_eq!(live.answers().len(), 4);
    assert!(live.is_still(nft.generation));
    namespace.nft("delete table inet t");
    assert!(!live.is_still(nft.generation));
    assert!(matches!(ask("big", &[10, 3, 201, 9]), Answer::Unknown(why) if why.contains("big is gone")), "no set is not an empty set");
}

/// A dump of elements that a change interrupts is begun again, and counted from nothing.
fn sets_are_read_whole_while_rules_change() {
    let namespace = Namespace::new("restless");
    let elements: Vec<String> = (0..4000u32).map(|n| format!("10.{}.{}.1", n / 200, n % 200)).collect();
    namespace.nft(&format!("table ip t {{\nset s {{ type ipv4_addr\nelements = {{ {} }}\n}}\n}}", elements.join(", ")));
    let done = std::sync::atomic::AtomicBool::new(false);
    let read: Vec<Snapshot> = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                namespace.nft("add table ip x\ndelete table ip x");
            }
        });
        let mut read = vec![namespace.collect(false)];
        let mut moved = 0;
        while moved < 20 && read.len() < 2000 {
            let next = namespace.collect(false);
            moved += usize::from(read.last().is_some_and(|last| last.nft.generation != next.nft.generation));
            read.push(next);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        read
    });
    for snapshot in read.iter().filter(|snapshot| snapshot.missing.is_empty()) {
        let elements = &snapshot.nft.elements;
        assert!(elements.len() == 1 && elements[0].whole && elements[0].messages.0.len() > 4000 * 16, "{}", elements.len());
    }
    let of_one_state = |snapshot: &&Snapshot| snapshot.missing.is_empty();
    assert!(read.first().map(|first| first.nft.generation) != read.last().map(|last| last.nft.generation), "the rules did not change");
    assert!(read.iter().filter(of_one_state).count() > 1, "never read in one state");
}

/// With many sets, dumps are closed as soon as they are complete, which must lose nothing.
fn many_small_sets_are_read_whole() {
    let namespace = Namespace::new("many");
    let rules: Vec<String> = (0..700).map(|n| format!("tcp dport {{ {}, {} }} accept", n + 1, n + 2)).collect();
    let wide: Vec<String> = (0..1000).map(|n| format!("10.1.{}.{}", n / 250, n % 250)).collect();
    namespace.nft(&format!(
        "table ip t {{\nset wide {{ type ipv4_addr\nelements = {{ {} }}\n}}\nset none {{ type ipv4_addr; }}\nchain c {{\n{}\n}}\n}}",
        wide.join(", "),
        rules.join("\n")
    ));
    let elements = namespace.collect(false).nft.elements;
    assert_eq!(elements.len(), 702);
    assert!(elements.iter().all(|set| set.whole), "all are small");
    // Header, nfgenmsg, names of the table and the set, and two elements of 16 bytes each in a list.
    assert!(elements[2..].iter().all(|set| (76..=80).contains(&set.messages.0.len())));
    assert!(elements[0].messages.0.len() >= 1000 * 16);
    assert!(elements[1].messages.0.len() < 100);
}

/// The kernel's first datagram is small unless it saw a big buffer before, and a rule that does not fit would end the dump.
fn long_rules_are_not_lost() {
    let namespace = Namespace::new("long");
    let long = "counter ip saddr 10.0.0.0/9 ".repeat(30);
    namespace.nft(&format!("table ip t {{\nchain c {{\n{long} accept\ncounter drop\n}}\n}}"));
    assert_eq!(namespace.collect(false).nft.rules.iter().count(), 2);
}

fn without_privilege_the_rest_is_still_collected() {
    let namespace = Namespace::new("nobody");
    namespace::enter(&namespace.0).expect("the namespace is there");
    let outcome = std::thread::spawn(|| {
        clearway::collect::privileges::capabilities::drop(true).expect("giving up is always allowed");
        let kept = collect(&Options::default()).expect("no namespace to enter");
        caps::clear(None, caps::CapSet::Effective).expect("giving up is always allowed");
        caps::clear(None, caps::CapSet::Permitted).expect("giving up is always allowed");
        (kept, collect(&Options::default()).expect("no namespace to enter"), namespace::enter("1"))
    });
    let (kept, bare, entered) = outcome.join().expect("no panic");
    assert!(!kept.missing.iter().any(|missing| missing.what == "nf_tables rules"), "{:?}", kept.missing);
    let rules = bare.missing.iter().find(|missing| missing.what == "nf_tables rules").expect("it is missing");
    assert!(rules.decisive && rules.why.contains("CAP_NET_ADMIN"));
    assert!(!bare.links.0.is_empty() && !bare.routes.0.is_empty() | bare.addresses.0.is_empty());
    let error = entered.expect_err("no privilege").to_string();
    assert!(error.contains("CAP_SYS_"), "{error}");
}
