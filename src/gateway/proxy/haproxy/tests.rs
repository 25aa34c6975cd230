//! Configurations and what they mean.

use super::*;
use crate::gateway::proxy::{Address, Host, Purpose, Target, Transport, texts::Texts};

fn files(texts: &[(&str, &str)], named: &[&str]) -> Configuration {
    let world = Texts(texts);
    let files = named.iter().map(|name| (*name).to_owned()).collect();
    read(&Invocation { files, process: Some(1), ..Invocation::default() }, &Files::new(&world, None))
}

/// What is refused of a file that is named by hand.
fn given(text: &str) -> Configuration {
    let texts = [("/h", text)];
    read(&Invocation { files: vec!["/h".into()], ..Invocation::default() }, &Files::new(&Texts(&texts), None))
}

fn text(text: &str) -> Configuration {
    files(&[("/h", text)], &["/h"])
}

fn written(target: &Target) -> String {
    match target {
        Target::Host(Host::Ip(ip), port) => format!("{ip} {port}"),
        Target::Host(Host::Name(name), port) => format!("{name} {port}"),
        Target::Host(Host::Unknown(text), _) | Target::Unknown(text) => format!("? {text}"),
        Target::Unix(path) => format!("unix {path}"),
    }
}

fn targets(configuration: &Configuration) -> Vec<(String, u32)> {
    configuration.upstreams.iter().map(|each| (written(&each.target), each.place.line)).collect()
}

#[test]
fn frontends_backends_and_servers() {
    let read = text(
        "global\n user haproxy\n log 10.0.0.9 local0\n\
         defaults\n mode http\n timeout connect 5s\n timeout server 30s\n retries 1\n default-server check port 8081\n\
         frontend web\n bind :80,[::]:443-444 ssl v6only interface eth0\n use_backend api if { path_beg /api }\n default_backend app\n\
         backend app\n server a 10.0.0.1:8080\n server b app.internal:8080 backup no-check\n server c 10.0.0.3 disabled weight 5 no-check\n\
         backend api\n server s /run/api.sock no-check\n",
    );
    assert_eq!(read.faults, []);
    assert_eq!(read.user.as_deref(), Some("haproxy"));
    let ip = |text: &str, low: u16, high: u16| Address::Ip(text.parse().expect("an address"), low, high);
    let listens: Vec<_> = read.listens.iter().map(|each| (each.address.clone(), each.tls, each.v6only, each.place.line)).collect();
    assert_eq!(listens, [(ip("0.0.0.0", 80, 80), true, Some(true), 11), (ip("::", 443, 444), true, Some(true), 11)]);
    let found = targets(&read);
    for expected in [
        ("10.0.0.9 514", 3),
        ("10.0.0.1 8081", 15),
        ("10.0.0.1 8080", 15),
        ("app.internal 8080", 16),
        ("10.0.0.3 80", 17),
        ("unix /run/api.sock", 19),
    ] {
        assert!(found.iter().any(|(target, line)| (target.as_str(), *line) == expected), "{expected:?} in {found:?}");
    }
    let check = read.upstreams.iter().find(|each| each.purpose == Purpose::Check).expect("a check");
    assert_eq!(written(&check.target), "10.0.0.1 8081");
    let backup = read.upstreams.iter().find(|each| each.place.line == 16).expect("a server");
    assert!(backup.member.expect("of a group").backup);
    assert_eq!(backup.timeouts.connect, Some(std::time::Duration::from_secs(10)));
    assert_eq!(backup.wanted_by.iter().map(|place| place.line).collect::<Vec<_>>(), [13]);
    assert_eq!(read.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["app", "api"]);
}

#[test]
fn ports_follow_the_client() {
    let read = text("listen a\n bind :1000-1001\n server s 10.0.0.1\n server t 10.0.0.2:+10\n server u 0.0.0.0\n");
    assert_eq!(read.faults, []);
    let found = targets(&read);
    let found: Vec<&str> = found.iter().map(|(target, _)| target.as_str()).collect();
    assert_eq!(found, ["10.0.0.1 1000", "10.0.0.1 1001", "10.0.0.2 1010", "10.0.0.2 1011", "? the address that the client asked for"]);
}

