//! What a flow needs besides its own packets, held against the kernel: real connections fail where clearway says that address resolution or
//! messages about the size of packets are stopped, and get through once its fix is made.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

use clearway::collect::namespace;
use serde_json::Value;

mod harness;
mod netns;
use harness::{Needs, Test, tests};
use netns::Namespace;

const TESTS: &[Test] = tests![
    Needs::Namespaces;
    neighbour_discovery_that_comes_in_is_needed,
    neighbour_discovery_that_goes_out_is_needed,
    neighbours_set_by_hand_need_no_discovery,
    arp_is_needed,
    size_messages_to_this_host_are_needed,
    size_messages_are_needed_through_masquerade,
];

fn main() {
    harness::main(&[TESTS]);
}

/// No route to host.
const NO_ROUTE: i32 = 113;
/// Connection timed out.
const TIMED_OUT: i32 = 110;

/// More than any window and buffer of a fresh connection holds back.
const MUCH: usize = 400_000;

/// Two hosts on a link: `host` has 10.9.0.1 and fd09::1, `peer` 10.9.0.2 and fd09::2.
fn neighbours(purpose: &str) -> (Namespace, Namespace) {
    let host = Namespace::new(&format!("{purpose}h"));
    let peer = Namespace::new(&format!("{purpose}p"));
    connect((&host, "e0", "10.9.0.1/24", "fd09::1/64"), (&peer, "e0", "10.9.0.2/24", "fd09::2/64"));
    (host, peer)
}

/// Connects two namespaces by interfaces with these names and addresses.
fn connect(one: (&Namespace, &str, &str, &str), other: (&Namespace, &str, &str, &str)) {
    one.0.shell(&format!("ip link add {} type veth peer name {} netns {}", one.1, other.1, other.0.0));
    for (namespace, name, four, six) in [one, other] {
        namespace.shell(&format!(
            "sysctl -qw net.ipv6.conf.{name}.accept_dad=0 net.ipv6.neigh.{name}.retrans_time_ms=150 net.ipv4.neigh.{name}.retrans_time_ms=150
             ip link set lo up
             ip link set {name} up
             ip addr add {four} dev {name}
             ip -6 addr add {six} dev {name} nodad"
        ));
    }
}

/// Runs something in a namespace.
fn within<T: Send + 'static>(place: &Namespace, work: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    let name = place.0.clone();
    thread::spawn(move || {
        namespace::enter(&name).expect("the namespace is there");
        work()
    })
}

/// A server that sends much to whoever connects, or takes much.
fn serve(place: &Namespace, port: u16) {
    let listener = within(place, move || TcpListener::bind(("::", port)).expect("a free port")).join().expect("a listener");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drop((&stream).write_all(&vec![0; MUCH])));
            // Held open: a reset would tell more than a path does.
        }
    });
}

/// Connects from a namespace: the error number if that fails, else how much arrives before it stands still.
fn download(from: &Namespace, to: &str) -> Result<usize, i32> {
    let to: SocketAddr = to.parse().expect("an address");
    let fetch = move || {
        let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(5))
            .map_err(|error| error.raw_os_error().unwrap_or(if error.kind() == ErrorKind::TimedOut { 110 } else { 0 }))?;
        stream.set_read_timeout(Some(Duration::from_millis(1500))).expect("a timeout");
        let mut got = 0;
        let mut room = vec![0; 65536];
        while got < MUCH {
            match stream.read(&mut room) {
                Ok(0) | Err(_) => break,
                Ok(more) => got += more,
            }
        }
        Ok(got)
    };
    within(from, fetch).join().expect("a download")
}

