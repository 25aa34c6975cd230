//! Causes that are no rules, live: what is found is what happens to real connections.

use std::{net::TcpListener, process::Command};

use clearway::collect::namespace;
use serde_json::Value;

mod harness;
mod netns;
use harness::{Needs, Test, tests};
use netns::Namespace;

const TESTS: &[Test] = tests![
    Needs::Namespaces;
    replies_go_around,
    bridged_frames_meet_rules,
    connections_wait_for_a_program,
    connection_tracking_tells_of_its_table,
    published_ports_need_their_rule, published_ports_are_open_to_everybody,
    ipsec_policies_stop_packets,
    services_are_confined,
    nobody_answers_for_a_neighbour,
];

const WITH_TC: &[Test] = tests![
    Needs::Program("tc");
    filters_of_devices_drop_packets,
];

const WITH_PYTHON: &[Test] = tests![
    Needs::Program("python3");
    programs_of_devices_drop_packets,
];

const WITH_NGINX: &[Test] = tests![
    Needs::Program("nginx");
    socket_files_of_nginx,
];

fn main() {
    harness::main(&[TESTS, WITH_TC, WITH_PYTHON, WITH_NGINX]);
}

/// The codes of what clearway finds about a flow in a namespace.
fn codes(namespace: &Namespace, flow: &str) -> Vec<String> {
    report(&["--netns", &namespace.0, "--no-discover", "--flow", flow]).0
}

/// The codes of an audit's findings, and the whole of it.
fn report(args: &[&str]) -> (Vec<String>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(args).args(["--format", "json"]).output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"));
    let findings = report["findings"].as_array().expect("findings");
    (findings.iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect(), report)
}

/// Whether a connection comes about soon.
fn connects(namespace: &Namespace, to: &str, port: u16) -> bool {
    let script = format!("timeout 2 bash -c '</dev/tcp/{to}/{port}' 2>/dev/null");
    Command::new("ip").args(["netns", "exec", &namespace.0, "sh", "-c", &script]).status().expect("ip runs").success()
}

/// A connects to B by a veth pair `to_b` and `to_a`.
fn link(a: &Namespace, name_a: &str, b: &Namespace, name_b: &str) {
    a.shell(&format!("ip link set lo up; ip link add {name_a} type veth peer name {name_b} netns {}; ip link set {name_a} up", b.0));
    b.shell(&format!("ip link set lo up; ip link set {name_b} up"));
}

fn replies_go_around() {
    let [gate, switch, client, server] = ["hair-gate", "hair-switch", "hair-client", "hair-server"].map(Namespace::new);
    switch.shell("ip link add br0 type bridge; ip link set br0 up");
    for (namespace, name, address) in [(&gate, "lan0", "10.0.0.1/24"), (&client, "eth0", "10.0.0.5/24"), (&server, "eth0", "10.0.0.7/24")] {
        link(namespace, name, &switch, &format!("to-{address}").replace(['.', '/'], "-"));
        namespace.shell(&format!("ip addr add {address} dev {name}"));
    }
    switch.shell("for i in /sys/class/net/to-*; do ip link set ${i##*/} master br0; done");
    gate.shell("ip link add wan0 type bridge; ip link set wan0 up; ip addr add 203.0.113.10/24 dev wan0; sysctl -qw net.ipv4.ip_forward=1");
    for host in [&client, &server] {
        host.shell("ip route add default via 10.0.0.1; sysctl -qw net.ipv4.conf.all.accept_redirects=0");
    }
    gate.shell("iptables-legacy -t nat -A PREROUTING -d 203.0.113.10 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.7:80");
    let _listener = listen(&server, "10.0.0.7:80");
    let flow = "tcp 10.0.0.5 -> 203.0.113.10:80 in lan0";
    assert_eq!(codes(&gate, flow), ["hairpin-without-masquerade"]);
    assert!(!connects(&client, "203.0.113.10", 80), "the reply came back by the gateway");
    gate.shell("iptables-legacy -t nat -A POSTROUTING -s 10.0.0.0/24 -d 10.0.0.7 -p tcp --dport 80 -j MASQUERADE");
    assert_eq!(codes(&gate, flow), [""; 0]);
    assert!(connects(&client, "203.0.113.10", 80), "masqueraded");
}

