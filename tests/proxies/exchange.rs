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
    conditions::{CONDITIONS, Condition, FUNCTIONS, UNDO, Upstream},
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
    /// Of the conditions it is under each so-many-th from one on: all of nginx, and the others share them.
    conditions: (usize, usize),
    /// What stands before and after the part of each upstream.
    around: [&'static str; 2],
    /// The part of one upstream: PORT leads to UPSTREAM.
    site: &'static str,
    arguments: &'static [&'static str],
}

impl Kind {
    fn configuration(&self) -> String {
        let site = |upstream: &Upstream| self.site.replace("PORT", &upstream.port().to_string()).replace("UPSTREAM", upstream.address());
        format!("{}{}{}", self.around[0], Upstream::ALL.iter().map(site).collect::<String>(), self.around[1])
    }

    /// The line that names the upstream.
    fn line(&self, upstream: Upstream) -> usize {
        1 + self.configuration().lines().position(|line| line.contains(upstream.address())).expect("it is configured")
    }
}

/// Runs something in a namespace, in a thread of its own.
fn inside<T: Send + 'static>(namespace: &str, run: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    let path = format!("/run/netns/{namespace}");
    thread::spawn(move || {
        let file = File::open(path).expect("the namespace");
        setns(file, CloneFlags::CLONE_NEWNET).expect("root may enter it");
        run()
    })
}

/// Answers every request to these addresses until it is told to stop.
fn upstream(namespace: &str, addresses: &'static [&'static str], stop: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    inside(namespace, move || {
        let listeners: Vec<TcpListener> =
            addresses.iter().map(|address| TcpListener::bind(address).expect("the address is there")).collect();
        for listener in &listeners {
            listener.set_nonblocking(true).expect("it can wait");
        }
        while !stop.load(Ordering::Relaxed) {
            for stream in listeners.iter().filter_map(|listener| listener.accept().ok()) {
                // Each has time of its own: one that waits for a request which is dropped must not keep others waiting.
                thread::spawn(move || answer(stream.0));
            }
            thread::sleep(Duration::from_millis(5));
        }
    })
}

fn answer(mut stream: TcpStream) {
    let _ = stream.set_nonblocking(false);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(1500)));
    if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
}

/// The status that a client of the proxy gets.
fn request(namespace: &str, port: u16) -> Option<u16> {
    let answer = inside(namespace, move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(15))).ok()?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a client whose request is longer than the first packet of its connection\r\nConnection: close\r\n\r\n").ok()?;
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
    fs::write(folder.join(kind.file), put(&kind.configuration())).expect("written");
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

/// What is found about an upstream, first of all.
fn first_finding(audited: &serde_json::Value, upstream: Upstream) -> Option<&serde_json::Value> {
    let names = |finding: &&serde_json::Value| {
        finding["title"].as_str().is_some_and(|title| title.contains(upstream.address()))
            || finding["flow"].as_str().is_some_and(|flow| flow.contains(upstream.address()))
    };
    audited["findings"].as_array().expect("findings").iter().find(names)
}

/// The gateway between clients and the next host, to which two links lead.
fn network(name: &str) -> (Namespace, Namespace) {
    let gateway = Namespace::new(&format!("{name}-gw"));
    let far = Namespace::new(&format!("{name}-up"));
    gateway.shell(&format!(
        "ip link set lo up
        for n in 0 2; do ip link add v$n type veth peer name v$((n + 1)) netns {}; done
        ip addr add 10.77.0.1/24 dev v0; ip addr add fd77::1/64 dev v0 nodad; ip addr add 10.79.0.1/24 dev v2
        ip link set v0 up; ip link set v2 up",
        far.0
    ));
    far.shell(
        "ip link set lo up; ip addr add 10.77.0.2/24 dev v1; ip addr add fd77::2/64 dev v1 nodad; ip addr add 10.79.0.2/24 dev v3
        ip link set v1 up; ip link set v3 up",
    );
    (gateway, far)
}

