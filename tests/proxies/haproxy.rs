//! haproxy beside `haproxy -c`.

use std::{fs, path::Path};

use super::{
    harness::{Needs, Test, tests},
    printed::{self, read, refused},
};

pub const TESTS: &[Test] = tests![
    Needs::Program("haproxy");
    lines_are_taken_and_refused_as_haproxy_does,
    its_own_examples_are_taken_and_refused_as_haproxy_does,
];

/// What haproxy finds out from files, names and users, not from what is written.
const SURROUNDINGS: [&str; 17] = [
    "could not resolve address",
    "unable to stat",
    "unable to load",
    "unable to open",
    "cannot find user",
    "cannot find group",
    "failed to open",
    "No such file",
    "error opening",
    "cannot open",
    "no SSL certificate",
    "Unable to",
    "should contain at least",
    "invalid address",
    "file descriptor",
    "for tracking",
    "'wurfl-",
];

/// The first alert that names a line: `file:line`, and what.
fn alert(said: &str) -> Option<(String, String)> {
    said.lines().filter(|line| line.starts_with("[ALERT]")).find_map(|line| {
        let (_, rest) = line.split_once('[').and_then(|(_, rest)| rest.split_once('['))?;
        let (place, what) = rest.split_once(']')?;
        Some((place.to_owned(), what.trim_start_matches([' ', ':']).to_owned()))
    })
}

/// Compares one file; what differs.
fn compare(file: &Path) -> Option<String> {
    let (_, said) = printed::of("haproxy", &["-c", "-f", &file.to_string_lossy()]).expect("haproxy is installed");
    let alerts = said.lines().filter(|line| line.starts_with("[ALERT]")).collect::<Vec<_>>().join("\n");
    // It also ends with an error if nothing listens: that is no matter of what is written.
    let taken = alerts.is_empty();
    let outside = SURROUNDINGS.iter().any(|word| alerts.contains(word));
    match (taken, refused(&read("haproxy", file))) {
        (true, None) => None,
        (true, Some((place, what))) => Some(format!("haproxy takes what we refuse: {place}: {what}")),
        (false, None) if outside => None,
        (false, None) => Some(format!("haproxy refuses what we take: {alerts}")),
        (false, Some(_)) if outside => None,
        (false, Some((at, what))) => match alert(&said) {
            Some((place, theirs)) if place != at => Some(format!("we: {at}: {what}; haproxy: {place}: {theirs}")),
            _ => None,
        },
    }
}

/// Times without which haproxy warns.
const TIMES: &str = "timeout client 1s\n timeout server 1s\n timeout connect 1s\n";

