//! Sets of every type that this kernel has: rules over them, packets that match and packets that do not.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::judge::{judge, texts};
use crate::compare::clearway::trace;
use crate::harness::{Needs, Test, tests};
use crate::lab::{
    Lab,
    iptables::{BACKENDS, Place, VERSIONS, Version},
};
use crate::packet::{Body, Fragment, Packet, SYN, icmp, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    bitmaps,
    addresses,
    ports_of_all_protocols,
    the_most_specific_network_decides,
    networks_with_ports_and_addresses,
    interfaces,
    lists,
    sides_and_versions,
    timeouts,
    counters,
    packets_change_sets,
    packets_take_marks,
];

/// Sets, and rules with how many of the packets match each.
struct Fact<'f> {
    sets: &'f str,
    table: &'f str,
    chain: &'f str,
    rules: &'f [(&'f str, u64)],
    packets: Vec<Packet>,
}

impl Fact<'_> {
    /// In both back ends, for the versions of its packets.
    fn check(self) {
        for (backend, version) in BACKENDS.into_iter().flat_map(|backend| VERSIONS.map(|version| (backend, version))) {
            let of_version = |packet: &&Packet| packet.destination.is_ipv4() == (version == Version::V4);
            let packets: Vec<_> = self.packets.iter().filter(of_version).cloned().collect();
            if packets.is_empty() {
                continue;
            }
            let mut lab = Lab::build().expect("a lab");
            ipset(&["restore"], self.sets).expect("the sets are made");
            let rules: String = self.rules.iter().map(|(rule, _)| format!("-A {} {rule}\n", self.chain)).collect();
            let text = format!("*{}\n{rules}COMMIT\n", self.table);
            backend.restore(version, &text).unwrap_or_else(|error| panic!("{backend:?} {version:?}\n{text}\n{error}"));
            let mut complaints = texts(&lab, backend, version);
            let mut counted = vec![0; self.rules.len()];
            for packet in &packets {
                // Packets may change sets: each finds them as they were.
                ipset(&["flush"], "").expect("the sets are there");
                let adds: String = self.sets.lines().filter(|line| !line.starts_with("create")).map(|line| format!("{line}\n")).collect();
                ipset(&["restore"], &adds).expect("the sets are filled");
                let answers = trace(&lab.path(), std::slice::from_ref(packet)).expect("clearway answers");
                assert!(!answers[0].open, "left open: {}\n{text}", answers[0].line);
                let (judged, told) = judge(&mut lab, backend, version, std::slice::from_ref(packet), answers);
                complaints += &told;
                for (index, count) in (1..).zip(&mut counted) {
                    let place = Place { family: version.family().into(), table: self.table.into(), chain: self.chain.into(), index };
                    *count += judged.counted.get(&place).copied().unwrap_or_default();
                }
            }
            assert!(complaints.is_empty(), "{backend:?} {version:?}\n{complaints}\n{text}{}", self.sets);
            let expected: Vec<_> = self.rules.iter().map(|(_, count)| *count).collect();
            assert_eq!(counted, expected, "{backend:?} {version:?}\n{text}{}", self.sets);
        }
    }
}

/// Rules that only count, in mangle PREROUTING.
fn check(sets: &str, rules: &[(&str, u64)], packets: impl IntoIterator<Item = Packet>) {
    Fact { sets, table: "mangle", chain: "PREROUTING", rules, packets: packets.into_iter().collect() }.check();
}

/// TCP from eth0 to eth1.
fn from(source: &str, port: u16) -> Packet {
    tcp(Some("eth0"), source, if source.contains(':') { "fd00:2::7" } else { "10.2.0.7" }, (2000, port), SYN)
}

/// A protocol with these bytes behind the IP header.
fn other(source: &str, protocol: u8, payload: &[u8]) -> Packet {
    let destination = if source.contains(':') { "fd00:2::7" } else { "10.2.0.7" };
    Packet { payload: payload.to_vec(), ..Packet::new(Some("eth0"), source, destination, Body::Other(protocol)) }
}