fn compare(kind: &Kind) {
    let there = Path::new("/usr/sbin").join(kind.program).exists() || Path::new("/usr/bin").join(kind.program).exists();
    assert!(there, "scripts/setup installs {}", kind.program);
    let (gateway, far) = network(kind.name);
    let folder = tempfile::tempdir().expect("a folder");
    // Workers of the proxy run as somebody else.
    Command::new("chmod").arg("777").arg(folder.path()).status().expect("chmod runs");
    let stop = Arc::new(AtomicBool::new(false));
    let servers = [
        upstream(&far.0, &["10.77.0.2:8080", "[fd77::2]:8080"], Arc::clone(&stop)),
        upstream(&gateway.0, &["127.0.0.1:9000", "10.77.0.1:9001", "[::1]:9002", "127.0.0.1:9004"], Arc::clone(&stop)),
    ];
    let running = start(kind, &gateway.0, folder.path());
    let since = Instant::now();
    while request(&gateway.0, Upstream::Far.port()) != Some(200) {
        assert!(since.elapsed() < Duration::from_secs(20), "{} does not answer: {}", kind.name, logs(folder.path()));
        thread::sleep(Duration::from_millis(50));
    }
    let (first, each) = kind.conditions;
    let conditions = CONDITIONS.iter().skip(first).step_by(each);
    let differences: Vec<String> = conditions.flat_map(|condition| under(condition, kind, &gateway, folder.path())).collect();
    stop.store(true, Ordering::Relaxed);
    drop(running);
    for server in servers {
        server.join().expect("the upstream ends");
    }
    assert!(differences.is_empty(), "{}:\n{}", kind.name, differences.join("\n"));
}

/// How what is said differs from what happens.
fn under(condition: &Condition, kind: &Kind, gateway: &Namespace, folder: &Path) -> Vec<String> {
    let &Condition { name, upstream, .. } = condition;
    gateway.shell(&format!("{FUNCTIONS}{}", condition.commands));
    let before = logs(folder).len();
    let audited = audit(&gateway.0);
    let seen = request(&gateway.0, upstream.port());
    let finding = first_finding(&audited, upstream);
    let mut differences = finding.map(|finding| mended(condition, finding, gateway)).unwrap_or_default();
    gateway.shell(&format!("({UNDO}) 2>/dev/null"));
    let log = logs(folder);
    let log = log.get(before..).unwrap_or_default();

    let flows = audited["flows"].as_array().expect("flows");
    let flow =
        flows.iter().find(|flow| flow["role"] == "upstream" && flow["to"].as_str().is_some_and(|to| to.contains(upstream.address())));
    let source = flow.and_then(|flow| flow["source"].as_str()).unwrap_or_default();
    let place = format!("{}:{}", folder.join(kind.file).display(), kind.line(upstream));
    if !source.contains(&place) {
        differences.push(format!("{name}: the flow is from {source:?}, not from {place}"));
    }
    // Whose packets a rule for one user stops depends on the user as which the proxy's workers run.
    let expected = condition.code.filter(|_| name != "by user" || kind.name == "nginx");
    if finding.and_then(|finding| finding["code"].as_str()) != expected {
        differences.push(format!("{name}: the first finding is not {expected:?}: {finding:?}"));
    }
    if !condition.certain {
        return differences;
    }
    let symptom = finding.map(|finding| &finding["symptom"]["seen"]);
    let predicted = symptom.and_then(|seen| seen["status"].as_u64()).and_then(|status| u16::try_from(status).ok());
    if seen != predicted.or(finding.is_none().then_some(200)) {
        differences.push(format!("{name}: the client sees {seen:?}, we say {predicted:?}: {finding:?}"));
    }
    let words = symptom.and_then(|seen| seen["log"].as_str()).unwrap_or_default();
    // haproxy sends its log to another host.
    let parts: Vec<&str> = if kind.name == "haproxy" { Vec::new() } else { words.split(": AH").collect() };
    if !parts.iter().all(|part| log.contains(part)) {
        differences.push(format!("{name}: the log has no {words:?}: {log}"));
    }
    let mut events = log.lines().filter_map(clearway::diagnose::line);
    // Caddy does not name an upstream that keeps silent.
    let names_it = kind.name != "haproxy" && !words.is_empty() && !words.starts_with("net/http");
    if names_it && !events.any(|event| event.to().contains(upstream.address())) {
        differences.push(format!("{name}: no line is read as an event about it: {log}"));
    }
    differences
}