fn lines_are_taken_and_refused_as_haproxy_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("haproxy.cfg");
    let binds = [
        ":80",
        "*:80",
        "0.0.0.0:80-90",
        ":::80",
        "[::]:80",
        "[::1]:80,127.0.0.1:81",
        "ipv4@:80",
        "ipv6@:80",
        "ipv4@10.0.0.1:80",
        "unix@/tmp/x",
        "abns@x",
        "/tmp/x.sock",
        "fd@0",
        "80",
        "10.0.0.1",
        ":0",
        ":99999",
        ":9-8",
        ":x",
        "",
        ":80 ssl",
        ":80 v4v6",
        ":80 v6only",
        ":80 interface lo",
        ":80 interface",
        ":80 name a",
        ":80 foo",
        ":80 transparent",
        "tcp@:80",
        "tcp4@:80",
        "tcp6@:80",
        "\":80\"",
        ":80 # comment",
        ":80#x",
        "':80",
        "2001:db8::1:80",
        "[2001:db8::1]:80",
        "ipv6@10.0.0.1:80",
        "ipv4@::1:80",
        ":+80",
        "1.2.3.4.5:80",
        "a_b:80",
        ":80 accept-proxy mss 1000 backlog 5",
        "\"$NOT_SET\":80",
        ":80-",
        ":-80",
        "127.1:80",
        "localhost:80",
        ":80 ,:81",
    ];
    let servers = [
        "a 10.0.0.1:80",
        "a 10.0.0.1",
        "a 10.0.0.1:",
        "a 10.0.0.1:+1",
        "a 10.0.0.1:-1",
        "a 10.0.0.1:80-90",
        "a 10.0.0.1:70000",
        "a /tmp/x",
        "a unix@/tmp/x",
        "a abns@x",
        "a [::1]:80",
        "a ::1:80",
        "a ipv6@::1:80",
        "a 0.0.0.0:80",
        "a *:80",
        "a :80",
        "a",
        "",
        "a 10.0.0.1:80 check",
        "a 10.0.0.1:80 check port 81",
        "a 10.0.0.1:80 check port",
        "a 10.0.0.1:80 check addr 10.0.0.2 port 82 inter 2s",
        "a 10.0.0.1:80 check addr 10.0.0.2:82",
        "a 10.0.0.1:80 weight 5",
        "a 10.0.0.1:80 weight 500",
        "a 10.0.0.1:80 backup disabled",
        "a 10.0.0.1:80 source 10.0.0.2",
        "a 10.0.0.1:80 source 10.0.0.2:1000-2000",
        "a 10.0.0.1:80 source 0.0.0.0 usesrc client",
        "a 10.0.0.1:80 source 0.0.0.0 usesrc clientip check",
        "a 10.0.0.1:80 source 0.0.0.0 interface lo",
        "a 10.0.0.1:80 source",
        "a 10.0.0.1:80 bar",
        "a 10.0.0.1:80 send-proxy maxconn 5 cookie x",
        "a 10.0.0.1:80 agent-check agent-port 99 agent-addr 10.0.0.3",
        "a 10.0.0.1:80 socks4 10.0.0.9:1080",
        "a 10.0.0.1:80 socks4 10.0.0.9",
        "a 10.0.0.1:80 ssl verify none",
        "a 10.0.0.1:443 ssl",
        "a 10.0.0.1:443 ssl no-ssl",
        "a 10.0.0.1:80 resolvers r",
        "a 10.0.0.1:80\n server a 10.0.0.2:80",
        "a 10.0.0.1:80 init-addr none resolve-prefer ipv4",
        "a 10.0.0.1:80 track b/c",
        "a 10.0.0.1:x",
    ];
    let whole = [
        "frontend a\n bind :80\n default_backend b\n",
        "frontend a\n bind :80\n use_backend b if TRUE\n",
        "frontend a :80\n",
        "listen a from b\n",
        "defaults a\nbackend c from a\n",
        "frontend a\nfrontend a\n",
        "frontend a\nbackend a\n",
        "listen a\nbackend a\n",
        "foo\n",
        "global\n foo\n",
        "listen a\n timeout connect 5\n",
        "listen a\n timeout connect 5x\n",
        "listen a\n timeout connect\n",
        "listen a\n timeout foo 5s\n",
        "listen a\n mode foo\n",
        "listen a\n foo\n",
        "listen a\n no option httplog\n",
        "listen a\n no foo\n",
        "listen a\n retries 3\n option redispatch\n",
        "frontend\n",
        "backend a b\n",
        ".if 1\nlisten a\n.else\nfoo\n.endif\n",
        ".if 0\nfoo\n.elif 1\nlisten a\n.endif\n",
        ".if defined(\n.endif\n",
        ".endif\n",
        ".if 1\n",
        ".else\n",
        ".foo\n",
        ".if foo(1)\n.endif\n",
        ".alert \"x\"\n",
        ".warning \"x\"\n",
        "listen a\n bind :80\n server s 10.0.0.1:80\n dispatch 10.0.0.2:80\n",
        "listen a\n dispatch 10.0.0.2\n",
        "listen a\n server-template x 3 10.0.0.1:80\n",
        "listen a\n server-template x 1-3 10.0.0.1:80 check\n",
        "listen a\n server-template x 3-1 10.0.0.1:80\n",
        "listen a\n server-template x 0 10.0.0.1:80\n",
        "listen a\n source 10.0.0.1\n",
        "listen a\n source\n",
        "listen a\n default-server check inter 2s\n",
        "listen a\n default-server foo\n",
        "defaults\n bind :80\n",
        "defaults\n server a 10.0.0.1:80\n",
        "peers p\n peer a 10.0.0.1:1024\n",
        "peers p\n peer a 10.0.0.1\n",
        "peers p\n peer a\n",
        "resolvers r\n nameserver a 10.0.0.1:53\n parse-resolv-conf\n",
        "resolvers r\n nameserver a 10.0.0.1\n",
        "resolvers r\n nameserver a\n",
        "mailers m\n mailer a 10.0.0.1:25\n",
        "mailers m\n mailer a 10.0.0.1\n",
        "global\n log 10.0.0.1 local0\n log 10.0.0.1:515 local0\n",
        "global\n log 10.0.0.1 nonsense\n",
        "global\n log /dev/log local0\n",
        "listen a\n log global\n",
        "global\n stats socket /tmp/x level admin\n",
        "global\n stats socket ipv4@127.0.0.1:9999\n",
        "global\n setenv A b\nlisten a\n bind \":$A\"\n",
        "global\n setenv A 80\nlisten a\n bind \":${A}\"\n",
        "global\n setenv A 80\nlisten a\n bind :${A}\n",
        "listen a\n bind \":${NONE-80}\"\n",
        "listen \"a b\"\n",
        "listen a\\ b\n",
        "listen a\n acl x path \"/a\n",
        "listen a\n acl x path /a\\x4\n",
        "listen a\n\tbind :80\r\n",
        "log-forward f\n bind :514\n dgram-bind :514\n log global\n",
        "ring r\n server s 10.0.0.1:514\n",
        "userlist u\n user a insecure-password b\n",
    ];
    let binds = binds.iter().map(|line| format!("listen a\n {TIMES} bind {line}\n"));
    let servers = servers.iter().map(|line| format!("backend a\n {TIMES} server {line}\n"));
    let mut differences = Vec::new();
    for text in binds.chain(servers).chain(whole.iter().map(|text| (*text).to_owned())) {
        fs::write(&path, &text).expect("written");
        differences.extend(compare(&path).map(|what| format!("{}: {what}", text.replace(TIMES, "").trim())));
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

fn its_own_examples_are_taken_and_refused_as_haproxy_does() {
    let files = ["/usr/share/doc/haproxy/examples", "/etc/haproxy"].into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let files =
        files.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|extension| extension == "cfg"));
    let differences: Vec<_> = files.filter_map(|file| Some(format!("{}: {}", file.display(), compare(&file)?))).collect();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
