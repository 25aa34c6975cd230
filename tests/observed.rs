//! What is seen beside what rules say, live: sockets that wait, connections that are tracked, counters that move.

use std::{
    io::Write as _,
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use clearway::collect::namespace;
use serde_json::Value;

mod harness;
mod netns;
use harness::{Needs, Test, tests};
use netns::Namespace;

const TESTS: &[Test] = tests![
    Needs::Namespaces;
    connections_of_a_proxy_without_a_configuration,
    who_is_silent_is_not_blamed_on_rules,
    connections_of_containers,
    without_connection_tracking_nothing_is_missing,
    counters_of_connection_tracking_that_move,
];

fn main() {
    harness::main(&[TESTS]);
}

/// Web and its upstream at 10.0.0.1 and 10.0.0.2.
fn pair(purpose: &str) -> (Namespace, Namespace) {
    let [web, app] = ["web", "app"].map(|who| Namespace::new(&format!("{purpose}-{who}")));
    web.shell(&format!("ip link set lo up; ip link add eth0 type veth peer name eth0 netns {}; ip link set eth0 up", app.0));
    app.shell("ip link set lo up; ip link set eth0 up; ip addr add 10.0.0.2/24 dev eth0");
    web.shell("ip addr add 10.0.0.1/24 dev eth0");
    (web, app)
}

/// A shell that goes by the name of a proxy and connects from a namespace; it ends with its input.
struct Proxy {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Proxy {
    fn start(name: &str, at: &Namespace, to: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join(name);
        std::fs::copy("/bin/bash", &program).expect("there is a shell");
        let mut child = Command::new("ip");
        child.args(["netns", "exec", &at.0]).arg(&program).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().expect("ip runs");
        let connect: String = to.iter().map(|to| format!("exec {{fd}}<>/dev/tcp/{}\n", to.replace(':', "/"))).collect();
        child.stdin.as_mut().expect("piped").write_all(connect.as_bytes()).expect("it reads");
        Self { child, _folder: folder }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

fn report(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(args).args(["--format", "json"]).output().expect("it runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().expect("findings").iter().filter_map(|finding| finding["code"].as_str()).collect()
}

/// The flow that is written so.
fn flow<'a>(report: &'a Value, words: &str) -> Option<&'a Value> {
    report["flows"].as_array().expect("flows").iter().find(|flow| flow["flow"] == words)
}

/// What was seen of a flow.
fn seen<'a>(flow: &'a Value, what: &str) -> Option<&'a Value> {
    flow["observed"].as_array()?.iter().find(|each| each["what"] == what)
}

fn connections_of_a_proxy_without_a_configuration() {
    let (web, app) = pair("seen");
    let _one = listen(&app, "10.0.0.2:8080");
    let _other = listen(&app, "10.0.0.2:8081");
    web.nft("table ip t { chain c { type filter hook output priority 0; tcp dport 8081 counter drop; }; }");
    let _proxy = Proxy::start("varnishd", &web, &["10.0.0.2:8080", "10.0.0.2:8081"]);
    sleep(Duration::from_millis(2500));
    let told = report(&["--netns", &web.0, "--observe", "2"]);
    let passes = flow(&told, "tcp local -> 10.0.0.2:8080").unwrap_or_else(|| panic!("{told:#}"));
    assert_eq!(passes["verdict"], "pass");
    assert!(passes["source"].as_str().is_some_and(|source| source.starts_with("observed: varnishd (pid ")), "{passes}");
    assert_eq!(seen(passes, "established").map(|each| &each["count"]), Some(&1.into()), "{passes}");
    let blocked = flow(&told, "tcp local -> 10.0.0.2:8081").unwrap_or_else(|| panic!("{told:#}"));
    assert_eq!(blocked["verdict"], "blocked");
    let waiting = seen(blocked, "syn_sent").unwrap_or_else(|| panic!("{blocked}"));
    assert!(waiting["text"].as_str().is_some_and(|text| text.contains("has sent its SYN again")), "{waiting}");
    // The SYN was sent at 0, 1 and 3 s at least, and meets the rule each time.
    let counter = seen(blocked, "stopped").unwrap_or_else(|| panic!("{blocked}"));
    assert!(counter["count"].as_u64() >= Some(2) && counter["more"].as_u64() >= Some(1), "{counter}");
    assert_eq!(codes(&told)[0], "upstream-blocked");

    // A snapshot tells the same.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("seen.clearway");
    let path = path.to_str().expect("UTF-8");
    let taken = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["snapshot", "--netns", &web.0, "--output", path]).status();
    assert!(taken.expect("it runs").success());
    let replayed = report(&["--snapshot", path]);
    let blocked = flow(&replayed, "tcp local -> 10.0.0.2:8081").unwrap_or_else(|| panic!("{replayed:#}"));
    assert!(seen(blocked, "syn_sent").is_some(), "{blocked}");
    assert!(blocked["source"].as_str().is_some_and(|source| source.starts_with("observed: varnishd")), "{blocked}");
}

