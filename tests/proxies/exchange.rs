//! Proxies that run, between clients and an upstream in a namespace of its own: the flows that clearway finds are theirs, and what it says
//! that clients will see is what a client sees.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nix::sched::{CloneFlags, setns};

use super::{
    harness::{Needs, Test, tests},
    netns::Namespace,
};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    nginx_and_what_its_clients_see,
    haproxy_and_what_its_clients_see,
    httpd_and_what_its_clients_see,
    caddy_and_what_its_clients_see,
];

/// A proxy to run.
struct Kind {
    name: &'static str,
    program: &'static str,
    file: &'static str,
    configuration: &'static str,
    arguments: &'static [&'static str],
    /// The line of the configuration that names the upstream.
    line: u32,
}

/// What stops packets on the host of the proxy, or on the way.
const CONDITIONS: [(&str, &str); 8] = [
    ("nothing", "true"),
    ("output drop", "nft add rule inet t output tcp dport 8080 drop"),
    ("input drop", "nft add rule inet t input tcp sport 8080 drop"),
    ("reset", "nft add rule inet t output tcp dport 8080 reject with tcp reset"),
    ("host prohibited", "nft add rule inet t output tcp dport 8080 reject with icmp type host-prohibited"),
    ("net unreachable", "nft add rule inet t output tcp dport 8080 reject with icmp type net-unreachable"),
    ("prohibit", "ip route add prohibit 10.77.0.2/32"),
    ("blackhole", "ip route add blackhole 10.77.0.2/32"),
];

/// Runs something in a namespace, in a thread of its own.
fn inside<T: Send + 'static>(namespace: &str, run: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    let path = format!("/run/netns/{namespace}");
    thread::spawn(move || {
        let file = File::open(path).expect("the namespace");
        setns(file, CloneFlags::CLONE_NEWNET).expect("root may enter it");
        run()
    })
}

/// Answers every request until it is told to stop.
fn upstream(namespace: &str, stop: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    inside(namespace, move || {
        let listener = TcpListener::bind("10.77.0.2:8080").expect("the address is there");
        listener.set_nonblocking(true).expect("it can wait");
        while !stop.load(Ordering::Relaxed) {
            let Ok((mut stream, _)) = listener.accept() else {
                thread::sleep(Duration::from_millis(5));
                continue;
            };
            let _ = stream.set_nonblocking(false);
            let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    })
}

/// The status that a client of the proxy gets.
fn request(namespace: &str) -> Option<u16> {
    let answer = inside(namespace, || {
        let mut stream = TcpStream::connect("127.0.0.1:8000").ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(15))).ok()?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).split(' ').nth(1)?.parse().ok()
    });
    answer.join().expect("it asks")
}

/// A running program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn start(kind: &Kind, namespace: &str, folder: &Path) -> Running {
    let put = |text: &str| text.replace("FOLDER", &folder.to_string_lossy());
    fs::write(folder.join(kind.file), put(kind.configuration)).expect("written");
    let log = File::create(folder.join("output.log")).expect("a log");
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, kind.program]).args(kind.arguments.iter().map(|argument| put(argument)));
    command.env("HOME", folder).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
    command.stdout(log.try_clone().expect("it is copied")).stderr(log);
    Running(command.spawn().expect("ip runs"))
}

/// Everything that the proxy wrote.
fn logs(folder: &Path) -> String {
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    format!("{}{}", read("output.log"), read("error.log"))
}