fn bridged_frames_meet_rules() {
    let [host, one, other] = ["bridge-host", "bridge-one", "bridge-other"].map(Namespace::new);
    host.shell("ip link add br0 type bridge; ip link set br0 up; ip addr add 172.18.0.1/16 dev br0; sysctl -qw net.ipv4.ip_forward=1");
    for (namespace, address, port) in [(&one, "172.18.0.2/16", "one"), (&other, "172.18.0.3/16", "other")] {
        link(namespace, "eth0", &host, port);
        namespace.shell(&format!("ip addr add {address} dev eth0"));
        host.shell(&format!("ip link set {port} master br0"));
    }
    host.nft("table ip t { chain c { type filter hook forward priority 0; policy drop; iifname \"lan0\" accept; }; }");
    let _listener = listen(&other, "172.18.0.3:80");
    let flow = "tcp 172.18.0.2 -> 172.18.0.3:80 in br0";
    for (setting, own) in [(1, 0), (0, 1)] {
        host.shell(&format!("sysctl -qw net.bridge.bridge-nf-call-iptables={setting}; ip link set br0 type bridge nf_call_iptables {own}"));
        assert!(codes(&host, flow).contains(&"bridge-filter-surprise".to_owned()), "{setting} {own}");
        assert!(!connects(&one, "172.18.0.3", 80), "{setting} {own}");
    }
    host.shell("ip link set br0 type bridge nf_call_iptables 0");
    assert!(!codes(&host, flow).contains(&"bridge-filter-surprise".to_owned()), "no frame visits the rules");
    assert!(connects(&one, "172.18.0.3", 80), "no frame visits the rules");
}

fn nobody_answers_for_a_neighbour() {
    let [gate, client, server] = ["silent-gate", "silent-client", "silent-server"].map(Namespace::new);
    link(&gate, "wan0", &client, "eth0");
    link(&gate, "lan0", &server, "eth0");
    gate.shell(
        "ip addr add 203.0.113.10/24 dev wan0; ip addr add 10.0.3.1/24 dev lan0; ip route add 10.50.0.0/16 via 10.0.3.77
        sysctl -qw net.ipv4.ip_forward=1
        iptables-legacy -t nat -A PREROUTING -i wan0 -p tcp --dport 443 -j DNAT --to-destination 10.0.3.99:8443",
    );
    client.shell("ip addr add 203.0.113.1/24 dev eth0");
    server.shell("ip addr add 10.0.3.12/24 dev eth0; ip route add default via 10.0.3.1");
    let _listener = listen(&server, "10.0.3.12:80");
    let published = "tcp 203.0.113.1 -> 203.0.113.10:443 in wan0";
    for flow in ["tcp local -> 10.0.3.12:80", "tcp local -> 10.0.3.44:80", "tcp local -> 10.50.0.1:80", published] {
        assert_eq!(codes(&gate, flow), [""; 0], "nobody asked yet: {flow}");
    }
    assert!(connects(&gate, "10.0.3.12", 80));
    for (from, to) in [(&gate, "10.0.3.44:80"), (&gate, "10.50.0.1:80"), (&client, "203.0.113.10:443")] {
        assert_eq!(errno(from, to), 113, "{to}");
    }
    for (flow, code) in [
        ("tcp local -> 10.0.3.44:80", "neighbour-silent"),
        ("tcp local -> 10.50.0.1:80", "neighbour-silent"),
        (published, "nat-target-gone"),
    ] {
        let (codes, report) = report(&["--netns", &gate.0, "--no-discover", "--flow", flow]);
        assert_eq!(codes, [code], "{flow}");
        assert_eq!(report["findings"][0]["symptom"]["errno"], 113, "{flow}");
    }
    assert_eq!(codes(&gate, "tcp local -> 10.0.3.12:80"), [""; 0], "it answered");
    server.shell("ip addr add 10.0.3.44/24 dev eth0; ip addr add 10.0.3.99/24 dev eth0; ip addr add 10.0.3.77/24 dev eth0; sysctl -qw net.ipv4.ip_forward=1");
    for to in ["10.0.3.44:80", "10.0.3.77:80"] {
        assert_ne!(errno(&gate, to), 113, "{to}");
    }
    assert_eq!(codes(&gate, "tcp local -> 10.0.3.44:80"), [""; 0], "it came back");
    assert_eq!(codes(&gate, "tcp local -> 10.50.0.1:80"), [""; 0], "it came back");
}

