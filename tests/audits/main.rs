//! Each cause is told by its own finding, and only by it. Here those that are no rules: none of them is blamed on a rule.

mod hidden;

mod meant;
mod traffic;

mod unknown;

mod versions;

use assert_cmd::Command;
use serde_json::Value;

const HOST: &str = r#"
name = "gw"
[[interface]]
name = "wan0"
addresses = ["203.0.113.10/24", "2001:db8::10/64"]
[[interface]]
name = "lan0"
addresses = ["10.0.0.1/24"]
[[route]]
to = "198.51.100.0/24"
dev = "lan0"
[[listener]]
address = "127.0.0.1:8080"
[[listener]]
address = "203.0.113.10:443"
"#;

const DEFAULT: &str = "[[route]]\nto = \"default\"\nvia = \"203.0.113.1\"\ndev = \"wan0\"\n";
const OPEN: &str = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const CLOSED: &str = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const TRANSLATING: &str = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -d 203.0.113.10 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.7\nCOMMIT\n";
const REDIRECTING: &str = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3000\nCOMMIT\n";

/// The codes of the findings about one flow.
fn codes(rules: &str, host: &str, flow: &str) -> Vec<String> {
    findings(rules, host, flow).iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}

/// The findings about one flow.
fn findings(rules: &str, host: &str, flow: &str) -> Vec<Value> {
    findings_of([rules, ""], host, &[flow])
}

/// The findings about flows, with the rules of both IP versions.
fn findings_of(rules: [&str; 2], host: &str, flows: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let [four, six] = rules;
    let (four, host) = (file("rules.v4", four), file("host.toml", host));
    let mut args = vec!["--iptables-save", &four, "--host", &host, "--no-discover", "--format", "json"];
    let six = (!six.is_empty()).then(|| file("rules.v6", six));
    args.extend(six.iter().flat_map(|six| ["--ip6tables-save", six]));
    args.extend(flows.iter().flat_map(|flow| ["--flow", flow]));
    let output = Command::cargo_bin("clearway").expect("the program").args(args).output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{flows:?}: {output:?}"));
    report["findings"].as_array().expect("findings").clone()
}

#[test]
fn causes_that_are_no_rules() {
    let strict = "[sysctls]\n\"net/ipv4/conf/all/rp_filter\" = 1\n";
    let loose = "[sysctls]\n\"net/ipv4/conf/all/rp_filter\" = 2\n";
    let forwards = "forwarding = true\n";
    let masquerading = TRANSLATING.replace("COMMIT", "-A POSTROUTING -s 10.0.0.0/24 -d 10.0.0.7 -j MASQUERADE\nCOMMIT");
    for (before, after, rules, flow, wanted) in [
        ("", "", OPEN, "tcp 192.0.2.1 -> 10.0.0.7:80 in wan0", "forwarding-off"),
        (forwards, "", OPEN, "tcp 192.0.2.1 -> 10.0.0.7:80 in wan0", ""),
        // The rules are asked only of what is forwarded at all.
        ("", "", CLOSED, "tcp 192.0.2.1 -> 10.0.0.7:80 in wan0", "forwarding-off"),
        (forwards, "", CLOSED, "tcp 192.0.2.1 -> 10.0.0.7:80 in wan0", "client-blocked"),
        ("", strict, OPEN, "tcp 198.51.100.7 -> 203.0.113.10:443 in wan0", "reverse-path-filter"),
        ("", strict, OPEN, "tcp 198.51.100.7 -> 203.0.113.10:443 in lan0", ""),
        ("", loose, OPEN, "tcp 198.51.100.7 -> 203.0.113.10:443 in wan0", ""),
        ("", "", OPEN, "tcp 192.0.2.1 -> 127.0.0.1:8080 in wan0", "localnet-martian"),
        ("", "", OPEN, "tcp local -> 10.0.0.5:8080", ""),
        ("", "", OPEN, "tcp local -> [2001:db8:1::1]:443", "route-drop"),
        // Nobody outside means 127.0.0.1 by it.
        ("", "", OPEN, "tcp 192.0.2.1 -> local:8080 in wan0", "listener-elsewhere"),
        ("", "[[listener]]\naddress = \"[::]:81\"\n", OPEN, "tcp any -> local:81", ""),
        ("", "", OPEN, "tcp 192.0.2.1 -> 203.0.113.10:8080 in wan0", "listener-elsewhere"),
        ("", "", OPEN, "tcp 192.0.2.1 -> 203.0.113.10:8081 in wan0", "no-listener"),
        (forwards, "", TRANSLATING, "tcp 10.0.0.9 -> 203.0.113.10:80 in lan0", "hairpin-without-masquerade"),
        (forwards, "", TRANSLATING, "tcp 192.0.2.1 -> 203.0.113.10:80 in wan0", ""),
        (forwards, "", &masquerading, "tcp 10.0.0.9 -> 203.0.113.10:80 in lan0", ""),
        ("", "", REDIRECTING, "tcp 192.0.2.1 -> 203.0.113.10:80 in wan0", "nat-target-gone"),
        ("", "", OPEN, "tcp [2001:db8::7] -> [2001:db8::10]:443 in wan0", "listener-elsewhere"),
    ] {
        let found = codes(rules, &format!("{before}{HOST}{DEFAULT}{after}"), flow);
        assert_eq!(found.join(" "), wanted, "{flow} with {before:?} {after:?}");
    }
    let found = codes(OPEN, HOST, "tcp 192.0.2.1 -> 203.0.113.10:443 in wan0");
    assert_eq!(found, ["route-drop"], "no route back");
    let found = codes(OPEN, HOST, "tcp local -> 192.0.2.80:443");
    assert_eq!(found, ["route-drop"], "without a default route");
}

