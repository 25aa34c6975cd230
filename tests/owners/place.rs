//! A gateway in network namespaces, with files of its own in the place of the machine's: `eth0` has 203.0.113.10 and 2001:db8::10 and leads to
//! clients, `eth1` has 10.0.3.5 and leads to an upstream, 10.0.3.12.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use clearway::collect::namespace;
use serde_json::{Value, json};

use crate::netns::Namespace;

/// Ports on which the gateway and the upstream listen.
const PORTS: [u16; 5] = [22, 80, 443, 3000, 8080];

pub struct Place {
    pub gateway: Namespace,
    client: Namespace,
    upstream: Namespace,
    folder: tempfile::TempDir,
    /// What lies over which folder or file of the machine.
    mounts: String,
    daemons: Vec<Child>,
}

impl Place {
    /// With a copy of /etc, and with nothing yet in /run and /var/lib.
    pub fn new(purpose: &str) -> Self {
        let [gateway, client, upstream] = ["g", "c", "u"].map(|end| Namespace::new(&format!("{purpose}{end}")));
        link(&gateway, "eth0", ["203.0.113.10/24", "2001:db8::10/64"], &client, ["203.0.113.1/24", "2001:db8::1/64"]);
        link(&gateway, "eth1", ["10.0.3.5/24", "fd03::5/64"], &upstream, ["10.0.3.12/24", "fd03::12/64"]);
        gateway.shell("sysctl -qw net.ipv4.ip_forward=1");
        client.shell("ip addr add 198.51.100.7/24 dev eth0; ip route add default via 203.0.113.10");
        upstream.shell("ip route add default via 10.0.3.5");
        gateway.shell("ip route add 198.51.100.0/24 dev eth0");
        for place in [&gateway, &upstream] {
            serve(place);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let mut mounts = String::new();
        for (own, path) in [("run", "/run"), ("var", "/var/lib"), ("etc", "/etc")] {
            match own {
                "etc" => {
                    let done = Command::new("cp").args(["-a", path]).arg(folder.path()).status().expect("cp runs");
                    assert!(done.success(), "{path}");
                }
                _ => std::fs::create_dir(folder.path().join(own)).expect("a folder"),
            }
            mounts.push_str(&format!("mount --bind {}/{own} {path}\n", folder.path().display()));
        }
        Self { gateway, client, upstream, folder, mounts, daemons: Vec::new() }
    }

    /// The namespace of clients.
    pub fn client(&self) -> String {
        self.client.0.clone()
    }

    /// Writes a file below /etc.
    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.path().join("etc").join(path), text).expect("written");
    }

    /// Lays files over those of the machine: a folder that has a `usr` of its own.
    pub fn overlay(&mut self, folder: &str) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        self.mounts.push_str(&format!("mount -t overlay overlay -o lowerdir={}/usr:/usr /usr\n", folder.display()));
        self.shell("mkdir -p /etc/iptables");
    }

    /// A script on the gateway.
    pub fn command(&self, script: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.gateway.0, "sh", "-ec", &format!("{}{script}", self.mounts)]);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a script on the gateway.
    pub fn shell(&self, script: &str) -> String {
        let Output { status, stdout, stderr } = self.command(script).output().expect("ip runs");
        let told = String::from_utf8_lossy(&stdout).into_owned();
        let shown: String = told.chars().take(2000).collect();
        assert!(status.success(), "{script}\n{shown}\n{}", String::from_utf8_lossy(&stderr));
        told
    }

    /// Starts a program that stays, and waits until a command succeeds.
    pub fn start(&mut self, program: &str, ready: &str) {
        // A daemon's words are of no use, and would hold open what the tests write to.
        let child = self.command(&format!("exec {program}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("ip runs");
        self.daemons.push(child);
        let begun = Instant::now();
        while !self.command(ready).output().expect("ip runs").status.success() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{program} does not start");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Runs clearway on the gateway.
    pub fn clearway(&self, arguments: &str) -> String {
        // What it finds ends it with 1, what it can't tell with 3.
        self.shell(&format!("{} {arguments} || case $? in 1|3) ;; *) false ;; esac", env!("CARGO_BIN_EXE_clearway")))
    }

    /// The first fix for a flow.
    pub fn fix(&self, flow: &str) -> Value {
        let report = self.clearway(&format!("--no-discover --format json --flow '{flow}'"));
        let report: Value = serde_json::from_str(&report).expect("an audit");
        let fixes = report["findings"].as_array().expect("findings").iter().flat_map(|finding| finding["fixes"].as_array().expect("fixes"));
        fixes.into_iter().next().unwrap_or_else(|| panic!("no fix: {report:#}")).clone()
    }

    /// Whether a client gets a connection to an address.
    pub fn reaches(&self, from: &str, to: &str) -> bool {
        self.connect(from, to).join().expect("a connection")
    }

    fn connect(&self, from: &str, to: &str) -> thread::JoinHandle<bool> {
        let (place, from) = match from {
            "gateway" => (&self.gateway, None),
            address => (&self.client, Some(address.to_owned())),
        };
        let (name, to): (_, SocketAddr) = (place.0.clone(), to.parse().expect("an address"));
        let connect = move || {
            namespace::enter(&name).expect("the namespace is there");
            match from {
                None => TcpStream::connect_timeout(&to, Duration::from_millis(300)).is_ok(),
                // curl binds before it connects.
                Some(from) => {
                    let status = Command::new("curl")
                        .args(["-s", "-o", "/dev/null", "--interface", &from, "--connect-timeout", "0.4", "-m", "0.6"])
                        .arg(format!("telnet://{to}"))
                        .stdin(Stdio::null())
                        .status();
                    // 7 is "failed to connect"; 28 before a connection is told apart by nothing but the words.
                    let code = status.ok().and_then(|status| status.code());
                    code == Some(0)
                }
            }
        };
        thread::spawn(connect)
    }

    /// What clearway says of many packets: the identity of each that is accepted.
    pub fn accepted(&self) -> Vec<String> {
        let mut lines = String::new();
        for (source, way) in
            [("203.0.113.1", "eth0"), ("198.51.100.7", "eth0"), ("198.51.100.8", "eth0"), ("10.0.3.12", "eth1"), ("10.0.3.5", "")]
        {
            for destination in ["203.0.113.10", "10.0.3.5", "10.0.3.12", "203.0.113.1"] {
                for port in [22, 53, 80, 443, 444, 3000, 8080, 8081] {
                    for protocol in ["tcp", "udp"] {
                        let id = format!("{protocol} {source} {destination} {port} {way}");
                        let mut packet = json!({"id": id, "src": source, "dst": destination, "proto": protocol, "sport": 40000, "dport": port, "length": 60, "ttl": 64});
                        if protocol == "tcp" {
                            packet["flags"] = json!(["syn"]);
                        }
                        if !way.is_empty() {
                            packet["in"] = json!(way);
                        }
                        lines.push_str(&format!("{packet}\n"));
                    }
                }
            }
        }
        std::fs::write(self.folder.path().join("packets"), lines).expect("written");
        let answers = self.clearway(&format!("trace --format json --packets {}/packets", self.folder.path().display()));
        let answers = answers.lines().map(|line| serde_json::from_str::<Value>(line).expect("an answer"));
        let accepted = answers.filter(|answer| answer["verdict"] == "accept");
        accepted.map(|answer| answer["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// Makes the fix for a flow as it is printed: the packet that was stopped gets through, nothing else does, also after its owner's reload.
    pub fn mend(&self, flow: &str, from: &str, to: &str, reload: &str, opened: impl Fn(&str) -> bool) -> Value {
        assert!(!self.reaches(from, to), "{to} was not stopped");
        let others: Vec<(&str, String)> =
            PORTS.iter().flat_map(|port| [(from, format!("203.0.113.10:{port}")), (from, format!("10.0.3.12:{port}"))]).collect();
        let others: Vec<_> = others.into_iter().filter(|(_, other)| other != to).collect();
        // All at once: most wait in vain.
        let look = || {
            let begun: Vec<_> = others.iter().map(|(from, to)| self.connect(from, to)).collect();
            begun.into_iter().map(|each| each.join().expect("a connection")).collect::<Vec<_>>()
        };
        let (before, real) = (self.accepted(), look());
        let fix = self.fix(flow);
        let commands = fix["commands"].as_array().expect("commands").iter().map(|command| command.as_str().expect("text").to_owned());
        let commands: Vec<String> = commands.collect();
        self.shell(&commands.join("\n"));
        for after in ["", reload] {
            self.shell(after);
            assert!(self.reaches(from, to), "{fix:#} does not help, after {after:?}");
            assert_eq!(look(), real, "{fix:#} changes what becomes of others, after {after:?}");
            let now = self.accepted();
            let gone: Vec<_> = before.iter().filter(|id| !now.contains(id)).collect();
            let new: Vec<_> = now.iter().filter(|id| !before.contains(id)).collect();
            assert!(gone.is_empty(), "{gone:?} no longer pass");
            assert!(!new.is_empty() && new.iter().all(|id| opened(id)), "{fix:#} opened {new:?}");
        }
        fix
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        let _ = &self.upstream;
    }
}

fn link(gateway: &Namespace, name: &str, own: [&str; 2], peer: &Namespace, others: [&str; 2]) {
    gateway.shell(&format!("ip link set lo up; ip link add {name} type veth peer name eth0 netns {}", peer.0));
    for (place, name, [four, six]) in [(gateway, name, own), (peer, "eth0", others)] {
        place.shell(&format!(
            "sysctl -qw net.ipv6.conf.{name}.accept_dad=0; ip link set lo up; ip link set {name} up; ip addr add {four} dev {name}
             ip -6 addr add {six} dev {name} nodad"
        ));
    }
}

/// Listens on all ports, for as long as the test runs.
fn serve(place: &Namespace) {
    let name = place.0.clone();
    let bind = move || {
        namespace::enter(&name).expect("the namespace is there");
        PORTS.map(|port| TcpListener::bind(("::", port)).expect("a free port"))
    };
    for listener in thread::spawn(bind).join().expect("listeners") {
        thread::spawn(move || listener.incoming().for_each(drop));
    }
}