fn connections_wait_for_a_program() {
    let namespace = Namespace::new("queue");
    namespace.shell("ip link set lo up");
    let listener = listen(&namespace, "127.0.0.1:80");
    nix::sys::socket::listen(&listener, nix::sys::socket::Backlog::new(1).expect("a backlog")).expect("it listens");
    let flow = "tcp 127.0.0.1 -> 127.0.0.1:80";
    let mut waiting = Vec::new();
    for _ in 0..2 {
        assert_eq!(codes(&namespace, flow), [""; 0], "{waiting:?}");
        waiting.push(within(&namespace, || std::net::TcpStream::connect("127.0.0.1:80").expect("there is room")));
    }
    assert_eq!(codes(&namespace, flow), ["listen-queue-full"]);
    assert!(!connects(&namespace, "127.0.0.1", 80), "no room is left");
    let facts = facts(&namespace, flow);
    assert!(facts.contains("ListenOverflows"), "{facts}");
    drop(listener.accept().expect("one waits"));
    assert_eq!(codes(&namespace, flow), [""; 0]);
}

fn connection_tracking_tells_of_its_table() {
    let namespace = Namespace::new("table");
    namespace.shell("ip link set lo up");
    namespace.nft("table ip t { chain c { type filter hook input priority 0; ct state new accept; }; }");
    let listener = listen(&namespace, "127.0.0.1:80");
    let _connected = within(&namespace, || std::net::TcpStream::connect("127.0.0.1:80").expect("it listens"));
    let snapshot = namespace.collect(false);
    assert!(snapshot.obstacles.conntrack.iter().all(|message| message.is_ok()) && !snapshot.obstacles.conntrack.0.is_empty());
    let table = clearway::obstacles::conntrack::table(&snapshot).expect("there is a table");
    assert!(table.count > 0 && table.max > table.count && table.counters.dropped == 0, "{table:?}");
    drop(listener);
}

/// A host with a web server on 10.0.0.1, and its client.
fn served(purpose: &str) -> (Namespace, Namespace, TcpListener) {
    let [host, client] = ["host", "client"].map(|who| Namespace::new(&format!("{purpose}-{who}")));
    link(&host, "eth0", &client, "eth0");
    host.shell("ip addr add 10.0.0.1/24 dev eth0");
    client.shell("ip addr add 10.0.0.2/24 dev eth0");
    let listener = listen(&host, "10.0.0.1:80");
    (host, client, listener)
}

const TO_WEB: &str = "tcp 10.0.0.2 -> 10.0.0.1:80 in eth0";
const BEFORE: &str = "dropped-before-netfilter";