#[test]
fn variables_conditions_and_folders() {
    let read = files(
        &[
            ("/d/1.cfg", "global\n setenv HOST 10.0.0.7\ndefaults d\n mode http\n"),
            (
                "/d/2.cfg",
                ".if defined(PORT)\nlisten a from d\n bind \"*:${PORT}\"\n server s ${HOST}:81 source 10.0.0.4 usesrc client\n.else\nnonsense\n.endif\n",
            ),
        ],
        &["/d"],
    );
    assert_eq!(read.faults, []);
    assert_eq!(read.listens[0].address, Address::Ip("0.0.0.0".parse().expect("an address"), 8080, 8080));
    assert_eq!(targets(&read), [("10.0.0.7 81".to_owned(), 4)]);
    assert_eq!(read.upstreams[0].from, Some(Host::Unknown("the client's own address".into())));
}

#[test]
fn peers_resolvers_templates_and_checks_elsewhere() {
    let read = text(
        "global\n localpeer me\npeers p\n peer me 10.0.0.1:1024\n peer other 10.0.0.2:1024\n\
         resolvers r\n nameserver a 10.0.0.53:53\n nameserver b tcp@10.0.0.54:53\n\
         backend b\n option httpchk\n http-check connect port 9000\n http-check connect port 9001\n server-template app 1-3 app.internal:80 check resolvers r init-addr none\n",
    );
    assert_eq!(read.faults, []);
    assert_eq!(read.listens.len(), 1);
    let found: Vec<_> = read.upstreams.iter().map(|each| (written(&each.target), each.transport, each.purpose)).collect();
    for (target, transport, purpose) in [
        ("10.0.0.2 1024", Transport::Tcp, Purpose::Peer),
        ("10.0.0.53 53", Transport::Udp, Purpose::Resolver),
        ("10.0.0.54 53", Transport::Tcp, Purpose::Resolver),
        ("app.internal 9000", Transport::Tcp, Purpose::Check),
        ("app.internal 9001", Transport::Tcp, Purpose::Check),
        ("app.internal 80", Transport::Tcp, Purpose::Traffic),
    ] {
        assert!(found.contains(&(target.to_owned(), transport, purpose)), "{target} in {found:?}");
    }
    assert_eq!(found.len(), 6);
}

#[test]
fn what_haproxy_refuses_has_its_place() {
    for (body, place, what) in [
        ("foo\n", "/h:1:1", "unknown keyword 'foo' out of section"),
        ("listen a\n bind :80 foo\n", "/h:2:11", "'bind :80' : unknown keyword 'foo'"),
        ("listen a\n server s 10.0.0.1 bar\n", "/h:2:20", "'server a/s' : unknown keyword 'bar'."),
        ("listen a\n timeout connect 5x\n", "/h:2:18", "unexpected character 'x' in 'timeout connect'"),
        ("listen a\n foo bar\n", "/h:2:2", "unknown keyword 'foo' in 'listen' section"),
        ("frontend a :80\n", "/h:1:12", "please use the 'bind' keyword for listening addresses."),
        ("backend a from x\n", "/h:1:1", "defaults section 'x' not found for backend 'a'."),
        ("listen a\n bind 'x\n", "/h:2:7", "unmatched quote"),
        ("frontend a\n default_backend b\n", "/h:2:2", "unable to find required backend: 'b'"),
    ] {
        let read = given(body);
        let first = read.faults.first().unwrap_or_else(|| panic!("{body} is taken"));
        assert_eq!((first.place.to_string().as_str(), first.what.as_str()), (place, what), "{body}");
    }
}

mod properties {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_lines_are_read(words in prop::collection::vec(prop::sample::select(vec![
            "global", "defaults", "frontend", "backend", "listen", "\n", "\n", "bind", ":80", "*:1-9", "server", "a", "10.0.0.1:80", ":+1", "check", "port", "80",
            "default-server", "source", "usesrc", "client", "\"", "'", "\\", "${A}", "\"$PORT\"", ".if", "defined(A)", ".else", ".endif", "peers", "resolvers",
            "nameserver", "from", "use_backend", "%[x]", "default_backend", "server-template", "1-99999999", "timeout", "connect", "5s", "é", "no", "log",
        ]), 0..60)) {
            super::text(&words.join(" "));
        }
    }
}