fn who_is_silent_is_not_blamed_on_rules() {
    let (web, app) = pair("silent");
    app.nft("table ip t { chain c { type filter hook input priority 0; tcp dport 8080 drop; }; }");
    let _proxy = Proxy::start("haproxy", &web, &["10.0.0.2:8080"]);
    sleep(Duration::from_millis(1500));
    let told = report(&["--netns", &web.0]);
    assert_eq!(codes(&told), ["upstream-silent"], "{told:#}");
    assert_eq!(told["flows"][0]["verdict"], "pass");
    // Who waits for less than a second is not silent yet.
    drop(_proxy);
    let _proxy = Proxy::start("haproxy", &web, &["10.0.0.2:8080"]);
    sleep(Duration::from_millis(200));
    assert_eq!(codes(&report(&["--netns", &web.0])), [""; 0]);
}

fn connections_of_containers() {
    let (host, app) = pair("contained");
    let container = Namespace::new("contained-inner");
    host.shell(&format!(
        "ip link add br0 type bridge; ip link set br0 up; ip addr add 172.18.0.1/16 dev br0; sysctl -qw net.ipv4.ip_forward=1
         ip link add inner type veth peer name eth0 netns {}; ip link set inner master br0 up",
        container.0
    ));
    container.shell("ip link set lo up; ip link set eth0 up; ip addr add 172.18.0.2/16 dev eth0; ip route add default via 172.18.0.1");
    app.shell("ip route add 172.18.0.0/16 via 10.0.0.1");
    host.nft(
        "table ip t { chain c { type filter hook forward priority 0; ct state new accept; ct state established drop; };
         chain n { type nat hook postrouting priority 100; }; }",
    );
    let _listener = listen(&app, "10.0.0.2:5432");
    let _proxy = Proxy::start("anything", &container, &["10.0.0.2:5432"]);
    sleep(Duration::from_millis(1500));
    let told = report(&["--netns", &host.0]);
    let found = flow(&told, "tcp 172.18.0.2 -> 10.0.0.2:5432").unwrap_or_else(|| panic!("{told:#}"));
    assert!(found["source"].as_str().is_some_and(|source| source.starts_with("observed: 1 connection from 172.18.0.2")), "{found}");
    assert_eq!(found["verdict"], "blocked", "{found}");
    assert!(codes(&told).contains(&"reply-blocked"), "{told:#}");
}

fn without_connection_tracking_nothing_is_missing() {
    let (web, _app) = pair("untracked");
    let told = report(&["--netns", &web.0, "--no-discover", "--flow", "tcp local -> 10.0.0.2:80", "--observe", "1"]);
    assert_eq!(told["flows"][0]["verdict"], "pass", "{told:#}");
    let assumptions = told["assumptions"].to_string();
    assert!(!assumptions.contains("connection tracking"), "{assumptions}");
}

fn counters_of_connection_tracking_that_move() {
    use clearway::snapshot::{Messages, Snapshot, traffic::Later};
    const FLOW: &str = "tcp local -> 10.0.0.2:80";
    let (web, _app) = pair("moving");
    web.nft("table ip t { chain c { type filter hook output priority 0; ct state new accept; }; }");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("moved.clearway");
    let file = path.to_str().expect("UTF-8");
    let taken =
        Command::new(env!("CARGO_BIN_EXE_clearway")).args(["snapshot", "--netns", &web.0, "--observe", "1", "--output", file]).status();
    assert!(taken.expect("it runs").success());
    let args = ["--snapshot", file, "--no-discover", "--flow", FLOW];
    assert_eq!(codes(&report(&args)), [""; 0], "nothing moved");
    let mut snapshot = Snapshot::read(&path).expect("a snapshot");
    assert!(snapshot.traffic.later.as_ref().is_some_and(|later| later.after >= 1000 && !later.conntrack.0.is_empty()));
    // IPCTNL_MSG_CT_GET_STATS_CPU: nlmsghdr, nfgenmsg, CTA_STATS_INSERT_FAILED.
    let statistics = [&28u32.to_ne_bytes()[..], &[0; 12], &[0; 4], &8u16.to_ne_bytes(), &9u16.to_ne_bytes(), &0x00ff_ffffu32.to_be_bytes()];
    snapshot.traffic.later = Some(Later { after: 2000, conntrack: Messages(statistics.concat()), ..Later::default() });
    snapshot.write(&path).expect("written");
    let told = report(&args);
    assert_eq!(codes(&told), ["conntrack-drops"], "{told:#}");
    assert!(told["findings"][0]["facts"][0].as_str().is_some_and(|fact| fact.starts_with("insert_failed grew by ")), "{told:#}");
}