/// The facts of the one finding about a flow, which a snapshot tells as well.
fn facts(namespace: &Namespace, flow: &str) -> String {
    let (codes, live) = report(&["--netns", &namespace.0, "--no-discover", "--flow", flow]);
    assert_eq!(codes.len(), 1, "{live}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("snapshot.json").display().to_string();
    let taken = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["snapshot", "--netns", &namespace.0, "-o", &file]).status();
    assert!(taken.expect("it runs").success());
    let (again, report) = report(&["--snapshot", &file, "--no-discover", "--flow", flow]);
    assert_eq!(again, codes, "{report}");
    report["findings"][0]["facts"].as_array().expect("facts").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

fn filters_of_devices_drop_packets() {
    let (host, client, _listener) = served("tc");
    host.shell("tc qdisc add dev eth0 clsact");
    assert_eq!(codes(&host, TO_WEB), [""; 0], "nothing is in it");
    assert!(connects(&client, "10.0.0.1", 80));
    for (place, words) in [("ingress", "receives before the rules of IP"), ("egress", "sends after all rules")] {
        // A classic program that answers TC_ACT_SHOT.
        host.shell(&format!("tc filter add dev eth0 {place} protocol ip bpf da bytecode '1,6 0 0 2'"));
        assert!(!connects(&client, "10.0.0.1", 80), "{place}");
        assert_eq!(codes(&host, TO_WEB), [BEFORE]);
        let facts = facts(&host, TO_WEB);
        assert!(facts.contains(words) && facts.contains("have dropped"), "{facts}");
        host.shell(&format!("tc filter del dev eth0 {place}"));
    }
    assert_eq!(codes(&host, TO_WEB), [""; 0]);
}

/// Loads an XDP program that drops all and hangs it on eth0: `bpf(BPF_PROG_LOAD)`, then RTM_NEWLINK with IFLA_XDP.
const XDP: &str = r#"
import ctypes, platform, socket, struct
code = struct.pack('=BBhiBBhi', 0xb7, 0, 0, 1, 0x95, 0, 0, 0)
insns, license = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b'GPL')
attr = ctypes.create_string_buffer(struct.pack('=IIQQ', 6, 2, ctypes.addressof(insns), ctypes.addressof(license)), 120)
number = {'x86_64': 321, 'aarch64': 280}[platform.machine()]
program = ctypes.CDLL(None, use_errno=True).syscall(number, 5, attr, 120)
assert program >= 0, ctypes.get_errno()
nest = struct.pack('=HHiHHI', 8, 1, program, 8, 3, 2)
body = struct.pack('=BxHiII', 0, 0, socket.if_nametoindex('eth0'), 0, 0) + struct.pack('=HH', 4 + len(nest), 43 | 0x8000) + nest
route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
route.send(struct.pack('=IHHII', 16 + len(body), 16, 5, 1, 0) + body)
assert struct.unpack('=i', route.recv(4096)[16:20]) == (0,)
"#;

fn programs_of_devices_drop_packets() {
    let (host, client, _listener) = served("xdp");
    assert!(connects(&client, "10.0.0.1", 80));
    host.output("python3", &["-c", XDP]);
    assert!(!connects(&client, "10.0.0.1", 80), "the program drops all");
    assert_eq!(codes(&host, TO_WEB), [BEFORE]);
    let facts = facts(&host, TO_WEB);
    assert!(facts.contains("a generic XDP program sees what eth0 receives") && facts.contains("prog show id"), "{facts}");
    host.shell("ip link set dev eth0 xdpgeneric off");
    assert!(connects(&client, "10.0.0.1", 80));
    assert_eq!(codes(&host, TO_WEB), [""; 0]);
}