fn bitmaps() {
    check(
        "create ips bitmap:ip range 10.1.0.0/24\nadd ips 10.1.0.7-10.1.0.9\n\
         create nets bitmap:ip range 10.0.0.0/8 netmask 24\nadd nets 10.2.0.0\n\
         create ports bitmap:port range 80-90\nadd ports 80-82\n\
         create macs bitmap:ip,mac range 10.1.0.0/24\nadd macs 10.1.0.7,02:00:00:00:00:11\nadd macs 10.1.0.9,02:00:00:00:00:99\n\
         add macs 10.1.0.10\ncreate mine bitmap:ip,mac range 10.1.0.0/24\nadd mine 10.1.0.7,02:00:00:00:00:01\n\
         add mine 10.1.0.9,02:00:00:00:00:11\n",
        &[
            ("-m set --match-set ips src", 3),
            ("-m set ! --match-set ips src", 3),
            ("-m set --match-set ips dst", 0),
            ("-m set --match-set nets dst", 6),
            ("-m set --match-set ports dst", 4),
            ("-m set --match-set ports src", 0),
            ("-m set --match-set macs src,src", 2),
            ("-m set --match-set mine src,dst", 1),
        ],
        [
            from("10.1.0.7", 80),
            from("10.1.0.9", 81),
            from("10.1.0.10", 83),
            udp(Some("eth0"), "10.1.0.8", "10.2.0.7", (2000, 82)),
            from("10.1.1.7", 81),
            icmp(Some("eth0"), "10.1.0.11", "10.2.0.7", 0, 80),
        ],
    );
}

fn addresses() {
    check(
        "create a hash:ip\nadd a 10.1.0.7\ncreate b hash:ip netmask 28\nadd b 10.1.0.20\n\
         create e hash:ip,port,ip\nadd e 10.1.0.7,tcp:80,10.2.0.7\n",
        &[
            ("-m set --match-set a src", 1),
            ("-m set --match-set b src", 2),
            ("-m set --match-set e src,dst,dst", 1),
            ("-m set --match-set e src,dst,src", 0),
        ],
        [from("10.1.0.7", 80), from("10.1.0.17", 80), from("10.1.0.31", 80), from("10.1.0.32", 80)],
    );
    check(
        "create c hash:ip family inet6\nadd c fd00:1::7\ncreate d hash:ip family inet6 netmask 120\n\
         add d fd00:1::20\n",
        &[("-m set --match-set c src", 1), ("-m set --match-set d src", 2), ("-m set --match-set d dst", 3)],
        [from("fd00:1::7", 80), from("fd00:1::ff", 80), from("fd00:1::1:7", 80)].map(|packet| {
            let destination = if packet.source.to_string() == "fd00:1::7" { "fd00:1::fe" } else { "fd00:1::e" };
            Packet { destination: destination.parse().expect("an address"), input: Some("eth1"), ..packet }
        }),
    );
}

fn ports_of_all_protocols() {
    let sctp = [0x07, 0xd0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0];
    check(
        "create p hash:ip,port\nadd p 10.1.0.7,tcp:80\nadd p 10.1.0.7,udp:80\nadd p 10.1.0.7,sctp:80\nadd p 10.1.0.7,udplite:80\n\
         add p 10.1.0.7,icmp:8/1\nadd p 10.1.0.7,gre:0\n",
        &[("-m set --match-set p src,dst", 7), ("-m set --match-set p src,src", 3), ("-m set ! --match-set p src,dst", 6)],
        [
            from("10.1.0.7", 80),
            from("10.1.0.7", 81),
            udp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80)),
            other("10.1.0.7", 132, &sctp),
            // A header that is not whole has no port.
            other("10.1.0.7", 132, &sctp[..8]),
            other("10.1.0.7", 136, &[0x07, 0xd0, 0, 80, 0, 0, 0, 0]),
            icmp(Some("eth0"), "10.1.0.7", "10.2.0.7", 8, 1),
            icmp(Some("eth0"), "10.1.0.7", "10.2.0.7", 8, 0),
            other("10.1.0.7", 47, &[]),
            other("10.1.0.7", 50, &[0; 8]),
            // Later fragments have no ports; of protocols without ports they need none.
            Packet { fragment: Fragment { offset: 10, more: false }, ..from("10.1.0.7", 80) },
            Packet { fragment: Fragment { offset: 10, more: false }, ..other("10.1.0.7", 47, &[0; 8]) },
            from("10.1.0.8", 80),
        ],
    );
    check(
        "create p hash:ip,port family inet6\nadd p fd00:1::7,tcp:80\nadd p fd00:1::7,icmpv6:128/1\nadd p fd00:1::7,gre:0\n\
         create n hash:net,port family inet6\nadd n fd00:1::/64,udp:80\n",
        &[("-m set --match-set p src,dst", 3), ("-m set --match-set n src,dst", 1), ("-m set ! --match-set n src,dst", 5)],
        [
            from("fd00:1::7", 80),
            from("fd00:1::7", 81),
            udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 80)),
            icmp(Some("eth0"), "fd00:1::7", "fd00:2::7", 128, 1),
            icmp(Some("eth0"), "fd00:1::7", "fd00:2::7", 128, 0),
            other("fd00:1::7", 47, &[]),
        ],
    );
}

