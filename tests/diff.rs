//! `clearway diff`: which flows change verdict, and exactly which packets are opened or closed, by which rules.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use ipnet::Ipv4Net;
use serde_json::Value;

/// Exit code, standard output, standard error.
fn run(args: &[&str], stdin: &str) -> (i32, String, String) {
    let output = Command::cargo_bin("clearway").expect("the program").args(args).write_stdin(stdin).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

const HOST: &str = "name = \"gw\"\n[[interface]]\nname = \"wan0\"\naddresses = [\"203.0.113.10/24\"]\n\
    [[listener]]\naddress = \"203.0.113.10:443\"\nprogram = \"nginx\"\n[[listener]]\naddress = \"203.0.113.10:8080\"\nprogram = \"app\"\n\
    [[route]]\nto = \"default\"\nvia = \"203.0.113.1\"\ndev = \"wan0\"\n";

/// A filter table with these rules of INPUT behind the usual ones.
fn rules(of_input: &str) -> String {
    format!(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n\
         -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n{of_input}COMMIT\n"
    )
}

/// A snapshot of a host with these rules.
fn snapshot(folder: &Path, name: &str, host: &str, of_input: &str) -> String {
    let path = |end: &str| -> PathBuf { folder.join(format!("{name}.{end}")) };
    fs::write(path("rules"), rules(of_input)).expect("a file");
    fs::write(path("toml"), host).expect("a file");
    let words = |end: &str| path(end).display().to_string();
    let args = ["snapshot", "--iptables-save", &words("rules"), "--host", &words("toml"), "--output", &words("clearway")];
    let (exit, _, complaint) = run(&args, "");
    assert_eq!(exit, 0, "{complaint}");
    words("clearway")
}

const BEFORE: &str = "-A INPUT -p tcp --dport 443 -j ACCEPT\n";
const AFTER: &str = "-A INPUT -s 198.51.100.0/24 -j DROP\n-A INPUT -p tcp --dport 443 -j ACCEPT\n\
    -A INPUT -s 192.0.2.0/25 -p tcp --dport 8080 -j ACCEPT\n";

#[test]
fn what_was_opened_and_closed_is_told_with_the_rules() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (snapshot(folder.path(), "old", HOST, BEFORE), snapshot(folder.path(), "new", HOST, AFTER));
    let (exit, report, complaint) = run(&["diff", &old, &new], "");
    assert_eq!(exit, 1, "{report}{complaint}");
    for words in [
        "clients -> 203.0.113.10:443/tcp (IPv4): pass -> partly",
        "clients -> 203.0.113.10:8080/tcp (IPv4): BLOCKED -> partly",
        "closed clients -> 203.0.113.10:443/tcp (IPv4): clients in 198.51.100.0/24\n",
        "after   is stopped       ip filter INPUT, rule 3  -s 198.51.100.0/24 -j DROP",
        "opened clients -> 203.0.113.10:8080/tcp (IPv4): clients in 192.0.2.0/25\n",
        "before  is stopped       ip filter INPUT, policy DROP",
        "after   passes           ip filter INPUT, rule 5  -s 192.0.2.0/25 -p tcp -m tcp --dport 8080 -j ACCEPT",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

#[test]
fn rules_that_let_the_same_pass_differ_in_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let same = "-A INPUT -s 0.0.0.0/1 -p tcp --dport 443 -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 443,444 -j ACCEPT\n";
    let (old, new) = (snapshot(folder.path(), "old", HOST, BEFORE), snapshot(folder.path(), "new", HOST, same));
    let (exit, report, complaint) = run(&["diff", &old, &new], "");
    assert_eq!(exit, 0, "{report}{complaint}");
    assert!(report.contains("no verdict differs, and no packet was opened or closed"), "{report}");
}

/// Single packets are followed by the tracer, which the kernel agrees with.
#[test]
fn exactly_the_told_packets_fare_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (snapshot(folder.path(), "old", HOST, BEFORE), snapshot(folder.path(), "new", HOST, AFTER));
    let (_, json, _) = run(&["diff", "--format", "json", &old, &new], "");
    let difference: Value = serde_json::from_str(&json).expect("JSON");
    let sources =
        ["198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0", "192.0.1.255", "192.0.2.0", "192.0.2.127", "192.0.2.128"];
    let packets: Vec<(&str, &str)> = sources.iter().flat_map(|source| ["443", "8080"].map(|port| (*source, port))).collect();
    let line = |(source, port): &(&str, &str)| {
        format!(
            r#"{{"src":"{source}","dst":"203.0.113.10","proto":"tcp","sport":40000,"dport":{port},"flags":["syn"],"in":"wan0","ttl":64,"length":60,"mark":0}}"#
        )
    };
    let lines = packets.iter().map(line).collect::<Vec<_>>().join("\n");
    let verdicts = |file: &str| -> Vec<Value> {
        let (_, answers, complaint) = run(&["trace", "--snapshot", file, "--format", "json", "--packets", "-"], &lines);
        let verdicts: Vec<Value> =
            answers.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["verdict"].clone()).collect();
        assert_eq!(verdicts.len(), packets.len(), "{complaint}");
        verdicts
    };
    let changes = difference["changes"].as_array().expect("changes");
    let told = |(source, port): (&str, &str)| -> Vec<&str> {
        let holds = |space: &Value| {
            let net: Ipv4Net = space["src"].as_str().expect("one prefix").parse().expect("a prefix");
            space["dport"] == port && net.contains(&source.parse::<std::net::Ipv4Addr>().expect("an address"))
        };
        let of_packet = changes.iter().filter(|change| change["packets"].as_array().expect("boxes").iter().any(holds));
        of_packet.map(|change| change["change"].as_str().expect("a word")).collect()
    };
    let (mut opened, mut closed) = (0, 0);
    for ((packet, before), after) in packets.iter().zip(verdicts(&old)).zip(verdicts(&new)) {
        let expected = match (before.as_str(), after.as_str()) {
            (Some("drop"), Some("accept")) => vec!["opened"],
            (Some("accept"), Some("drop")) => vec!["closed"],
            (before, after) => {
                assert_eq!(before, after, "{packet:?}");
                Vec::new()
            }
        };
        opened += usize::from(expected == ["opened"]);
        closed += usize::from(expected == ["closed"]);
        assert_eq!(told(*packet), expected, "{packet:?}");
    }
    assert_eq!((opened, closed), (2, 2));
}