/// A published port that only the proxy needs passes by the rules for this host itself.
fn published_ports_are_open_to_everybody() {
    use std::os::unix::fs::PermissionsExt as _;
    let (host, _client, _listener) = served("around");
    let folder = tempfile::tempdir().expect("a folder");
    let helper = folder.path().join("docker-proxy");
    std::fs::copy("/usr/bin/perl", &helper).expect("a copy");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let listens = "use IO::Socket::INET; my $it = IO::Socket::INET->new(LocalAddr => '0.0.0.0:3000', Listen => 9) or die; sleep 60";
    let helper = Command::new("ip").args(["netns", "exec", &host.0]).arg(&helper).args(["-e", listens]).spawn().expect("it runs");
    let _helper = Running(helper);
    std::thread::sleep(std::time::Duration::from_millis(500));
    host.shell(
        "ip link add docker0 type bridge; ip addr add 172.17.0.1/16 dev docker0; ip link set docker0 up; ip route add default via 10.0.0.2; sysctl -qw net.ipv4.ip_forward=1",
    );
    host.nft(
        "table ip n { chain c { type nat hook prerouting priority -100; iifname != docker0 tcp dport 3000 dnat to 172.17.0.2:80; }; }
        table ip f { chain i { type filter hook input priority 0; policy drop; iif lo accept; ct state established accept; }
        chain o { type filter hook forward priority 0; }; }",
    );
    let found = |upstream: &str| {
        let config = folder.path().join("nginx.conf");
        let text = format!("events {{}} http {{ server {{ listen 443; location / {{ proxy_pass http://{upstream}; }} }} }}");
        std::fs::write(&config, text).expect("written");
        let (_, report) = report(&["--netns", &host.0, "--proxy", &format!("nginx={}", config.display()), "--no-dns"]);
        let findings = report["findings"].as_array().expect("findings").clone();
        findings.into_iter().find(|finding| finding["code"] == "exposed-upstream")
    };
    // By the helper, and at the container's own address.
    for upstream in ["127.0.0.1:3000", "172.17.0.2:80"] {
        let finding = found(upstream).unwrap_or_else(|| panic!("{upstream} is open"));
        assert!(finding["facts"][1].as_str().is_some_and(|fact| fact.contains("a container publishes it")), "{finding}");
    }
    assert!(found("172.17.0.3:80").is_none(), "another container");
    host.nft("add rule ip f o iifname != docker0 ip saddr != 10.0.0.0/8 drop");
    assert!(found("127.0.0.1:3000").is_none(), "single networks are let in");
}

fn published_ports_need_their_rule() {
    use std::os::unix::fs::PermissionsExt as _;
    let (host, client, _listener) = served("published");
    let folder = tempfile::tempdir().expect("a folder");
    let helper = folder.path().join("docker-proxy");
    std::fs::write(&helper, "#!/bin/sh\nexec 3<>/dev/null\nwhile sleep 1; do :; done\n").expect("written");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let arguments = ["-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port", "80", "-container-ip", "172.17.0.2", "-container-port", "8080"];
    let helper = Command::new("ip").args(["netns", "exec", &host.0]).arg(&helper).args(arguments).spawn().expect("it runs");
    let _helper = Running(helper);
    std::thread::sleep(std::time::Duration::from_millis(300));
    host.shell(
        "ip link add docker0 type bridge; ip addr add 172.17.0.1/16 dev docker0; ip link set docker0 up; sysctl -qw net.ipv4.ip_forward=1",
    );
    let found = || {
        let (_, report) = report(&["--netns", &host.0]);
        let findings = report["findings"].as_array().expect("findings").clone();
        findings.into_iter().find(|finding| finding["code"] == "published-without-rule")
    };
    let finding = found().expect("no rule leads there");
    assert!(finding["facts"][0].as_str().is_some_and(|fact| fact.contains("172.17.0.2:8080")) && finding["rule"].is_null(), "{finding}");
    assert!(connects(&client, "10.0.0.1", 80), "what listens on this host takes it");
    let rule = |to: &str| format!("table ip n {{ chain c {{ type nat hook prerouting priority -100; tcp dport 80 dnat to {to}; }}; }}");
    host.nft(&rule("172.17.0.3:8080"));
    assert!(found().is_none(), "what a rule leads elsewhere does not come to this host: another matter");
    host.nft(&format!("delete table ip n; {}", rule("172.17.0.2:8080")));
    assert!(found().is_none(), "the rule is there");
    assert!(!connects(&client, "10.0.0.1", 80), "the container is not");
}