#[test]
fn bridged_frames_that_meet_rules() {
    let bridge = "[[interface]]\nname = \"br0\"\nkind = \"bridge\"\naddresses = [\"172.18.0.1/16\"]\n";
    let calls = "[sysctls]\n\"net/bridge/bridge-nf-call-iptables\" = 1\n";
    let allowed = CLOSED.replace("COMMIT", "-A FORWARD -i br0 -o br0 -j ACCEPT\nCOMMIT");
    for (rules, sysctls, flow, wanted) in [
        (CLOSED, calls, "tcp 172.18.0.2 -> 172.18.0.3:80 in br0", "client-blocked bridge-filter-surprise"),
        (&allowed, calls, "tcp 172.18.0.2 -> 172.18.0.3:80 in br0", ""),
        (CLOSED, "", "tcp 172.18.0.2 -> 172.18.0.3:80 in br0", "client-blocked"),
        (CLOSED, calls, "tcp 192.0.2.1 -> 172.18.0.3:80 in wan0", "client-blocked"),
    ] {
        let found = codes(rules, &format!("forwarding = true\n{HOST}{bridge}{DEFAULT}{sysctls}"), flow);
        assert_eq!(found.join(" "), wanted, "{flow} with {sysctls:?}");
    }
}

#[test]
fn a_table_of_connections_that_fills_up() {
    let tracking = OPEN.replace("COMMIT", "-A INPUT -m conntrack --ctstate INVALID -j DROP\nCOMMIT");
    let table = |count: u32, max: u32| {
        format!("[sysctls]\n\"net/netfilter/nf_conntrack_count\" = {count}\n\"net/netfilter/nf_conntrack_max\" = {max}\n")
    };
    for (rules, count, max, wanted) in [
        (&*tracking, 900, 1000, "conntrack-near-full"),
        (&*tracking, 1000, 1000, "conntrack-near-full"),
        (&*tracking, 899, 1000, ""),
        // No limit; and nobody tracks.
        (&*tracking, 900, 0, ""),
        (OPEN, 1000, 1000, ""),
    ] {
        let found = codes(rules, &format!("{HOST}{DEFAULT}{}", table(count, max)), "tcp 192.0.2.1 -> 203.0.113.10:443 in wan0");
        assert_eq!(found.join(" "), wanted, "{count} of {max}");
    }
}

#[test]
fn private_targets_that_only_the_default_route_reaches() {
    let rules = TRANSLATING.replace("10.0.0.7", "192.168.77.2");
    let inside = DEFAULT.replace("203.0.113.1", "10.0.0.254").replace("wan0", "lan0");
    let route = "[[route]]\nto = \"192.168.77.0/24\"\nvia = \"10.0.0.9\"\ndev = \"lan0\"\n";
    for (rules, routes, wanted) in [
        (&*rules, DEFAULT.to_owned(), "nat-target-astray"),
        (&*rules, format!("{DEFAULT}{route}"), ""),
        // A router with a private address may know the way.
        (&*rules, inside, ""),
        (TRANSLATING, DEFAULT.to_owned(), ""),
        (&*rules.replace("192.168.77.2", "198.18.0.2"), DEFAULT.to_owned(), ""),
    ] {
        let found = codes(rules, &format!("forwarding = true\n{HOST}{routes}"), "tcp 192.0.2.1 -> 203.0.113.10:80 in wan0");
        assert_eq!(found.join(" "), wanted, "{rules} {routes}");
    }
}