fn the_most_specific_network_decides() {
    check(
        "create n hash:net\nadd n 0.0.0.0/1\nadd n 10.1.0.0/24 nomatch\nadd n 10.1.0.8/29\nadd n 10.1.0.9/32 nomatch\n\
         create r hash:net\nadd r 10.1.0.3-10.1.0.9\n",
        &[
            ("-m set --match-set n src", 2),
            ("-m set --match-set n src --return-nomatch", 2),
            ("-m set ! --match-set n src --return-nomatch", 3),
            ("-m set ! --match-set n src", 3),
            ("-m set --match-set r src", 3),
        ],
        [from("10.1.0.8", 80), from("10.1.0.9", 80), from("10.1.0.7", 80), from("10.9.0.9", 80), from("203.0.113.5", 80)],
    );
}

fn networks_with_ports_and_addresses() {
    check(
        "create n hash:net,port\nadd n 10.1.0.0/24,tcp:80-82\nadd n 10.1.0.7,tcp:81 nomatch\n\
         create m hash:ip,port,net\nadd m 10.1.0.7,tcp:80,10.2.0.0/16\nadd m 10.1.0.7,tcp:80,10.2.0.0/24 nomatch\nadd m 10.1.0.7,tcp:80,0.0.0.0/1\n",
        &[
            ("-m set --match-set n src,dst", 2),
            ("-m set --match-set n src,dst --return-nomatch", 1),
            ("-m set --match-set m src,dst,dst", 0),
            ("-m set --match-set m src,dst,src", 1),
        ],
        [from("10.1.0.7", 80), from("10.1.0.7", 81), from("10.1.0.8", 82), from("10.3.0.7", 80)],
    );
}

fn interfaces() {
    let sets = "create n hash:net,iface hashsize 65536\nadd n 10.1.0.0/24,eth0\nadd n 10.1.0.0/28,eth1\nadd n 10.1.0.32/28,eth wildcard\n\
                add n 10.1.0.40/29,eth0 nomatch\nadd n 0.0.0.0/0,lo\nadd n 10.1.0.48/28,physdev:eth0\n";
    let packets = || {
        let both = |source: &str| [from(source, 80), Packet { input: Some("eth1"), ..from(source, 80) }];
        ["10.1.0.65", "10.1.0.7", "10.1.0.35", "10.1.0.41", "10.1.0.50", "10.3.0.7"].map(both).concat()
    };
    let rules: &[(&str, u64)] = &[
        ("-m set --match-set n src,src", 5),
        ("-m set ! --match-set n src,src", 7),
        ("-m set --match-set n src,src --return-nomatch", 1),
        ("-m set --match-set n src,dst", 0),
    ];
    check(sets, rules, packets());
    let rules = &[("-m set --match-set n src,dst", 2)];
    Fact { sets, table: "mangle", chain: "POSTROUTING", rules, packets: vec![from("10.1.0.7", 80), from("10.1.0.35", 80)] }.check();
}

fn lists() {
    check(
        "create a hash:ip\nadd a 10.1.0.7\ncreate b hash:net\nadd b 10.1.0.8/29\nadd b 10.1.0.9 nomatch\ncreate c hash:ip,port\n\
         add c 10.1.0.99,tcp:80\ncreate d hash:ip family inet6\nadd d fd00:1::7\ncreate p bitmap:port range 80-90\nadd p 85\n\
         create all list:set\nadd all a\nadd all b\nadd all c\nadd all d\ncreate wide list:set\nadd wide d\nadd wide p\n",
        &[
            ("-m set --match-set all src", 2),
            ("-m set --match-set all src,dst", 3),
            ("-m set ! --match-set all src", 3),
            ("-m set --match-set all src --return-nomatch", 2),
            ("-m set --match-set wide dst", 1),
        ],
        [from("10.1.0.7", 80), from("10.1.0.8", 80), from("10.1.0.9", 80), from("10.1.0.99", 80), from("10.1.0.100", 85)],
    );
    check(
        "create a hash:ip\nadd a 10.1.0.7\ncreate d hash:ip family inet6\nadd d fd00:1::7\ncreate all list:set\nadd all a\nadd all d\n",
        &[("-m set --match-set all src", 1)],
        [from("fd00:1::7", 80), from("fd00:1::8", 80)],
    );
}

