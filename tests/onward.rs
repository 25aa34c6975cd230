//! Packets followed from one host into the next, live: what is told of the other host is what happens to real connections.

use std::{net::TcpListener, path::Path, process::Command};

use clearway::collect::namespace;
use serde_json::Value;

mod harness;
mod netns;
use harness::{Needs, Test, tests};
use netns::Namespace;

const TESTS: &[Test] = tests![
    Needs::Namespaces;
    the_next_host_decides,
    over_three_hosts,
];

fn main() {
    harness::main(&[TESTS]);
}

/// Two hosts on a link, `eth-OTHER` with an address on each.
fn link(a: (&Namespace, &str, &str), b: (&Namespace, &str, &str)) {
    a.0.shell(&format!("ip link set lo up; ip link add {} type veth peer name {} netns {}", a.1, b.1, b.0.0));
    for (host, name, address) in [a, b] {
        host.shell(&format!("ip link set lo up; ip link set {name} up; ip addr add {address} dev {name}"));
    }
}

fn listen(at: &Namespace, address: &str) -> TcpListener {
    let (name, address) = (at.0.clone(), address.to_owned());
    let listener = std::thread::spawn(move || {
        namespace::enter(&name).expect("the namespace is there");
        TcpListener::bind(address).expect("it can be bound")
    });
    listener.join().expect("it listens")
}

fn connects(at: &Namespace, to: &str) -> bool {
    let script = format!("timeout 1 bash -c '</dev/tcp/{}' 2>/dev/null", to.replace(':', "/"));
    Command::new("ip").args(["netns", "exec", &at.0, "sh", "-c", &script]).status().expect("ip runs").success()
}

/// A snapshot of a host as it is now.
fn taken(host: &Namespace, folder: &Path, name: &str) -> String {
    let path = folder.join(name).display().to_string();
    let status = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["snapshot", "--netns", &host.0, "--output", &path]).status();
    assert!(status.expect("it runs").success());
    format!("{name}={path}")
}

