//! What stops the traffic of a proxy, and why: names, own addresses, bans, blocklists, limits; and what is open that need not be.

use assert_cmd::Command;
use serde_json::Value;

use super::{DEFAULT, HOST};

const NGINX: &str = "events {} http { server { listen 443; location / { proxy_pass http://UPSTREAM; } } }\n";
const SETS: &str = "create banned hash:ip family inet\nadd banned 10.0.0.5\ncreate bogons hash:net family inet\nadd bogons 10.0.0.0/8\nadd bogons 127.0.0.0/8\n";

/// An upstream, rules of the filter table, and the codes of the findings about the proxy's legs, without notes.
type Case = (&'static str, &'static [&'static str], &'static str);

const REPLIES: &str = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
const OPEN: &str = "-A INPUT -p tcp --dport 443 -j ACCEPT";

const CASES: &[Case] = &[
    ("10.0.0.5:8080", &[], ""),
    ("10.0.0.5:8080", &["-A OUTPUT -p tcp --dport 8080 -j DROP"], "upstream-blocked"),
    // This host's own addresses.
    ("203.0.113.10:8080", &["-A INPUT -s 127.0.0.0/8 -j ACCEPT", REPLIES, OPEN, "-A INPUT -j DROP"], "own-address-blocked"),
    ("203.0.113.10:8080", &["-A INPUT -i lo -j ACCEPT", REPLIES, OPEN, "-A INPUT -j DROP"], ""),
    ("127.0.0.1:8080", &[REPLIES, OPEN, "-A INPUT -j DROP"], "loopback-blocked"),
    // Bans: of what is sent, and of the answer; one of somebody else is none.
    ("10.0.0.5:8080", &["-A OUTPUT -m set --match-set banned dst -j DROP"], "gateway-address-banned"),
    ("10.0.0.5:8080", &["-A INPUT -m set --match-set banned src -j REJECT"], "gateway-address-banned"),
    ("10.0.0.6:8080", &["-A INPUT -m set --match-set banned src -j REJECT"], ""),
    (
        "10.0.0.5:8080",
        &[":f2b-web - [0:0]", "-A INPUT -p tcp -j f2b-web", "-A f2b-web -s 10.0.0.5/32 -j REJECT", "-A f2b-web -j RETURN"],
        "gateway-address-banned",
    ),
    // Private networks in a list of others.
    ("10.0.0.5:8080", &["-A OUTPUT -m set --match-set bogons dst -j DROP"], "blocklist-with-private-space"),
    ("10.0.0.5:8080", &["-A INPUT -i wan0 -m set --match-set bogons src -j DROP"], ""),
    ("198.51.100.9:8080", &["-A OUTPUT -m set --match-set bogons dst -j DROP"], ""),
    // Limits that have the proxy for the only sender.
    (
        "10.0.0.5:8080",
        &["-A OUTPUT -p tcp --dport 8080 -m limit --limit 5/sec -j ACCEPT", "-A OUTPUT -p tcp --dport 8080 -j DROP"],
        "rate-limit-on-proxy",
    ),
    (
        "10.0.0.5:8080",
        &["-A OUTPUT -p tcp --dport 8080 -m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name a -j DROP"],
        "rate-limit-on-proxy",
    ),
    ("10.0.0.5:8080", &["-A OUTPUT -p tcp --dport 8080 -m connlimit --connlimit-above 9 -j REJECT"], "connection-limit-on-proxy"),
    ("10.0.0.5:8080", &["-A OUTPUT -p tcp --dport 8080 -m statistic --mode random --probability 0.1 -j DROP"], "sometimes-blocked"),
];

const HEARD: &str = "[[listener]]\naddress = \"203.0.113.10:8080\"\n";

#[test]
fn legs_of_a_proxy() {
    for (upstream, rules, wanted) in CASES {
        let found = codes(&NGINX.replace("UPSTREAM", upstream), &[], rules, HEARD, |flow| flow.contains("local ->"));
        assert_eq!(found.join(" "), *wanted, "{upstream} {rules:#?}");
    }
}

/// Each client has a limit of its own, or all have one.
#[test]
fn limits_of_clients() {
    for (rule, wanted) in [
        ("-m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name a -j DROP", "sometimes-blocked"),
        ("-m hashlimit --hashlimit-above 5/sec --hashlimit-mode dstport --hashlimit-name a -j DROP", "rate-limit-on-proxy"),
        ("-m connlimit --connlimit-above 9 -j DROP", "sometimes-blocked"),
        ("-m connlimit --connlimit-above 9 --connlimit-mask 0 -j DROP", "connection-limit-on-proxy"),
    ] {
        for (source, wanted) in [("any", wanted), ("10.0.0.3", if wanted == "sometimes-blocked" { "" } else { wanted })] {
            let rule = format!("-A INPUT -p tcp --dport 443 {rule}");
            let flow = ["--no-discover", "--flow", &format!("tcp {source} -> 203.0.113.10:443")];
            let found = codes("events {}\n", &flow, &[&rule], "", |_| true);
            if wanted.is_empty() {
                assert!(found.iter().all(|code| code.ends_with("-on-proxy")) && found.len() == 1, "{source} {rule}: {found:?}");
            } else {
                assert_eq!(found.join(" "), wanted, "{source} {rule}");
            }
        }
    }
}

#[test]
fn open_ports_that_only_the_proxy_needs() {
    let config = NGINX.replace("UPSTREAM", "127.0.0.1:3000");
    let listener = |address: &str| format!("[[listener]]\naddress = \"{address}:3000\"\n");
    for (address, rules, wanted) in [
        ("0.0.0.0", &[][..], "exposed-upstream"),
        ("127.0.0.1", &[], ""),
        ("0.0.0.0", &["-A INPUT -i lo -j ACCEPT", REPLIES, OPEN, "-A INPUT -j DROP"], ""),
    ] {
        let found = codes(&config, &[], rules, &listener(address), |flow| flow.ends_with(":3000"));
        assert_eq!(found.join(" "), wanted, "{address} {rules:?}");
    }
}

#[test]
fn packets_that_connection_tracking_does_not_know() {
    let invalid = "-A INPUT -m conntrack --ctstate INVALID -j DROP";
    for (flow, rules, wanted) in [
        ("tcp 192.0.2.1 -> 203.0.113.10:443 in wan0", &[invalid][..], ""),
        ("tcp 192.0.2.1 -> 203.0.113.10:443 in wan0 state invalid", &[invalid], "client-blocked invalid-state-drop"),
        ("tcp 192.0.2.1 -> 203.0.113.10:443 in wan0 state invalid", &["-A INPUT -p tcp --dport 443 -j DROP"], "client-blocked"),
    ] {
        let found = all("events {}\n", &["--no-discover", "--flow", flow], rules, "");
        let found: Vec<&str> = found.iter().filter_map(|finding| finding["code"].as_str()).collect();
        assert_eq!(found.join(" "), wanted, "{flow} {rules:?}");
    }
}

/// The codes of findings above notes about flows of a kind, each once.
fn codes(nginx: &str, args: &[&str], rules: &[&str], host: &str, of: impl Fn(&str) -> bool) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for finding in all(nginx, args, rules, host) {
        let code = finding["code"].as_str().expect("a code").to_owned();
        if finding["severity"] != "note" && of(finding["flow"].as_str().unwrap_or_default()) && !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn all(nginx: &str, args: &[&str], rules: &[&str], host: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let host = put("host.toml", &format!("{HOST}{host}{DEFAULT}"));
    let sets = put("sets", SETS);
    let proxy = format!("nginx={}", put("nginx.conf", nginx));
    let (chains, rules): (Vec<&str>, Vec<&str>) = rules.iter().partition(|rule| rule.starts_with(':'));
    let chains: String = chains.iter().map(|chain| format!("{chain}\n")).collect();
    let dump = format!("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{chains}{}\nCOMMIT\n", rules.join("\n"));
    let output = Command::cargo_bin("clearway")
        .expect("the program")
        .args(["--iptables-save", "-", "--ipset-save", &sets, "--host", &host, "--proxy", &proxy, "--no-dns", "--format", "json"])
        .args(args)
        .write_stdin(dump.clone())
        .output()
        .expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{dump}\n{output:?}"));
    report["findings"].as_array().expect("findings").clone()
}
