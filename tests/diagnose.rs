//! Log lines held against an audit: the finding that predicts a line is its cause, and where none does nothing is blamed.

use assert_cmd::Command;
use serde_json::Value;

const HOST: &str = r#"
name = "gw"
[[interface]]
name = "wan0"
addresses = ["203.0.113.10/24"]
[[interface]]
name = "lan0"
addresses = ["10.0.0.1/24"]
[[route]]
to = "10.9.0.0/16"
via = "10.0.0.9"
dev = "lan0"
[[listener]]
address = "203.0.113.10:443"
"#;

const RULES: &str = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
    -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 443 -j ACCEPT\n\
    -A OUTPUT -p tcp --dport 8080 -j DROP\n-A OUTPUT -p tcp --dport 8081 -j REJECT --reject-with icmp-host-prohibited\nCOMMIT\n";

fn nginx(number: u32, doing: &str, to: &str) -> String {
    format!(
        "2026/01/02 03:04:05 [error] 7#7: *1 connect() failed ({number}: in some language) while {doing}, client: 192.0.2.1, server: , request: \"GET / HTTP/1.1\", upstream: \"{to}\", host: \"x\""
    )
}

/// A line, the codes of its causes, and of other findings about the flow.
fn cases() -> Vec<(String, &'static str, &'static str)> {
    let connecting = "connecting to upstream";
    let packet = |source: &str, port: u16| {
        format!("kernel: [UFW BLOCK] IN=wan0 OUT= MAC=00 SRC={source} DST=203.0.113.10 LEN=60 PROTO=TCP SPT=4000 DPT={port} SYN")
    };
    vec![
        (nginx(110, connecting, "http://10.0.0.5:8080/"), "upstream-blocked", ""),
        (nginx(113, connecting, "http://10.0.0.5:8081/"), "upstream-blocked", ""),
        // A drop is never refused, and no rule says what has no number.
        (nginx(111, connecting, "http://10.0.0.5:8080/"), "", "upstream-blocked"),
        (nginx(110, connecting, "http://10.0.0.5:8081/"), "", "upstream-blocked"),
        (nginx(111, connecting, "http://10.0.0.5:80/"), "", ""),
        (nginx(110, "reading response header from upstream", "http://10.0.0.5:8080/"), "", "upstream-blocked"),
        (nginx(101, connecting, "http://192.0.2.9:80/"), "route-drop", ""),
        ("(113)No route to host: AH00957: http: attempt to connect to 10.0.0.5:8081 (10.0.0.5:8081) failed".into(), "upstream-blocked", ""),
        (r#"{"level":"error","msg":"dial tcp 10.0.0.5:8080: i/o timeout","status":502}"#.into(), "upstream-blocked", ""),
        (r#"{"level":"error","msg":"dial tcp 10.0.0.5:8081: connect: no route to host"}"#.into(), "upstream-blocked", ""),
        (packet("192.0.2.1", 22), "client-blocked", ""),
        (packet("203.0.113.7", 443), "", ""),
        // Who logs packets before it lets them pass has not stopped them, whatever becomes of the reply.
        (packet("192.0.2.1", 443), "", "route-drop"),
        // An interface that is gone is no reason to say nothing.
        (packet("192.0.2.1", 22).replace("wan0", "ppp7"), "client-blocked", ""),
    ]
}

#[test]
fn lines_and_their_causes() {
    for (line, causes, others) in cases() {
        let (report, exit) = diagnose(&line, "");
        let event = &report["events"][0];
        let codes = |list: &Value| {
            let codes = list
                .as_array()
                .into_iter()
                .flatten()
                .map(|index| report["audit"]["findings"][index.as_u64().unwrap_or(99) as usize]["code"].as_str());
            codes.map(|code| code.unwrap_or("no such finding")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((codes(&event["causes"]).as_str(), codes(&event["others"]).as_str()), (causes, others), "{line}\n{report:#}");
        assert_eq!(event["elsewhere"].is_null(), !causes.is_empty(), "{line}");
        assert_eq!(exit, Some(i32::from(!causes.is_empty())), "{line}");
    }
}

#[test]
fn a_log_from_standard_input() {
    let lines: Vec<String> = cases().into_iter().map(|(line, ..)| line).collect();
    let log = format!("{}\n\n\u{1b}[31mnoise\n{}\n", lines.join("\r\n"), lines[0]);
    let (report, exit) = diagnose("-", &log);
    let events = report["events"].as_array().expect("events");
    assert_eq!((events.len(), exit), (lines.len(), Some(1)));
    assert_eq!(events[0]["lines"], 2);
    assert_eq!((report["unread_lines"].as_u64(), report["unread"][0].as_u64()), (Some(1), Some(lines.len() as u64 + 2)));
}

#[test]
fn a_backend_is_its_servers() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let (host, rules) = (put("host.toml", HOST), put("rules", RULES));
    let config = put(
        "haproxy.cfg",
        "defaults\n mode http\n timeout connect 3s\n timeout client 9s\n timeout server 9s\nfrontend web\n bind 203.0.113.10:443\n default_backend app\n\
         backend app\n server app1 10.0.0.5:8080\nbackend fine\n server fine1 10.0.0.5:80\n",
    );
    let line = r#"Jan  2 03:04:05 web haproxy[7]: 192.0.2.1:4000 [02/Jan/2026:03:04:05.123] web app/app1 0/0/-1/-1/3001 503 217 - - sC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1""#;
    for (line, blamed) in [(line.to_owned(), true), (line.replace(" app/app1 ", " fine/fine1 "), false)] {
        let proxy = format!("haproxy={config}");
        let args = ["diagnose", "--iptables-save", &rules, "--host", &host, "--proxy", &proxy, "--format", "json", "--", &line];
        let output = Command::cargo_bin("clearway").expect("the program").args(args).output().expect("it runs");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let event = &report["events"][0];
        assert_eq!(event["flows"].as_array().map(Vec::len), Some(1), "{report:#}");
        assert_eq!(event["causes"].as_array().map(Vec::len), Some(usize::from(blamed)), "{report:#}");
    }
}

#[test]
fn what_is_no_log_is_told() {
    for text in ["hello", "IN=", "\u{0}\u{1b}]0;x\u{7}", "dial tcp x: y"] {
        let (_, exit) = diagnose("-", text);
        assert_eq!(exit, Some(2), "{text:?}");
    }
}

fn diagnose(what: &str, stdin: &str) -> (Value, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let (host, rules) = (put("host.toml", HOST), put("rules", RULES));
    let args = ["diagnose", "--iptables-save", &rules, "--host", &host, "--no-discover", "--format", "json", "--", what];
    let output = Command::cargo_bin("clearway").expect("the program").args(args).write_stdin(stdin).output().expect("it runs");
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), output.status.code())
}
