//! Configurations and what they mean.

use super::*;
use crate::gateway::proxy::{Host, Purpose, Target, texts::Texts};

fn files(texts: &[(&str, &str)]) -> Configuration {
    let world = Texts(texts);
    let files = vec![texts.first().expect("a file").0.to_owned()];
    read(&Invocation { files, ..Invocation::default() }, &Files::new(&world, None))
}

fn text(text: &str) -> Configuration {
    files(&[("/c/Caddyfile", text)])
}

fn targets(configuration: &Configuration) -> Vec<(String, u32)> {
    let written = |target: &Target| match target {
        Target::Host(Host::Ip(ip), port) => format!("{ip} {port}"),
        Target::Host(Host::Name(name), port) => format!("{name} {port}"),
        Target::Host(Host::Unknown(text), _) | Target::Unknown(text) => format!("? {text}"),
        Target::Unix(path) => format!("unix {path}"),
    };
    configuration.upstreams.iter().map(|each| (written(&each.target), each.place.line)).collect()
}

fn ports(configuration: &Configuration) -> Vec<(u16, Transport, bool)> {
    let port = |listen: &Listen| match listen.address {
        Address::Ip(_, port, _) | Address::Name(_, port, _) => (port, listen.transport, listen.tls),
        _ => (0, listen.transport, listen.tls),
    };
    configuration.listens.iter().map(port).collect()
}

#[test]
fn sites_and_upstreams() {
    let read = text(
        "{\n admin off\n}\nexample.com,\nwww.example.com {\n reverse_proxy /api/* 10.0.0.1:8080 app:81 {\n  health_port 9000\n  transport http {\n   \
         dial_timeout 5s\n  }\n }\n handle /php/* {\n  php_fastcgi unix//run/php.sock\n }\n reverse_proxy {\n  to https://b.example\n }\n}\n\
         http://plain.example:8000 {\n forward_auth 10.0.0.2:9091 {\n uri /\n }\n}\n",
    );
    assert_eq!(read.faults, []);
    let expected = [(443, Transport::Tcp, true), (443, Transport::Quic, true), (8000, Transport::Tcp, false), (80, Transport::Tcp, false)];
    assert_eq!(ports(&read), expected);
    let expected = [
        ("10.0.0.1 8080", 6),
        ("app 81", 6),
        ("10.0.0.1 9000", 6),
        ("app 9000", 6),
        ("unix /run/php.sock", 13),
        ("b.example 443", 16),
        ("10.0.0.2 9091", 20),
    ];
    assert_eq!(targets(&read), expected.map(|(target, line)| (target.to_owned(), line)));
    assert_eq!(read.upstreams.iter().filter(|each| each.purpose == Purpose::Check).count(), 2);
    assert_eq!(read.upstreams[0].timeouts.connect, Some(std::time::Duration::from_secs(5)));
    assert_eq!(read.groups[0].name, "example.com");
}

#[test]
fn snippets_imports_and_environment() {
    let read = files(&[
        (
            "/c/Caddyfile",
            "(app) {\n reverse_proxy {args[0]}:{args.1}\n {block}\n}\nimport sites/*.caddy\n:80 {\n import app 10.0.0.1 81 {\n  reverse_proxy {$NONE:10.0.0.7}:1\n }\n import app {args[0]} 5\n}\n",
        ),
        ("/c/sites/a.caddy", ":81 {\n import ../part\n}\n"),
        ("/c/sites/../part", "reverse_proxy 10.0.0.2\n"),
    ]);
    assert_eq!(read.faults, []);
    let found = targets(&read);
    for expected in ["10.0.0.1 81", "10.0.0.7 1", "10.0.0.2 80"] {
        assert!(found.iter().any(|(target, _)| target == expected), "{expected} in {found:?}");
    }
}

#[test]
fn one_site_needs_no_braces() {
    let read = text("localhost\n\nreverse_proxy :9000\nlog {\n output net udp/10.0.0.9:514\n}\n");
    assert_eq!(targets(&read), [("127.0.0.1 9000".into(), 3), ("10.0.0.9 514".into(), 5)]);
    assert_eq!(read.upstreams[1].transport, Transport::Udp);
}

#[test]
fn json_is_read_as_well() {
    let read = files(&[(
        "/c/caddy.json",
        "{\n\"apps\": {\"http\": {\"servers\": {\"a\": {\"listen\": [\":80\", \"udp/:443\"], \"routes\": [{\"handle\": [\n{\"handler\": \"reverse_proxy\",\n\"upstreams\": [{\"dial\": \"10.0.0.1:80\"}]}]}]}}}}}\n",
    )]);
    assert_eq!(read.faults, []);
    assert_eq!(ports(&read), [(80, Transport::Tcp, false), (443, Transport::Udp, false)]);
    assert_eq!(targets(&read), [("10.0.0.1 80".into(), 4)]);
}

#[test]
fn what_caddy_refuses_has_its_place() {
    for (body, place) in [
        ("a {\n b {\n}\n", "/c/Caddyfile:3:1"),
        ("}\n", "/c/Caddyfile:1:1"),
        ("a:70000 {\n}\n", "/c/Caddyfile:1:1"),
        ("a {\n import none\n}\n", "/c/Caddyfile:2:2"),
        ("a {\n reverse_proxy http://b/x\n}\n", "/c/Caddyfile:2:16"),
    ] {
        let read = text(body);
        let first = read.faults.first().unwrap_or_else(|| panic!("{body} is taken"));
        assert_eq!(first.place.to_string(), place, "{body}: {}", first.what);
    }
}

mod properties {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_lines_are_read(words in prop::collection::vec(prop::sample::select(vec![
            "a", "{", "}", "\n", "\n", "(x)", "import", "x", "*", "Caddyfile", "{args[0]}", "{args[:]}", "{block}", "{blocks.a}", ":80", "http://b", "reverse_proxy",
            "10.0.0.1:1-5", "to", "dynamic", "transport", "{$A}", "{$A:b}", "<<E", "E", "\"", "`", "\\\n", "é", ",", "@m", "bind", "tcp4/", "log", "output", "net", "#",
        ]), 0..60)) {
            super::text(&words.join(" "));
        }
    }
}