/// The audit of the namespace, as JSON.
fn audit(namespace: &str) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["--netns", namespace, "--format", "json"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn compare(kind: &Kind) {
    let there = Path::new("/usr/sbin").join(kind.program).exists() || Path::new("/usr/bin").join(kind.program).exists();
    assert!(there, "scripts/setup installs {}", kind.program);
    let gateway = Namespace::new(&format!("{}-gw", kind.name));
    let far = Namespace::new(&format!("{}-up", kind.name));
    gateway.shell(&format!(
        "ip link set lo up; ip link add v0 type veth peer name v1 netns {}; ip addr add 10.77.0.1/24 dev v0; ip link set v0 up",
        far.0
    ));
    far.shell("ip link set lo up; ip addr add 10.77.0.2/24 dev v1; ip link set v1 up");
    let folder = tempfile::tempdir().expect("a folder");
    // Workers of the proxy run as somebody else.
    Command::new("chmod").arg("777").arg(folder.path()).status().expect("chmod runs");
    let stop = Arc::new(AtomicBool::new(false));
    let server = upstream(&far.0, Arc::clone(&stop));
    let running = start(kind, &gateway.0, folder.path());
    let since = Instant::now();
    while request(&gateway.0) != Some(200) {
        assert!(since.elapsed() < Duration::from_secs(20), "{} does not answer: {}", kind.name, logs(folder.path()));
        thread::sleep(Duration::from_millis(50));
    }
    let place = format!("{}:{}", folder.path().join(kind.file).display(), kind.line);
    let mut differences = Vec::new();
    let conditions = if kind.name == "nginx" { &CONDITIONS[..] } else { &CONDITIONS[..4] };
    for (name, rule) in conditions {
        let table = "nft -f - <<'EOF'\ntable inet t {\n chain output { type filter hook output priority 0; }\n chain input { type filter hook input priority 0; }\n}\nEOF\n";
        gateway.shell(&format!("{table}{rule}"));
        let before = logs(folder.path()).len();
        let audited = audit(&gateway.0);
        let seen = request(&gateway.0);
        let log = logs(folder.path());
        let log = log.get(before..).unwrap_or_default();
        let findings = audited["findings"].as_array().expect("findings");
        let ours = findings.iter().find(|finding| finding["title"].as_str().is_some_and(|title| title.contains("10.77.0.2:8080")));
        let flow = audited["flows"]
            .as_array()
            .expect("flows")
            .iter()
            .find(|flow| flow["to"].as_str().is_some_and(|to| to.contains("10.77.0.2:8080")));
        let source = flow.and_then(|flow| flow["source"].as_str()).unwrap_or_default();
        if !source.contains(&place) {
            differences.push(format!("{name}: the flow is from {source:?}, not from {place}"));
        }
        let symptom = ours.map(|finding| &finding["symptom"]["seen"]);
        let predicted = symptom.and_then(|seen| seen["status"].as_u64()).and_then(|status| u16::try_from(status).ok());
        if seen != predicted.or(ours.is_none().then_some(200)) {
            differences.push(format!("{name}: the client sees {seen:?}, we say {predicted:?}: {ours:?}"));
        }
        let words = symptom.and_then(|seen| seen["log"].as_str()).unwrap_or_default();
        // haproxy sends its log to another host.
        let parts: Vec<&str> = if kind.name == "haproxy" { Vec::new() } else { words.split(": AH").collect() };
        if !parts.iter().all(|part| log.contains(part)) {
            differences.push(format!("{name}: the log has no {words:?}: {log}"));
        }
        gateway.shell("nft delete table inet t; ip route del prohibit 10.77.0.2/32 2>/dev/null || true; ip route del blackhole 10.77.0.2/32 2>/dev/null || true");
        thread::sleep(Duration::from_millis(100));
    }
    stop.store(true, Ordering::Relaxed);
    drop(running);
    server.join().expect("the upstream ends");
    assert!(differences.is_empty(), "{}:\n{}", kind.name, differences.join("\n"));
}

fn nginx_and_what_its_clients_see() {
    compare(&Kind {
        name: "nginx",
        program: "nginx",
        file: "nginx.conf",
        configuration: "pid FOLDER/pid;\nerror_log FOLDER/error.log;\nevents {}\nhttp {\n access_log off;\n proxy_connect_timeout 1s;\n proxy_read_timeout 1s;\n \
                        proxy_temp_path FOLDER/p; client_body_temp_path FOLDER/c; fastcgi_temp_path FOLDER/f; uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s;\n \
                        server {\n  listen 8000;\n  location / { proxy_pass http://10.77.0.2:8080; }\n }\n}\n",
        arguments: &["-c", "FOLDER/nginx.conf", "-g", "daemon off;"],
        line: 11,
    });
}

fn haproxy_and_what_its_clients_see() {
    compare(&Kind {
        name: "haproxy",
        program: "haproxy",
        file: "haproxy.cfg",
        configuration: "defaults\n mode http\n retries 0\n timeout connect 1s\n timeout client 5s\n timeout server 1s\nfrontend web\n bind :8000\n default_backend app\n\
                        backend app\n server one 10.77.0.2:8080\n",
        arguments: &["-db", "-f", "FOLDER/haproxy.cfg"],
        line: 11,
    });
}

fn httpd_and_what_its_clients_see() {
    compare(&Kind {
        name: "httpd",
        program: "apache2",
        file: "apache2.conf",
        configuration: "ServerRoot /etc/apache2\nServerName x\nPidFile FOLDER/pid\nErrorLog FOLDER/error.log\nMutex file:FOLDER default\nDefaultRuntimeDir FOLDER\n\
                        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\nLoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n\
                        LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so\nLoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so\n\
                        User www-data\nListen 8000\nProxyPass / http://10.77.0.2:8080/ connectiontimeout=1 timeout=1 retry=0\n",
        arguments: &["-D", "FOREGROUND", "-f", "FOLDER/apache2.conf"],
        line: 13,
    });
}

fn caddy_and_what_its_clients_see() {
    compare(&Kind {
        name: "caddy",
        program: "caddy",
        file: "Caddyfile",
        configuration: "{\n admin off\n auto_https off\n}\n:8000 {\n reverse_proxy 10.77.0.2:8080 {\n  transport http {\n   dial_timeout 1s\n   response_header_timeout 1s\n   \
                        keepalive off\n  }\n }\n}\n",
        arguments: &["run", "--config", "FOLDER/Caddyfile", "--adapter", "caddyfile"],
        line: 6,
    });
}