/// After a boot interfaces may have other numbers; their names count.
#[test]
fn interfaces_are_the_same_where_their_names_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let lan = "[[interface]]\nname = \"lan0\"\naddresses = [\"10.0.0.1/24\"]\n";
    let (first, last) = (HOST.replacen("[[interface]]", &format!("{lan}[[interface]]"), 1), format!("{HOST}{lan}"));
    let by_name = BEFORE.replace("-p tcp", "-i wan0 -p tcp");
    let old = snapshot(folder.path(), "old", &first, &by_name);
    let (exit, report, complaint) = run(&["diff", &old, &snapshot(folder.path(), "new", &last, &by_name)], "");
    assert_eq!(exit, 0, "{report}{complaint}");
    let other = by_name.replace("wan0", "lan0");
    let (exit, report, complaint) = run(&["diff", &old, &snapshot(folder.path(), "other", &last, &other)], "");
    assert_eq!(exit, 1, "{report}{complaint}");
    assert!(report.contains("closed clients -> 203.0.113.10:443/tcp (IPv4): clients in all but 10.0.0.0/24"), "{report}");
    let (_, report, _) = run(&["diff", &snapshot(folder.path(), "without", HOST, &by_name), &old], "");
    assert!(report.contains("interface lan0 is there only after"), "{report}");
}

/// A limit stops some of what it did not stop before, and nobody knows which.
#[test]
fn what_passes_under_a_condition_only_passes_sometimes() {
    let folder = tempfile::tempdir().expect("a folder");
    let limited = BEFORE.replace("-j ACCEPT", "-m limit --limit 5/second -j ACCEPT");
    let (old, new) = (snapshot(folder.path(), "old", HOST, BEFORE), snapshot(folder.path(), "new", HOST, &limited));
    let (exit, report, complaint) = run(&["diff", &old, &new], "");
    assert_eq!(exit, 1, "{report}{complaint}");
    assert!(report.contains("pass -> degraded") && report.contains("passes sometimes"), "{report}");
    let (exit, report, complaint) = run(&["diff", &new, &new], "");
    assert_eq!(exit, 0, "{report}{complaint}");
}

#[test]
fn what_is_unknown_is_not_called_equal() {
    let folder = tempfile::tempdir().expect("a folder");
    let unknown = format!("-A INPUT -p tcp --dport 443 -m sorcery --spell 5 -j DROP\n{BEFORE}");
    let unknown = snapshot(folder.path(), "unknown", HOST, &unknown);
    let (exit, report, complaint) = run(&["diff", &unknown, &unknown], "");
    assert_eq!(exit, 3, "{report}{complaint}");
    let (exit, _, complaint) = run(&["diff", "/nonexistent", &unknown], "");
    assert_eq!(exit, 2, "{complaint}");
}