/// The audit of a namespace.
fn audit(place: &Namespace, flows: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clearway"));
    command.args(["audit", "--format", "json", "--netns", &place.0]);
    for flow in flows {
        command.args(["--flow", flow]);
    }
    let output = command.output().expect("clearway runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The findings of a kind about an IP version, and that they name a rule.
fn findings(report: &Value, code: &str, ip: u8) -> Vec<Value> {
    let all = report["findings"].as_array().expect("findings");
    let found: Vec<Value> = all.iter().filter(|finding| finding["code"] == code && finding["ip"] == ip).cloned().collect();
    for finding in &found {
        assert_eq!(finding["rule"]["backend"], "nf_tables", "{finding:#}");
        assert_eq!(finding["confidence"], "certain", "{finding:#}");
    }
    found
}

/// Makes the proved fix of a finding.
fn fix(place: &Namespace, finding: &Value) {
    let commands = finding["fixes"][0]["commands"].as_array().unwrap_or_else(|| panic!("a fix: {finding:#}"));
    for command in commands {
        // As a shell has it: nft takes its words from several arguments, but braces and semicolons are the shell's.
        let words = command.as_str().and_then(|command| command.strip_prefix("nft ")).expect("a command of nft's");
        place.shell(&format!("nft '{words}'"));
    }
}

fn neighbour_discovery_that_comes_in_is_needed() {
    let (host, peer) = neighbours("ndi");
    host.nft(
        "table inet f { chain i { type filter hook input priority 0; policy drop;
            icmpv6 type nd-neighbor-solicit ct state untracked counter comment \"untracked\"
            icmpv6 type nd-neighbor-solicit ct state { new, established, related, invalid } counter comment \"tracked\"
            iifname lo accept
            ct state new,established,related accept
        }\n}\n",
    );
    serve(&host, 80);
    assert_eq!(download(&peer, "[fd09::1]:80"), Err(NO_ROUTE));
    assert_eq!(download(&peer, "10.9.0.1:80"), Ok(MUCH), "ARP passes no chain of inet");
    host.shell("nft list ruleset | grep -E 'packets [1-9].*\"untracked\"'; ! nft list ruleset | grep -E 'packets [1-9].*\"tracked\"'");
    let report = audit(&host, &[]);
    assert!(findings(&report, "neighbour-discovery-blocked", 4).is_empty());
    let found = findings(&report, "neighbour-discovery-blocked", 6);
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["symptom"]["errno"], NO_ROUTE);
    assert_eq!(found[0]["evidence"][0]["packet"], "neighbour asks");
    fix(&host, &found[0]);
    assert_eq!(download(&peer, "[fd09::1]:80"), Ok(MUCH));
    assert!(findings(&audit(&host, &[]), "neighbour-discovery-blocked", 6).is_empty());
}

fn neighbour_discovery_that_goes_out_is_needed() {
    let (host, peer) = neighbours("ndo");
    host.nft(
        "table ip6 f { chain o { type filter hook output priority 0; policy drop; tcp dport 81 accept
        }\n}\n",
    );
    serve(&peer, 81);
    let flow = "tcp local -> [fd09::2]:81";
    assert_eq!(download(&host, "[fd09::2]:81"), Err(TIMED_OUT));
    let found = findings(&audit(&host, &[flow]), "neighbour-discovery-blocked", 6);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["symptom"]["errno"], TIMED_OUT);
    assert_eq!(found[0]["evidence"][0]["packet"], "host asks");
    fix(&host, &found[0]);
    assert_eq!(download(&host, "[fd09::2]:81"), Ok(MUCH));
    assert!(findings(&audit(&host, &[flow]), "neighbour-discovery-blocked", 6).is_empty());
}

fn neighbours_set_by_hand_need_no_discovery() {
    let (host, peer) = neighbours("ndp");
    host.nft(
        "table ip6 f {
            chain o { type filter hook output priority 0; policy drop; tcp dport 81 accept
            }
            chain i { type filter hook input priority 0; policy drop; tcp sport 81 accept
            }\n}\n",
    );
    serve(&peer, 81);
    let flow = "tcp local -> [fd09::2]:81";
    assert_eq!(findings(&audit(&host, &[flow]), "neighbour-discovery-blocked", 6).len(), 1);
    host.shell("ip link set e0 address 02:00:00:00:00:01; ip -6 neigh replace fd09::2 dev e0 lladdr 02:00:00:00:00:02 nud permanent");
    peer.shell("ip link set e0 address 02:00:00:00:00:02; ip -6 neigh replace fd09::1 dev e0 lladdr 02:00:00:00:00:01 nud permanent");
    assert_eq!(download(&host, "[fd09::2]:81"), Ok(MUCH));
    let report = audit(&host, &[flow]);
    assert!(findings(&report, "neighbour-discovery-blocked", 6).is_empty(), "{report:#}");
}

fn arp_is_needed() {
    let (host, peer) = neighbours("arp");
    host.nft(
        "table arp f { chain i { type filter hook input priority 0; policy drop; arp saddr ip 10.9.0.7 accept; arp operation reply accept
        }\n}\n",
    );
    serve(&host, 80);
    serve(&peer, 81);
    assert_eq!(download(&peer, "10.9.0.1:80"), Err(NO_ROUTE));
    assert_eq!(download(&host, "10.9.0.2:81"), Ok(MUCH), "this host's own questions are answered");
    host.shell("ip neigh flush dev e0");
    peer.shell("ip neigh flush dev e0");
    let report = audit(&host, &["tcp 10.9.0.2 -> 10.9.0.1:80", "tcp local -> 10.9.0.2:81"]);
    let found = findings(&report, "neighbour-discovery-blocked", 4);
    let of = |flow: &str| found.iter().find(|finding| finding["flow"] == flow);
    assert!(of("tcp local -> 10.9.0.2:81").is_none(), "{report:#}");
    let found = of("tcp 10.9.0.2 -> 10.9.0.1:80").expect("it is found");
    assert_eq!(found["rule"]["family"], "arp");
    fix(&host, found);
    assert_eq!(download(&peer, "10.9.0.1:80"), Ok(MUCH));
    assert!(findings(&audit(&host, &[]), "neighbour-discovery-blocked", 4).is_empty());
}