/// The error number of a connection, 0 if it comes about.
fn errno(namespace: &Namespace, to: &'static str) -> i32 {
    // Neighbours are given up after three.
    let limit = std::time::Duration::from_secs(4);
    let connected = within(namespace, move || std::net::TcpStream::connect_timeout(&to.parse().expect("an address"), limit));
    connected.map_or_else(|error| error.raw_os_error().unwrap_or(110), |_| 0)
}

fn ipsec_policies_stop_packets() {
    let (host, client, _listener) = served("ipsec");
    assert_eq!(codes(&host, TO_WEB), [""; 0]);
    let policy = |words: &str| host.shell(&format!("ip xfrm policy {words}"));
    for direction in ["in", "out"] {
        let (source, destination) = if direction == "in" { ("10.0.0.2", "10.0.0.1") } else { ("10.0.0.1", "10.0.0.2") };
        policy(&format!("add src {source} dst {destination} dir {direction} priority 7 action block"));
        assert_eq!(codes(&host, TO_WEB), ["ipsec-policy-blocks"], "{direction}");
        assert!(!connects(&client, "10.0.0.1", 80), "{direction}");
        let facts = facts(&host, TO_WEB);
        let wanted = format!("src {source}/32 dst {destination}/32 dir {direction} priority 7");
        assert!(facts.contains(&wanted) && facts.contains("PolBlock"), "{facts}");
        // Of several policies that of the lowest priority decides.
        policy(&format!("add src 10.0.0.0/24 dst 10.0.0.0/24 proto tcp dir {direction} priority 6"));
        assert_eq!(codes(&host, TO_WEB), [""; 0], "{direction}");
        assert!(connects(&client, "10.0.0.1", 80), "{direction}");
        policy("flush");
    }
    let _other = listen(&client, "10.0.0.2:80");
    let out = "tcp local -> 10.0.0.2:80";
    assert_eq!((codes(&host, out), errno(&host, "10.0.0.2:80")), (Vec::new(), 0));
    policy("add src 0.0.0.0/0 dst 10.0.0.2 proto tcp dport 80 dir out action block");
    let (found, report) = report(&["--netns", &host.0, "--no-discover", "--flow", out]);
    assert_eq!(found, ["ipsec-policy-blocks"]);
    assert_eq!(
        (&report["flows"][0]["verdict"], &report["flows"][0]["stopped_by"]["code"]),
        (&"blocked".into(), &"ipsec-policy-blocks".into())
    );
    let table =
        Command::new(env!("CARGO_BIN_EXE_clearway")).args(["--netns", &host.0, "--no-discover", "--flow", out]).output().expect("it runs");
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    let row = table.lines().find(|line| line.contains("10.0.0.2:80/tcp")).expect("a row");
    assert!(row.contains("BLOCKED") && row.contains("the IPsec policy"), "{table}");
    assert_eq!(report["findings"][0]["symptom"]["errno"], errno(&host, "10.0.0.2:80"));
    assert!(!codes(&host, "tcp local -> 10.0.0.2:81").contains(&"ipsec-policy-blocks".to_owned()));
    policy("flush");
    policy("add src 10.0.0.2 dst 10.0.0.1 dir in tmpl proto esp mode transport");
    assert_eq!(codes(&host, TO_WEB), ["ipsec-policy"]);
    assert!(!connects(&client, "10.0.0.1", 80), "it comes plain");
}

/// What is found in a snapshot of which something is changed.
fn replayed(snapshot: &clearway::snapshot::Snapshot, args: &[&str]) -> (Vec<String>, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("changed.json");
    std::fs::write(&file, serde_json::to_vec(snapshot).expect("JSON")).expect("written");
    let file = file.display().to_string();
    report(&[&["--snapshot", &file], args].concat())
}