/// How it differs from what the finding's fix promises, when its commands are run as they are printed.
fn mended(condition: &Condition, finding: &serde_json::Value, gateway: &Namespace) -> Vec<String> {
    let &Condition { name, upstream, .. } = condition;
    let commands: Vec<&str> = finding["fixes"][0]["commands"].as_array().into_iter().flatten().filter_map(|each| each.as_str()).collect();
    if commands.is_empty() {
        let by_rule = finding["rule"]["chain"].is_string() && finding["confidence"] == "certain" && condition.mendable;
        return if by_rule { vec![format!("{name}: no fix for what a rule stops: {finding}")] } else { Vec::new() };
    }
    gateway.shell(&commands.iter().map(|command| format!("{}\n", command.replace("{ ", "'{ ").replace(" }", " }'"))).collect::<String>());
    // Who did not answer under the condition did not for its sake.
    gateway.shell("ip neigh flush all nud failed; ip neigh flush all nud incomplete");
    let audited = audit(&gateway.0);
    let mut differences = Vec::new();
    if let Some(left) = first_finding(&audited, upstream).filter(|left| left["flow"] == finding["flow"]) {
        differences.push(format!("{name}: {commands:?} leave {left}"));
    }
    if request(&gateway.0, upstream.port()) != Some(200) {
        differences.push(format!("{name}: {commands:?} do not mend it"));
    }
    differences
}

fn nginx_and_what_its_clients_see() {
    compare(&Kind {
        name: "nginx",
        conditions: (0, 1),
        program: "nginx",
        file: "nginx.conf",
        around: [
            "pid FOLDER/pid;\nerror_log FOLDER/error.log;\nevents {}\nhttp {\n access_log off;\n proxy_connect_timeout 2s;\n proxy_read_timeout 1s;\n \
             proxy_temp_path FOLDER/p; client_body_temp_path FOLDER/c; fastcgi_temp_path FOLDER/f; uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s;\n",
            "}\n",
        ],
        site: " server {\n  listen PORT;\n  location / { proxy_pass http://UPSTREAM; }\n }\n",
        arguments: &["-c", "FOLDER/nginx.conf", "-g", "daemon off;"],
    });
}

fn haproxy_and_what_its_clients_see() {
    compare(&Kind {
        name: "haproxy",
        conditions: (0, 3),
        program: "haproxy",
        file: "haproxy.cfg",
        around: ["defaults\n mode http\n retries 0\n timeout connect 2s\n timeout client 5s\n timeout server 1s\n", ""],
        site: "listen PORT\n bind :PORT\n server one UPSTREAM\n",
        arguments: &["-db", "-f", "FOLDER/haproxy.cfg"],
    });
}

fn httpd_and_what_its_clients_see() {
    compare(&Kind {
        name: "httpd",
        conditions: (1, 3),
        program: "apache2",
        file: "apache2.conf",
        around: [
            "ServerRoot /etc/apache2\nServerName x\nPidFile FOLDER/pid\nErrorLog FOLDER/error.log\nMutex file:FOLDER default\nDefaultRuntimeDir FOLDER\n\
             LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\nLoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n\
             LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so\nLoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so\n\
             User www-data\n",
            "",
        ],
        site: "Listen PORT\n<VirtualHost *:PORT>\nProxyPass / http://UPSTREAM/ connectiontimeout=2 timeout=1 retry=0\n</VirtualHost>\n",
        arguments: &["-D", "FOREGROUND", "-f", "FOLDER/apache2.conf"],
    });
}

fn caddy_and_what_its_clients_see() {
    compare(&Kind {
        name: "caddy",
        conditions: (2, 3),
        program: "caddy",
        file: "Caddyfile",
        around: ["{\n admin off\n auto_https off\n}\n", ""],
        site: ":PORT {\n reverse_proxy UPSTREAM {\n  transport http {\n   dial_timeout 2s\n   response_header_timeout 1s\n   keepalive off\n  }\n }\n}\n",
        arguments: &["run", "--config", "FOLDER/Caddyfile", "--adapter", "caddyfile"],
    });
}