/// A client behind a router whose link to it is narrow, though neither end knows.
fn behind_a_narrow_link(host: &Namespace, purpose: &str) -> (Namespace, Namespace) {
    let router = Namespace::new(&format!("{purpose}r"));
    let client = Namespace::new(&format!("{purpose}c"));
    connect((host, "e0", "10.9.0.1/24", "fd09::1/64"), (&router, "e0", "10.9.0.254/24", "fd09::fe/64"));
    connect((&router, "e1", "10.8.0.254/24", "fd08::fe/64"), (&client, "e0", "10.8.0.2/24", "fd08::2/64"));
    router.shell("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; ip link set e1 mtu 1300");
    host.shell("ip route add default via 10.9.0.254; ip -6 route add default via fd09::fe");
    client.shell("ip route add default via 10.8.0.254; ip -6 route add default via fd08::fe");
    (router, client)
}

fn size_messages_to_this_host_are_needed() {
    let host = Namespace::new("pmh");
    let (_router, client) = behind_a_narrow_link(&host, "pm");
    host.nft(
        "table inet f { chain i { type filter hook input priority 0; policy drop;
            icmp code frag-needed ct state related counter comment \"related 4\"
            icmpv6 type packet-too-big ct state related counter comment \"related 6\"
            iifname lo accept
            icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
            ct state new,established accept
        }\n}\n",
    );
    serve(&host, 80);
    for (to, ip) in [("10.9.0.1:80", 4), ("[fd09::1]:80", 6)] {
        let got = download(&client, to).expect("it connects");
        assert!(got < MUCH, "{got} bytes arrive though nobody says that packets are too big");
        host.shell(&format!("nft list ruleset | grep -E 'packets [1-9].*\"related {ip}\"'"));
        let report = audit(&host, &[]);
        let found = findings(&report, "path-mtu-black-hole", ip);
        assert_eq!(found.len(), 1, "{report:#}");
        fix(&host, &found[0]);
        assert_eq!(download(&client, to), Ok(MUCH));
        assert!(findings(&audit(&host, &[]), "path-mtu-black-hole", ip).is_empty());
    }
}

fn size_messages_are_needed_through_masquerade() {
    let host = Namespace::new("pfh");
    let (_router, client) = behind_a_narrow_link(&host, "pf");
    let server = Namespace::new("pfs");
    connect((&host, "e1", "10.7.0.254/24", "fd07::fe/64"), (&server, "e0", "10.7.0.2/24", "fd07::2/64"));
    server.shell("ip route add default via 10.7.0.254");
    host.shell("sysctl -qw net.ipv4.ip_forward=1");
    host.nft(
        "table ip f {
            chain p { type nat hook postrouting priority 100; oifname e0 masquerade
            }
            chain f { type filter hook forward priority 0; policy drop; ct state established accept; iifname e1 accept
            }\n}\n",
    );
    // The one inside sends much to the one outside, who listens.
    let upload = |from: &Namespace| {
        let listener = within(&client, || TcpListener::bind("10.8.0.2:0").expect("a free port")).join().expect("a listener");
        let to = listener.local_addr().expect("bound");
        let sent = within(from, move || {
            let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(5)).expect("it connects");
            thread::spawn(move || drop(stream.write_all(&vec![0; MUCH])));
        });
        let (mut stream, _) = listener.accept().expect("a connection");
        sent.join().expect("sent");
        stream.set_read_timeout(Some(Duration::from_millis(1500))).expect("a timeout");
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got);
        got.len()
    };
    assert!(upload(&server) < MUCH, "nobody says that packets are too big");
    let flow = "tcp 10.7.0.2 -> 10.8.0.2:9000";
    let found = findings(&audit(&host, &[flow]), "path-mtu-black-hole", 4);
    // The connection that stands still is seen as well.
    assert!(!found.is_empty());
    assert_eq!(found[0]["evidence"][0]["packet"], "too big back");
    fix(&host, &found[0]);
    assert_eq!(upload(&server), MUCH);
    assert!(findings(&audit(&host, &[flow]), "path-mtu-black-hole", 4).is_empty());
}