/// No systemd and no SELinux is at work here: what they would tell is put into a record.
fn services_are_confined() {
    use clearway::snapshot::obstacles::{Selinux, UnitSetting};
    let (host, _client, _listener) = served("confined");
    let _proxy = listen(&host, "127.0.0.1:8081");
    let mut snapshot = {
        let netns = Some(host.0.clone());
        within(&host, || clearway::collect::collect(&clearway::collect::Options { netns, whole_sets: false }).expect("collected"))
    };
    for owner in &mut snapshot.owners {
        owner.cgroup = Some("/system.slice/web.service".into());
        owner.unit = Some("web.service".into());
        owner.command = "nginx".into();
    }
    let setting = |unit: &str, key: &str, value: &str| UnitSetting {
        unit: unit.into(),
        file: format!("/etc/systemd/system/{unit}.d/override.conf"),
        line: 2,
        key: key.into(),
        value: value.into(),
    };
    let client = ["--no-discover", "--flow", TO_WEB];
    for (settings, wanted) in [
        (vec![], ""),
        (vec![setting("system.slice", "IPAddressDeny", "any")], "cgroup-filter"),
        (vec![setting("system.slice", "IPAddressDeny", "any"), setting("web.service", "IPAddressAllow", "10.0.0.0/24")], ""),
        (vec![setting("web.service", "IPAddressDeny", "10.0.0.2")], "cgroup-filter"),
        (vec![setting("web.service", "IPAddressDeny", "10.0.0.3")], ""),
    ] {
        snapshot.obstacles.units = settings;
        let (found, report) = replayed(&snapshot, &client);
        assert_eq!(found.join(" "), wanted, "{:?}", snapshot.obstacles.units);
        if !wanted.is_empty() {
            assert_eq!(report["flows"][0]["verdict"], "blocked");
            assert_eq!(report["flows"][0]["stopped_by"]["code"], "cgroup-filter");
            assert!(report["findings"][0]["rule"].is_null() && report["findings"][0]["symptom"]["errno"] == 110, "{report}");
            assert!(
                report["findings"][0]["facts"][0].as_str().is_some_and(|fact| fact.contains("override.conf:2: IPAddressDeny=")),
                "{report}"
            );
        }
    }
    snapshot.obstacles.units.clear();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("nginx.conf");
    let text = "events {}\nhttp { server { listen 127.0.0.1:8081; location / { proxy_pass http://10.0.0.2:3000; } location /b { proxy_pass http://10.0.0.2:9000; } } }\n";
    std::fs::write(&file, text).expect("written");
    let proxy = format!("nginx={}", file.display());
    let switched = |on: bool| Selinux {
        enforcing: true,
        booleans: [("httpd_can_network_connect", on), ("httpd_can_network_relay", false)].map(|(name, on)| (name.to_owned(), on)).into(),
    };
    for (label, selinux, wanted) in [
        ("system_u:system_r:httpd_t:s0", Some(switched(false)), "selinux-denies security-module"),
        ("system_u:system_r:httpd_t:s0", Some(switched(true)), "security-module"),
        ("system_u:system_r:httpd_t:s0", Some(Selinux::default()), ""),
        ("unconfined_u:unconfined_r:unconfined_t:s0", Some(switched(false)), ""),
        ("nginx (enforce)", None, "security-module"),
        ("nginx (complain)", None, ""),
        ("unconfined", None, ""),
    ] {
        snapshot.owners.iter_mut().for_each(|owner| owner.label = Some(label.into()));
        snapshot.obstacles.selinux = selinux;
        let (found, report) = replayed(&snapshot, &["--no-discover", "--proxy", &proxy]);
        assert_eq!(found.join(" "), wanted, "{label}: {report}");
        let denied = report["flows"].as_array().expect("flows").iter().filter(|flow| flow["stopped_by"]["code"] == "selinux-denies");
        let verdicts: Vec<_> = denied.map(|flow| flow["verdict"].as_str().unwrap_or_default()).collect();
        assert_eq!(verdicts, if wanted.contains("selinux-denies") { vec!["blocked"] } else { Vec::new() });
    }
}

