//! The command line: what it answers to bad input, and with which exit code.

use std::{fs, path::PathBuf};

use assert_cmd::Command;

fn clearway() -> Command {
    let mut command = Command::cargo_bin("clearway").expect("the program is built with its tests");
    command.env_remove("CLICOLOR_FORCE");
    command
}

/// A snapshot that every test can read: the demo's.
fn demo() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/demo/gateway.clearway")
}

/// Runs it; returns exit code, standard output and standard error.
fn run(args: &[&str]) -> (i32, String, String) {
    run_with(args, "")
}

fn run_with(args: &[&str], stdin: &str) -> (i32, String, String) {
    let output = clearway().args(args).write_stdin(stdin).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

fn fails(args: &[&str], code: i32, words: &[&str]) {
    let (exit, _, complaint) = run(args);
    assert_eq!(exit, code, "{args:?}: {complaint}");
    for word in words {
        assert!(complaint.contains(word), "{args:?}: '{word}' is not in: {complaint}");
    }
    assert!(!complaint.contains("panicked"), "{args:?}: {complaint}");
}

#[test]
fn usage_errors_end_with_2() {
    fails(&["--no-such-option"], 2, &["--no-such-option"]);
    fails(&["frobnicate"], 2, &["frobnicate"]);
    fails(&["trace"], 2, &["EXPR"]);
    fails(&["snapshot"], 2, &["--output"]);
    fails(&["explain", "no-such-code"], 2, &["client-blocked"]);
    fails(&["--netns", "x", "--snapshot", "y"], 2, &["cannot be used with"]);
}

#[test]
fn nonsense_flows_name_the_column() {
    let file = demo().display().to_string();
    fails(&["trace", "--snapshot", &file, "tcp any 10.0.0.1:80"], 2, &["column 9", "'->'"]);
    fails(&["--snapshot", &file, "--flow", "tcp any -> 10.0.0.300:80"], 2, &["column 12", "no address"]);
    fails(&["trace", "--snapshot", &file, "tcp any -> local:80 in nosuch0"], 2, &["nosuch0"]);
    fails(&["--snapshot", &file, "--no-discover"], 2, &["--flow"]);
}

#[test]
fn snapshots_that_are_none_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        path.display().to_string()
    };
    let whole = fs::read(demo()).expect("the demo");
    for command in ["audit", "rules", "flows"] {
        fails(&[command, "--snapshot", "/no/such/file"], 2, &["/no/such/file", "No such file"]);
        fails(&[command, "--snapshot", &write("cut", &whole[..whole.len() / 2])], 2, &["truncated"]);
        fails(&[command, "--snapshot", &write("foreign", b"*filter\n:INPUT ACCEPT\n")], 2, &["not a clearway snapshot"]);
        fails(&[command, "--snapshot", &write("newer", br#"{"version":99,"clearway":"7.0.0"}"#)], 2, &["format 99"]);
        fails(&[command, "--snapshot", &write("empty", b"")], 2, &["not a clearway snapshot"]);
    }
}

#[test]
fn unknown_namespaces_are_named() {
    fails(&["--netns", "no-such-namespace"], 2, &["no-such-namespace"]);
    fails(&["--netns", "999999999"], 2, &["999999999"]);
    fails(&["--netns", "/etc/hostname"], 2, &["/etc/hostname"]);
}

#[test]
fn packets_that_are_none_name_line_and_column() {
    let file = demo().display().to_string();
    let trace = ["trace", "--snapshot", &file, "--format", "json", "--packets", "-"];
    let good = r#"{"id":1,"src":"192.0.2.5","dst":"203.0.113.10","proto":"tcp","sport":40000,"dport":443,"flags":["syn"],"in":"eth0"}"#;
    for (bad, words) in [
        (r#"{"id":2,"dst":"10.0.0.1","colour":1}"#, &["-:2:33", "unknown field `colour`"][..]),
        (r#"{"id":2,"dst":"10.0.0.1","in":"nosuch0"}"#, &["-:2:26", "nosuch0"]),
        (r#"{"id":2,"dst":"10.0.0.1""#, &["-:2:", "EOF"]),
        (r#"{"id":2,"src":"10.0.0.1","dst":"::1"}"#, &["-:2:9", "different IP versions"]),
        ("packet", &["-:2:1"]),
        (r#"{"id":2,"dst":"10.0.0.1","proto":"tcp","dport":70000}"#, &["-:2:", "70000"]),
    ] {
        let (exit, answers, complaint) = run_with(&trace, &format!("{good}\n{bad}\n{good}\n"));
        assert!(exit >= 2, "{bad}: {exit} {complaint}");
        for word in words {
            assert!(complaint.contains(word), "{bad}: '{word}' is not in: {complaint}");
        }
        assert_eq!(answers.lines().count(), 2, "the good packets are answered: {answers}");
    }
    fails(&["trace", "--snapshot", &file, "--packets", "/no/such/file"], 2, &["/no/such/file"]);
}

#[test]
fn answers_come_in_order_and_carry_the_id() {
    let file = demo().display().to_string();
    let packets: String = (0..50)
        .map(|id| format!("{{\"id\":\"p{id}\",\"src\":\"192.0.2.{id}\",\"dst\":\"203.0.113.10\",\"proto\":\"tcp\",\"sport\":40000,\"dport\":443,\"flags\":[\"syn\"],\"in\":\"eth0\",\"ttl\":64,\"dscp\":0,\"length\":40,\"mark\":0}}\n"))
        .collect();
    let (exit, answers, _) = run_with(&["trace", "--snapshot", &file, "--packets", "-", "--format", "json"], &packets);
    assert_eq!(exit, 0, "{answers}");
    let ids: Vec<String> = answers
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(ids, (0..50).map(|id| format!("p{id}")).collect::<Vec<_>>());
}

#[test]
fn the_demo_needs_nothing_and_finds_something() {
    let (exit, report, complaint) = run(&["demo"]);
    assert_eq!(exit, 1, "it ends as an audit with errors does: {complaint}");
    for word in ["FLOW", "BLOCKED", "error[", "rule", "clients see", "witness"] {
        assert!(report.contains(word), "'{word}' is not in: {report}");
    }
    assert!(!report.contains('\u{1b}'), "no colours without a terminal");
}

#[test]
fn findings_end_with_1_and_fail_on_moves_the_bar() {
    let file = demo().display().to_string();
    let (exit, ..) = run(&["--snapshot", &file]);
    assert_eq!(exit, 1);
    let (exit, report, _) = run(&["audit", "--snapshot", &file, "--no-discover", "--flow", "tcp 127.0.0.1 -> 127.0.0.1:9000"]);
    assert_eq!(exit, 0, "{report}");
    assert_eq!(report.lines().count(), 1, "a clean host gets one line: {report}");
}

/// A flow that names its outgoing interface is of the packets that leave by it, and says so where there are none.
#[test]
fn flows_leave_by_the_interface_that_they_name() {
    let file = demo().display().to_string();
    let trace = |flow: &str| run(&["trace", "--snapshot", &file, "--format", "json", flow]);
    let destinations = |flow: &str| {
        let (_, answer, complaint) = trace(flow);
        let answer: serde_json::Value = serde_json::from_str(&answer).expect(&complaint);
        let outcomes = answer["flows"][0]["outcomes"].as_array().expect("outcomes").clone();
        let mut found: Vec<String> = outcomes.iter().map(|outcome| outcome["space"]["dst"].to_string().replace('"', "")).collect();
        found.dedup();
        found
    };
    // Stopped in output, and let through.
    for protocol in ["tcp", "udp"] {
        let to = |interface: &str| destinations(&format!("{protocol} local -> 10.0.3.12,198.51.100.9:53 out {interface}"));
        assert_eq!(to("eth1"), ["10.0.3.12"]);
        assert_eq!(to("eth0"), ["198.51.100.9"]);
    }
    assert_eq!(destinations("tcp local -> 127.0.0.1:9000 out lo"), ["127.0.0.1"]);
    for (flow, interface) in [("tcp local -> 10.0.3.12:80 out eth0", "eth0"), ("tcp any -> local:443 out eth1", "eth1")] {
        fails(&["trace", "--snapshot", &file, flow], 2, &[&format!("none of its packets leaves by '{interface}'")]);
    }
    fails(&["--snapshot", &file, "--flow", "tcp local -> 10.0.3.12:80 out eth0"], 2, &["none of its packets leaves by 'eth0'"]);
}

#[test]
fn results_go_to_the_file_that_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json").display().to_string();
    let (_, printed, _) = run(&["demo", "--format", "json", "--output", &path]);
    assert_eq!(printed, "");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("written")).expect("JSON");
    assert_eq!(report["schema"], "clearway-audit-1");
    fails(&["demo", "--output", "/no/such/folder/report"], 3, &["/no/such/folder/report"]);
}

#[test]
fn every_finding_is_explained() {
    let (exit, list, _) = run(&["explain"]);
    assert_eq!(exit, 0);
    for line in list.lines() {
        let code = line.split_whitespace().next().expect("a code");
        let (exit, text, _) = run(&["explain", code]);
        assert_eq!(exit, 0);
        assert!(text.starts_with(code) && text.lines().count() > 2, "{text}");
    }
}

#[test]
fn a_snapshot_read_back_and_written_again_says_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.clearway").display().to_string();
    let file = demo().display().to_string();
    let (exit, ..) = run(&["snapshot", "--snapshot", &file, "-o", &copy]);
    assert_eq!(exit, 0);
    for command in [&["audit"][..], &["rules"], &["flows"]] {
        let of = |file: &str| run(&[command, &["--snapshot", file, "--format", "json"]].concat()).1;
        assert_eq!(of(&file), of(&copy));
    }
}

/// Without a privilege the message names the capability and what could not be read; the rest is audited, and the exit code says that
/// something is missing. Root becomes nobody for it.
#[test]
fn without_privilege_the_capability_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("clearway");
    fs::copy(assert_cmd::cargo::cargo_bin("clearway"), &program).expect("copied");
    let mut command = std::process::Command::new(&program);
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(folder.path(), Some(65534), Some(65534)).expect("root may");
        command = std::process::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]).arg(&program);
    }
    let _listening = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let output = command.output().expect("setpriv is part of util-linux");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{complaint}");
    for words in ["nf_tables rules could not be read: it takes the capability CAP_NET_ADMIN", "FLOW", "unknown"] {
        assert!(complaint.contains(words), "'{words}' is not in: {complaint}");
    }
}

/// Names may be anything, also what a terminal takes for commands: text shows them, JSON keeps them.
#[test]
fn names_do_not_command_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("host.clearway");
    let host = "web\u{1b}[2J\n\u{1b}]0;title\u{7}\u{202e}";
    let version = clearway::snapshot::VERSION;
    let snapshot = clearway::snapshot::Snapshot { version, clearway: "0.1.0".into(), host: host.into(), ..Default::default() };
    snapshot.write(&path).expect("written");
    let text = clearway().args(["audit", "--snapshot"]).arg(&path).output().expect("it runs");
    let text = String::from_utf8(text.stdout).expect("text");
    assert!(text.contains("web\\u{1b}[2J\\n\\u{1b}]0;title\\u{7}\\u{202e}"), "{text:?}");
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    let json = clearway().args(["audit", "--format", "json", "--snapshot"]).arg(&path).output().expect("it runs");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["host"]["name"], host);
}
