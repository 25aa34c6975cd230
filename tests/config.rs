//! The operator's own file: flows that must pass or must not, clients, allowances.

use assert_cmd::Command;
use serde_json::Value;

const RULES: &str = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n\
    -A INPUT -p tcp -m tcp --dport 443 -s 10.0.0.0/8 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT\nCOMMIT\n";

/// Exit code, standard output, standard error.
fn run(config: &str, more: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("clearway.toml");
    std::fs::write(&path, config).expect("a file");
    let path = path.display().to_string();
    let args = [&["--iptables-save", "-", "--config", &path], more].concat();
    let output = Command::cargo_bin("clearway").expect("the program").args(args).write_stdin(RULES).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8").replace(&path, "FILE");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

#[test]
fn what_must_be_kept_out() {
    let config = "[[flow]]\nflow = \"tcp any -> 192.0.2.1:8080\"\nexpect = \"block\"\n[[flow]]\nflow = \"tcp any -> 192.0.2.1:22\"\nexpect = \"block\"\n";
    let (exit, report, complaint) = run(config, &["--no-discover"]);
    assert_eq!(exit, 1, "{report}{complaint}");
    assert!(report.contains("192.0.2.1:8080/tcp") && report.contains("GETS IN"), "{report}");
    assert!(report.contains("error[expected-block-passes]: 192.0.2.1:8080/tcp is reached"), "{report}");
    assert!(report.contains("kept out") && !report.contains("client-blocked"), "{report}");
    let (_, json, _) = run(config, &["--no-discover", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["flows"][0]["expect"], "block", "{json:#}");
    let (exit, report, _) = run("[[flow]]\nflow = \"tcp any -> 192.0.2.1:22\"\nexpect = \"block\"\n", &["--no-discover"]);
    assert_eq!(exit, 0, "{report}");
    assert!(report.contains("1 is kept out as wanted"), "{report}");
}

#[test]
fn who_the_clients_are() {
    let (exit, report, _) = run("", &[]);
    assert!(exit == 1 && report.contains("mostly-blocked"), "{report}");
    let (_, report, _) = run("clients = [\"10.1.0.0/16\"]\n", &[]);
    let line = report.lines().find(|line| line.contains("10.1.0.0/16 -> 192.0.2.1:443/tcp")).unwrap_or_default();
    assert!(line.contains("pass"), "{report}");
}

#[test]
fn what_is_allowed_does_not_count_and_is_listed() {
    let config = "[[flow]]\nflow = \"tcp any -> 192.0.2.1:22\"\n[[allow]]\ncode = \"client-blocked\"\nto = \"192.0.2.1:22/tcp\"\nreason = \"by VPN only\"\n";
    let (exit, report, _) = run(config, &["--no-discover"]);
    assert_eq!(exit, 0, "{report}");
    assert!(report.contains("allowed[client-blocked]: clients can't reach 192.0.2.1:22/tcp (by VPN only)"), "{report}");
    let (_, json, _) = run(config, &["--no-discover", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["allowed"][0]["reason"], "by VPN only", "{json:#}");

    let (exit, report, _) = run(&format!("{config}until = 2020-01-31\n"), &["--no-discover"]);
    assert_eq!(exit, 1, "{report}");
    assert!(report.contains("FILE:4: the allowance of client-blocked ended on 2020-01-31"), "{report}");
    let (_, report, _) = run(&config.replace("1:22/tcp", "1:23/tcp"), &["--no-discover"]);
    assert!(report.contains("FILE:4: nothing is found for which client-blocked is allowed"), "{report}");
}

#[test]
fn what_is_wrong_in_it_is_told_before_all() {
    let (exit, report, complaint) = run("[[flow]]\nflwo = \"tcp any -> 192.0.2.1:22\"\n", &[]);
    assert_eq!(exit, 2, "{report}");
    assert!(report.is_empty() && complaint.contains("FILE:2:1: unknown field `flwo`"), "{complaint}");
}