/// Ends a proxy that a test started.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Its workers end with it when it is asked to (SIGTERM); killed it would leave them.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn socket_files_of_nginx() {
    use std::os::unix::{fs::PermissionsExt as _, net::UnixListener};
    let namespace = Namespace::new("sockets");
    namespace.shell("ip link set lo up");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mode = |name: &str, mode: u32| std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).expect("a mode");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let _fine = UnixListener::bind(path("fine")).expect("bound");
    let _closed = UnixListener::bind(path("closed")).expect("bound");
    drop(UnixListener::bind(path("left")).expect("bound"));
    std::fs::create_dir(path("inner")).expect("made");
    let _hidden = UnixListener::bind(path("inner/hidden")).expect("bound");
    for (name, bits) in [("fine", 0o666), ("closed", 0o600), ("left", 0o666), ("inner/hidden", 0o666), ("inner", 0o700)] {
        mode(name, bits);
    }
    let names = ["fine", "closed", "left", "inner/hidden", "none"];
    let locations: String = names.iter().map(|name| format!("location /{name} {{ proxy_pass http://unix:{}; }}\n", path(name))).collect();
    let configuration = format!(
        "pid {0}; error_log {1}; user www-data; daemon off;\nevents {{}}\nhttp {{ access_log off; server {{ listen 127.0.0.1:8081; {locations} }} }}\n",
        path("pid"),
        path("error.log")
    );
    std::fs::write(path("nginx.conf"), configuration).expect("written");
    let nginx = Command::new("ip").args(["netns", "exec", &namespace.0, "nginx", "-c", &path("nginx.conf")]).spawn().expect("it runs");
    let _nginx = Running(nginx);
    assert!((0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        connects(&namespace, "127.0.0.1", 8081)
    }));
    let (_, report) = report(&["--netns", &namespace.0]);
    let findings = report["findings"].as_array().expect("findings");
    for (name, errno) in [("fine", None), ("closed", Some(13)), ("left", Some(111)), ("inner/hidden", Some(13)), ("none", Some(2))] {
        let flow = format!("unix:{}", path(name));
        let mut of_flow = findings.iter().filter(|finding| finding["flow"].as_str().is_some_and(|text| text.ends_with(&flow)));
        let Some(errno) = errno else {
            assert!(of_flow.next().is_none(), "{name}: {report}");
            continue;
        };
        let finding = of_flow.next().unwrap_or_else(|| panic!("{name}: {report}"));
        assert_eq!(
            (&finding["code"], &finding["symptom"]["errno"], &finding["rule"]),
            (&"unix-socket".into(), &errno.into(), &Value::Null)
        );
        let request = format!("exec 3<>/dev/tcp/127.0.0.1/8081; printf 'GET /{name} HTTP/1.0\\r\\n\\r\\n' >&3; head -1 <&3");
        let answer = namespace.output("bash", &["-c", &request]);
        assert!(answer.contains(&format!(" {} ", finding["symptom"]["seen"]["status"])), "{name}: {answer}");
        let log = std::fs::read_to_string(path("error.log")).expect("a log");
        let line = finding["symptom"]["seen"]["log"].as_str().expect("a line");
        assert!(log.contains(&line.replace(&flow, &format!("{flow}:/{name}"))) || log.contains(line), "{name}: {line} is not in {log}");
    }
}

/// A listening socket in a namespace.
fn listen(namespace: &Namespace, address: &str) -> TcpListener {
    let address = address.to_owned();
    within(namespace, move || TcpListener::bind(address).expect("it can be bound"))
}

/// Does something in a namespace.
fn within<T: Send + 'static>(namespace: &Namespace, does: impl FnOnce() -> T + Send + 'static) -> T {
    let name = namespace.0.clone();
    let done = std::thread::spawn(move || {
        namespace::enter(&name).expect("the namespace is there");
        does()
    });
    done.join().expect("it is done")
}