fn run(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(args).output().expect("it runs");
    assert!(!output.stdout.is_empty(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What is found about a flow of the first of these hosts.
fn report(hosts: &[&str], flow: &str) -> Value {
    let snapshots = hosts.iter().flat_map(|host| ["--snapshot", host]);
    let args: Vec<&str> = snapshots.chain(["--no-discover", "--flow", flow, "--format", "json"]).collect();
    serde_json::from_str(&run(&args)).expect("JSON")
}

fn the_next_host_decides() {
    const FLOW: &str = "tcp local -> 10.0.0.2:8080";
    let [web, app] = ["web", "app"].map(|who| Namespace::new(&format!("onward-{who}")));
    link((&web, "eth-app", "10.0.0.1/24"), (&app, "eth-web", "10.0.0.2/24"));
    web.shell("ip addr add 10.0.0.9/24 dev eth-app");
    let folder = tempfile::tempdir().expect("a folder");
    let listener = listen(&app, "10.0.0.2:8080");
    let input = |rules: &str| format!("table ip t {{ chain c {{ type filter hook input priority 0; policy drop; {rules}; }}; }}");
    let output = "table ip t { chain c { type filter hook output priority 0; tcp sport 8080 ct state established drop; }; }";
    let source = "table ip n { chain c { type nat hook postrouting priority 100; ip daddr 10.0.0.2 snat to 10.0.0.9; }; }";
    let only_nine = input("ip saddr 10.0.0.9 tcp dport 8080 accept");
    for (of_web, of_app, wanted, code) in [
        ("", String::new(), "pass", ""),
        ("", input("tcp dport 8081 accept"), "blocked", "upstream-blocked"),
        ("", output.to_owned(), "blocked", "reply-blocked"),
        ("", only_nine.clone(), "blocked", "upstream-blocked"),
        (source, only_nine, "pass", ""),
        (source, input("ip saddr 10.0.0.1 accept"), "blocked", "upstream-blocked"),
    ] {
        for (host, rules) in [(&web, of_web), (&app, of_app.as_str())] {
            host.nft(&format!("flush ruleset\n{rules}"));
        }
        let hosts = [taken(&web, folder.path(), "web"), taken(&app, folder.path(), "app")];
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let told = report(&hosts, FLOW);
        let (here, there) = (&told["flows"][0], &told["onward"][0]);
        assert_eq!(here["verdict"], wanted, "{of_app}: {told:#}");
        assert_eq!(there["flows"][0]["verdict"], wanted, "{of_app}: {told:#}");
        assert_eq!(there["host"]["name"], "app");
        assert_eq!(here["stopped_by"]["host"].as_str(), (wanted != "pass").then_some("app"), "{here}");
        assert_eq!(there["findings"][0]["code"].as_str().unwrap_or_default(), code, "{of_app}: {told:#}");
        assert_eq!(connects(&web, "10.0.0.2:8080"), wanted == "pass", "{of_web} {of_app}");
        // Alone the first host lets it through.
        assert_eq!(report(&hosts[..1], FLOW)["flows"][0]["verdict"], "pass");
    }
    let [web_file, app_file] = [taken(&web, folder.path(), "web"), taken(&app, folder.path(), "app")];
    let text = run(&["--snapshot", &web_file, "--snapshot", &app_file, "--no-discover", "--flow", FLOW]);
    let row = text.lines().find(|line| line.contains("10.0.0.2:8080/tcp")).unwrap_or_else(|| panic!("{text}"));
    assert!(row.contains("BLOCKED") && row.contains("app: ip t c, policy drop"), "{text}");
    assert!(text.contains("error[upstream-blocked]"), "{text}");

    drop(listener);
    app.nft("flush ruleset");
    web.nft("flush ruleset");
    let hosts = [taken(&web, folder.path(), "web"), taken(&app, folder.path(), "app")];
    let told = report(&[&hosts[0], &hosts[1]], FLOW);
    assert_eq!(
        (&told["flows"][0]["verdict"], &told["onward"][0]["findings"][0]["code"]),
        (&"refused".into(), &"no-listener".into()),
        "{told:#}"
    );
    // What goes elsewhere is not followed, and that is told.
    let told = report(&[&hosts[0], &hosts[1]], "tcp local -> 10.0.0.3:8080");
    assert!(told["assumptions"].to_string().contains("goes to an address of app") && told["onward"].is_null(), "{told:#}");
    let refused = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["rules", "--snapshot", &hosts[0], "--snapshot", &hosts[1]]).output();
    assert_eq!(refused.expect("it runs").status.code(), Some(2));
}

fn over_three_hosts() {
    let [web, gate, data] = ["web", "gate", "data"].map(|who| Namespace::new(&format!("chain-{who}")));
    link((&web, "eth-gate", "10.0.0.1/24"), (&gate, "eth-web", "10.0.0.2/24"));
    link((&gate, "eth-data", "10.0.1.1/24"), (&data, "eth-gate", "10.0.1.2/24"));
    gate.shell("sysctl -qw net.ipv4.ip_forward=1");
    data.shell("ip route add 10.0.0.0/24 via 10.0.1.1");
    gate.nft("table ip n { chain c { type nat hook prerouting priority -100; tcp dport 3306 dnat to 10.0.1.2:3307; }; }");
    let _listener = listen(&data, "10.0.1.2:3307");
    let folder = tempfile::tempdir().expect("a folder");
    for (rules, wanted) in [
        ("", "pass"),
        (
            "table ip t { chain c { type filter hook input priority 0; ip saddr 10.0.0.0/24 tcp dport 3307 reject with tcp reset; }; }",
            "blocked",
        ),
    ] {
        data.nft(&format!("flush ruleset\n{rules}"));
        let hosts = [(&web, "web"), (&gate, "gate"), (&data, "data")].map(|(host, name)| taken(host, folder.path(), name));
        let told = report(&[&hosts[0], &hosts[1], &hosts[2]], "tcp local -> 10.0.0.2:3306");
        assert_eq!(told["flows"][0]["verdict"], wanted, "{told:#}");
        assert_eq!(told["flows"][0]["stopped_by"]["host"].as_str(), (wanted != "pass").then_some("data"));
        assert_eq!(told["onward"][0]["flows"][0]["stopped_by"]["host"].as_str(), (wanted != "pass").then_some("data"));
        assert_eq!(told["onward"][1]["flows"][0]["flow"], "tcp 10.0.0.1 -> 10.0.1.2:3307");
        assert_eq!(connects(&web, "10.0.0.2:3306"), wanted == "pass");
    }
}
