//! Names that mean something only in a container: nginx with files, a network namespace and a name server of its own resolves them, and so does clearway.

use std::{
    fs,
    net::{IpAddr, UdpSocket},
    process::{Child, Command},
    thread,
    time::Duration,
};

use crate::{
    harness::{Needs, Test, tests},
    netns::Namespace,
};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    names_of_a_container,
];

const CONFIGURATION: &str = "
daemon off; pid /run/nginx.pid; error_log /run/error.log; user root;
events {}
http {
    access_log off;
    server { listen 8001; location / { proxy_pass http://app:8080; } }
    server { listen 8002; location / { proxy_pass http://both:8080; } }
    server { listen 8003; resolver 127.0.0.11; set $up both.lan; location / { proxy_pass http://$up:8081; } }
}
";

/// A root of its own, with the programs of this host.
const START: &str = "
mount -t tmpfs none \"$1\"; cd \"$1\"
mkdir -p usr etc/nginx run proc dev tmp var/lib/nginx var/log/nginx
mount --rbind /usr usr
for name in bin sbin lib lib64; do [ -L /$name ] && ln -s usr/$name $name || { [ -d /$name ] && mkdir $name && mount --rbind /$name $name; } || true; done
mount --rbind /dev dev
cp /etc/passwd /etc/group etc/; cp /etc/ld.so.cache etc/ 2>/dev/null || true
echo 'hosts: files dns' > etc/nsswitch.conf
echo '10.89.0.3 both both.lan' > etc/hosts
printf 'search lan\\nnameserver 127.0.0.11\\n' > etc/resolv.conf
printf '%s' \"$2\" > etc/nginx/nginx.conf
exec chroot . nginx -c /etc/nginx/nginx.conf
";

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Its workers end with it when it is asked to (SIGTERM); killed it would leave them.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn names_of_a_container() {
    let [host, inside] = ["gate", "inner"].map(|purpose| Namespace::new(&format!("names-{purpose}")));
    host.shell(&format!(
        "ip link set lo up; ip link add out type veth peer name eth0 netns {}; ip addr add 10.88.0.1/24 dev out; ip link set out up
         ip link add far type veth peer name back; ip addr add 10.89.0.1/24 dev far; ip link set far up; ip link set back up
         sysctl -qw net.ipv4.ip_forward=1",
        inside.0
    ));
    inside.shell("ip link set lo up; ip addr add 10.88.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.88.0.1");
    host.nft("table ip t { chain forward { type filter hook forward priority 0; ip daddr 10.89.0.2 tcp dport 8080 drop; }; }");
    serve_names(&inside.0);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_string_lossy().into_owned();
    let mut nginx = Command::new("ip");
    nginx.args(["netns", "exec", &inside.0, "unshare", "--mount", "sh", "-ec", START, "sh", &path, CONFIGURATION]);
    let nginx = Running(nginx.spawn().expect("ip runs"));
    let serves = || Command::new("ip").args(["netns", "exec", &inside.0, "bash", "-c", "</dev/tcp/127.0.0.1/8001"]).output();
    // That it serves means that it has found its names.
    assert!(
        (0..50).any(|_| {
            thread::sleep(Duration::from_millis(100));
            serves().is_ok_and(|output| output.status.success())
        }),
        "nginx did not start"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["--netns", &host.0, "--format", "json"]).output().expect("it runs");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    drop(nginx);
    let flow = |to: &str| {
        let flows = told["flows"].as_array().expect("flows").iter();
        flows
            .filter(|flow| flow["to"] == to && flow["role"] == "upstream")
            .map(|flow| flow["verdict"].as_str().unwrap_or_default())
            .collect::<Vec<_>>()
    };
    // app is 10.89.0.2 by the name server inside; both is 10.89.0.3 by the hosts file inside when it starts, and 10.89.0.4 by the name server while it runs.
    assert_eq!(flow("10.89.0.2:8080"), ["blocked"], "{told:#}");
    assert_eq!(flow("10.89.0.3:8080"), ["pass"], "{told:#}");
    assert_eq!(flow("10.89.0.4:8081"), ["pass"], "{told:#}");
    let differs = told["findings"].as_array().expect("findings").iter().filter(|finding| finding["code"] == "name-differs");
    let facts: Vec<String> = differs.map(|finding| finding["facts"].to_string()).collect();
    assert_eq!(facts.len(), 2, "{facts:?}");
    for fact in facts {
        assert!(fact.contains("/etc/hosts says 10.89.0.3") && fact.contains("the name server 127.0.0.11:53 says 10.89.0.4"), "{fact}");
    }
    fs::remove_dir_all(folder.path()).expect("nothing is mounted here");
}

/// A name server at 127.0.0.11 of a namespace, as Docker has one: two names, both in `lan`, and no other.
fn serve_names(namespace: &str) {
    let namespace = namespace.to_owned();
    let (tell, hear) = std::sync::mpsc::channel();
    thread::spawn(move || {
        clearway::collect::namespace::enter(&namespace).expect("the namespace is there");
        let socket = UdpSocket::bind("127.0.0.11:53").expect("the address is there");
        tell.send(()).expect("somebody waits");
        let mut room = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut room) {
            let _ = socket.send_to(&answer(&room[..length]), from);
        }
    });
    hear.recv().expect("it serves");
}

fn answer(question: &[u8]) -> Vec<u8> {
    let labels = &question[12..];
    let end = 12 + labels.iter().position(|&byte| byte == 0).expect("a name") + 1;
    let is_a = question[end..end + 2] == [0, 1];
    let address: Option<IpAddr> = [(&b"\x03app\x03lan\0"[..], [10, 89, 0, 2]), (b"\x04both\x03lan\0", [10, 89, 0, 4])]
        .into_iter()
        .find(|(name, _)| question[12..end].eq_ignore_ascii_case(name))
        .map(|(_, address)| address.into());
    let mut answer = question[..end + 4].to_vec();
    let found = u8::from(is_a && address.is_some());
    answer[2..12].copy_from_slice(&[0x81, if address.is_some() { 0x80 } else { 0x83 }, 0, 1, 0, found, 0, 0, 0, 0]);
    if let (true, Some(IpAddr::V4(address))) = (is_a, address) {
        answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]);
        answer.extend_from_slice(&address.octets());
    }
    answer
}
