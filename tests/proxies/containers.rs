//! A proxy in another network namespace of the host, as a container has one: what it sends is followed through the rules of the host, and what
//! its clients see is what clearway says.

use std::{fs, path::Path, process::Command, thread, time::Duration};

use crate::{
    harness::{Needs, Test, tests},
    netns::Namespace,
};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    what_a_proxy_in_a_container_sends,
];

/// A rule of the host, the part of nginx's configuration, the finding's code and the rule or cause that it names.
const CASES: &[(u16, &str, &str, &str)] = &[
    (8001, "http://10.88.0.1:3000", "upstream-blocked", "iifname \"br0\" tcp dport 3000 drop"),
    (8002, "http://10.89.0.2:8080", "upstream-blocked", "tcp dport 8080 reject with icmp host-unreachable"),
    (8003, "http://10.89.0.2:8081", "upstream-blocked", "tcp dport 8081 reject with tcp reset"),
    (8004, "http://10.90.0.1:80", "route-drop", "a blackhole route"),
    (8005, "http://10.91.0.1:80", "route-drop", "a prohibit route"),
    (8006, "http://127.0.0.1:3000", "listener-elsewhere", "nothing listens on 127.0.0.1:3000/tcp where nginx runs"),
    (8007, "http://127.0.0.1:3001", "no-listener", "nothing listens on 127.0.0.1:3001/tcp where nginx runs"),
];

fn what_a_proxy_in_a_container_sends() {
    let [host, inside, far] = ["gate", "inner", "far"].map(|purpose| Namespace::new(&format!("container-{purpose}")));
    host.shell(&format!(
        "ip link set lo up; ip link add br0 type bridge; ip addr add 10.88.0.1/24 dev br0; ip link set br0 up
        ip link add port type veth peer name eth0 netns {}; ip link set port master br0 up
        ip link add out type veth peer name in netns {}; ip addr add 10.89.0.1/24 dev out; ip link set out up
        sysctl -qw net.ipv4.ip_forward=1
        ip route add blackhole 10.90.0.0/24; ip route add prohibit 10.91.0.0/24",
        inside.0, far.0
    ));
    inside.shell("ip link set lo up; ip addr add 10.88.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.88.0.1");
    far.shell("ip link set lo up; ip addr add 10.89.0.2/24 dev in; ip link set in up; ip route add default via 10.89.0.1");
    host.nft(
        "table inet t {
            chain input { type filter hook input priority 0; iifname br0 tcp dport 3000 drop; }
            chain forward { type filter hook forward priority 0
                tcp dport 8080 reject with icmp host-unreachable; tcp dport 8081 reject with tcp reset; }
        }",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().to_string_lossy().into_owned();
    let servers: String =
        CASES.iter().map(|(port, upstream, ..)| format!("server {{ listen {port}; location / {{ proxy_pass {upstream}; }} }}\n")).collect();
    let text = format!(
        "pid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\nproxy_connect_timeout 2s;\nproxy_read_timeout 2s;\n{servers}\n}}\n"
    );
    fs::write(folder.path().join("nginx.conf"), text).expect("written");
    Command::new("chmod").arg("777").arg(folder.path()).status().expect("chmod runs");
    let _listener = listen(&host.0, "127.0.0.1:3000");
    inside.shell(&format!("nginx -c {place}/nginx.conf"));
    let audited = clearway(&["--netns", &host.0]);
    let differences: Vec<String> = CASES.iter().filter_map(|case| difference(case, &audited, &inside.0, folder.path())).collect();
    inside.shell(&format!("kill $(cat {place}/pid)"));
    assert!(differences.is_empty(), "{}\n{audited:#}", differences.join("\n"));
}

fn difference(
    &(port, upstream, code, rule): &(u16, &str, &str, &str),
    audited: &serde_json::Value,
    inside: &str,
    folder: &Path,
) -> Option<String> {
    let to = upstream.trim_start_matches("http://");
    let findings = audited["findings"].as_array().expect("findings");
    let Some(finding) = findings.iter().find(|finding| finding["title"].as_str().is_some_and(|title| title.contains(&format!("{to}/"))))
    else {
        return Some(format!("{upstream}: nothing is found"));
    };
    if finding["code"] != code || !finding.to_string().replace("\\\"", "\"").contains(rule) {
        return Some(format!("{upstream}: {code} for '{rule}' is expected, and {finding} found"));
    }
    let seen = &finding["symptom"]["seen"];
    let status = Command::new("ip")
        .args(["netns", "exec", inside, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", &format!("http://127.0.0.1:{port}/")])
        .output()
        .expect("curl runs");
    let status = String::from_utf8_lossy(&status.stdout).parse::<u64>().ok();
    if seen["status"].as_u64() != status {
        return Some(format!("{upstream}: the client sees {status:?}, we say {seen}"));
    }
    // The log is written before the answer is sent, by another process.
    thread::sleep(Duration::from_millis(50));
    let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
    let line = seen["log"].as_str().unwrap_or("a line");
    (!log.lines().any(|logged| logged.contains(line) && logged.contains(upstream)))
        .then(|| format!("{upstream}: '{line}' is not in\n{log}"))
}

/// A socket in a namespace.
fn listen(namespace: &str, address: &'static str) -> std::net::TcpListener {
    let path = format!("/run/netns/{namespace}");
    let listen = move || {
        let file = fs::File::open(path).expect("the namespace");
        nix::sched::setns(file, nix::sched::CloneFlags::CLONE_NEWNET).expect("root may enter it");
        std::net::TcpListener::bind(address).expect("the address is there")
    };
    thread::spawn(listen).join().expect("it listens")
}

fn clearway(args: &[&str]) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(args).args(["--format", "json"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}
