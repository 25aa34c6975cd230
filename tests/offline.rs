//! Saved rules without a kernel: what is audited, what is assumed, and what is told of what can't be read.

use assert_cmd::Command;

/// Exit code, standard output, standard error.
fn run(args: &[&str], stdin: &str) -> (i32, String, String) {
    let output = Command::cargo_bin("clearway").expect("the program").args(args).write_stdin(stdin).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

const RULES: &str = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
    [7:420] -A INPUT -i lo -j ACCEPT\n[1:60] -A INPUT -i wan0 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n";

#[test]
fn a_pasted_dump_is_audited_and_what_it_lacks_is_assumed() {
    let (exit, report, complaint) = run(&["--iptables-save", "-"], RULES);
    assert_eq!(exit, 1, "{report}{complaint}");
    assert!(report.contains("clients -> 192.0.2.1:443/tcp"), "{report}");
    assert!(report.contains("BLOCKED  ip filter INPUT, policy DROP"), "{report}");
    assert!(report.contains("wan0 192.0.2.1/24") && report.contains("--host"), "{report}");
}

#[test]
fn the_host_around_it_can_be_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (host, rules) = (folder.path().join("host.toml"), folder.path().join("rules"));
    let description = "name = \"gw\"\n[[interface]]\nname = \"wan0\"\naddresses = [\"203.0.113.10/24\"]\n\
        [[listener]]\naddress = \"203.0.113.10:443\"\nprogram = \"nginx\"\n";
    std::fs::write(&host, description).expect("a file");
    std::fs::write(&rules, RULES).expect("a file");
    let (host, rules) = (host.display().to_string(), rules.display().to_string());
    let (_, report, _) = run(&["flows", "--iptables-save", &rules, "--host", &host], "");
    assert!(report.contains("203.0.113.10:443") && !report.contains(":80/"), "{report}");
    let trace = ["trace", "--iptables-save", &rules, "--host", &host, "tcp 198.51.100.7 -> 203.0.113.10:443 in wan0"];
    let (exit, report, complaint) = run(&trace, "");
    assert_eq!(exit, 0, "{report}{complaint}");
    assert!(report.contains("-i wan0 -p tcp -m tcp --dport 443 -j ACCEPT"), "{report}");
}

#[test]
fn the_report_says_whose_rule_it_is() {
    let text = RULES.replace(
        "COMMIT",
        ":ufw-user-input - [0:0]\n-I INPUT -j ufw-user-input\n\
         -A ufw-user-input -p tcp --dport 443 -j DROP -m comment --comment dapp_Nginx%20Full\nCOMMIT",
    );
    let (exit, report, complaint) = run(&["--iptables-save", "-"], &text);
    assert_eq!(exit, 1, "{report}{complaint}");
    assert!(report.contains("written by ufw)"), "{report}");
    assert!(report.contains("written by   ufw: application Nginx Full, rules of the command ufw"), "{report}");
    assert!(report.contains("written by   ufw: default policy"), "{report}");
    let (_, json, _) = run(&["--iptables-save", "-", "--format", "json"], &text);
    assert!(json.contains("\"part\": \"application Nginx Full\"") || json.contains("\"part\":\"application Nginx Full\""), "{json}");
}

#[test]
fn what_cannot_be_read_has_its_place_and_the_rest_counts() {
    let text = RULES.replace("COMMIT", "-A INPUT -p udp -m sorcery --spell 5 -j ACCEPT\nCOMMIT");
    let (exit, report, complaint) = run(&["--iptables-save", "-", "--flow", "tcp any -> 192.0.2.1:443"], &text);
    assert_eq!(exit, 3, "{report}{complaint}");
    assert!(report.contains("-:7:17:") && report.contains("sorcery"), "{report}");
    // What the rule certainly does not match is not in doubt.
    assert!(report.lines().any(|line| line.contains(":443/tcp") && line.contains("pass")), "{report}");
}

#[test]
fn nonsense_is_told() {
    for (args, stdin, words) in [
        (vec!["--host", "x.toml"], "", "--iptables-save"),
        (vec!["--iptables-save", "/nonexistent"], "", "/nonexistent"),
        (vec!["--iptables-save", "-", "--netns", "x"], "", "cannot be used with"),
        (vec!["--iptables-save", "-", "--host", "Cargo.toml"], RULES, "Cargo.toml"),
    ] {
        let (exit, _, complaint) = run(&args, stdin);
        assert_eq!(exit, 2, "{args:?}: {complaint}");
        assert!(complaint.contains(words), "{args:?}: {complaint}");
    }
}

#[test]
fn the_element_that_stops_a_client_is_told_with_its_time_and_comment() {
    let folder = tempfile::tempdir().expect("a folder");
    let (rules, sets) = (folder.path().join("rules"), folder.path().join("sets"));
    let ban = "-A INPUT -m set --match-set f2b-web src -j DROP\n";
    std::fs::write(&rules, RULES.replace("[7:420]", &format!("{ban}[7:420]"))).expect("a file");
    std::fs::write(
        &sets,
        "create f2b-web hash:net timeout 600 comment\nadd f2b-web 198.51.100.0/24 timeout 560 comment \"scans\"\n\
         add f2b-web 198.51.100.9 timeout 0 nomatch\n",
    )
    .expect("a file");
    let (rules, sets) = (rules.display().to_string(), sets.display().to_string());
    let sources = ["--iptables-save", &rules, "--ipset-save", &sets, "--flow", "tcp 198.51.100.7 -> 192.0.2.1:443"];
    let (exit, report, complaint) = run(&sources, "");
    assert_eq!(exit, 1, "{report}{complaint}");
    assert!(report.contains("198.51.100.7 is in ipset f2b-web as 198.51.100.0/24 (time left 9 min, \"scans\")"), "{report}");
    let (_, json, _) = run(&[&sources[..], &["--format", "json"]].concat(), "");
    let audit: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let member = &audit["findings"][0]["evidence"][0]["members"][0];
    assert_eq!((member["time_left"].as_u64(), member["comment"].as_str()), (Some(560), Some("scans")), "{audit:#}");
}