fn sides_and_versions() {
    check(
        "create p hash:ip,port\nadd p 10.1.0.7,tcp:80\ncreate six hash:net family inet6\nadd six ::/1\ncreate all list:set\nadd all six\n",
        &[
            // Fewer sides than parts: never. More: the rest does not matter.
            ("-m set --match-set p src", 0),
            ("-m set ! --match-set p src", 2),
            ("-m set --match-set p src,dst,src,src", 1),
            // iptables refuses a set of the other IP version, but not a list that has one.
            ("-m set --match-set all src", 0),
            ("-m set ! --match-set all src", 2),
        ],
        [from("10.1.0.7", 80), from("10.1.0.8", 80)],
    );
}

fn timeouts() {
    check(
        "create t hash:ip timeout 600\nadd t 10.1.0.7 timeout 1\nadd t 10.1.0.8\nadd t 10.1.0.9 timeout 0\n",
        &[("-m set --match-set t src", 3)],
        [from("10.1.0.7", 80), from("10.1.0.8", 80), from("10.1.0.9", 80), from("10.1.0.10", 80)],
    );
    // An element whose time is over does not match.
    let mut lab = Lab::build().expect("a lab");
    ipset(&["restore"], "create t hash:ip timeout 600\nadd t 10.1.0.7 timeout 1\nadd t 10.1.0.8\n").expect("a set");
    BACKENDS[0].restore(Version::V4, "*raw\n-A PREROUTING -m set --match-set t src -j DROP\nCOMMIT\n").expect("a rule");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let packets = [from("10.1.0.7", 80), from("10.1.0.8", 80)];
    let answers = trace(&lab.path(), &packets).expect("clearway answers");
    assert_eq!(answers.iter().map(|answer| answer.verdict.as_str()).collect::<Vec<_>>(), ["accept", "drop"]);
    let (_, complaints) = judge(&mut lab, BACKENDS[0], Version::V4, &packets, answers);
    assert!(complaints.is_empty(), "{complaints}");
}

fn counters() {
    // Counters that a set does not keep are not asked for; those that it keeps are left open, but only where an element has the key.
    check(
        "create plain hash:ip\nadd plain 10.1.0.7\ncreate counted hash:ip counters\nadd counted 10.1.0.9 packets 5 bytes 500\n",
        &[
            ("-m set --match-set plain src --packets-gt 5", 1),
            ("-m set --match-set plain src ! --update-counters --bytes-lt 5", 1),
            ("-m set --match-set counted src ! --packets-eq 5", 0),
        ],
        [from("10.1.0.7", 80), from("10.1.0.8", 80)],
    );
}

fn packets_change_sets() {
    let seen = |rest: &str| format!("-m set --match-set s src{rest}");
    check(
        "create s hash:ip timeout 100\nadd s 10.1.0.7\ncreate p hash:ip,port\ncreate n hash:net\nadd n 10.1.0.0/24\nadd n 10.1.0.99\n",
        &[
            (&seen(""), 1),
            ("-p tcp -j SET --add-set s src --exist --timeout 900", 2),
            (&seen(""), 2),
            ("-j SET --del-set s src", 3),
            (&seen(""), 0),
            ("-p udp -j SET --add-set p src,dst", 1),
            ("-m set --match-set p src,dst", 1),
            ("-m set ! --match-set p src,src", 3),
            ("-j SET --add-set n dst --del-set p src,dst", 3),
            ("-m set --match-set n dst", 3),
            ("-m set --match-set p src,dst", 0),
        ],
        [from("10.1.0.7", 80), from("10.1.0.8", 80), udp(Some("eth0"), "10.1.0.9", "10.2.0.7", (2000, 80))],
    );
}

fn packets_take_marks() {
    check(
        "create s hash:ip skbinfo\nadd s 10.1.0.7 skbmark 0x12/0xff skbprio 1:2\n",
        &[
            ("-j MARK --set-xmark 0x3456/0xffffffff", 2),
            ("-j SET --map-set s src --map-mark", 2),
            ("-m mark --mark 0x3412", 1),
            ("-m mark --mark 0x3456", 1),
        ],
        [from("10.1.0.7", 80), from("10.1.0.8", 80)],
    );
}

/// Runs `ipset` in this thread's namespace with a text on its standard input; what it prints, or its complaint.
fn ipset(arguments: &[&str], text: &str) -> Result<String, String> {
    let run = || -> std::io::Result<_> {
        let mut command = Command::new("ipset");
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // A program that gives up early says why.
            let _ = pipe.write_all(text.as_bytes());
        }
        child.wait_with_output()
    };
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match run() {
        Ok(output) if output.status.success() => Ok(told(&output.stdout)),
        Ok(output) => Err(told(&output.stderr)),
        Err(error) => Err(error.to_string()),
    }
}
