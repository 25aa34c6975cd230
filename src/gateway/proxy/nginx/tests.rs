//! Configurations and what they mean.

use super::*;
use crate::gateway::proxy::{Address, Host, Resolution, Target, files::absolute, texts::Texts};

/// The configuration in files below `/c`, the first of which is the main one.
pub fn files(texts: &[(&str, &str)]) -> Configuration {
    let world = Texts(texts);
    let files = vec![absolute("/c", texts.first().expect("a file").0)];
    let invocation = Invocation { files, folder: "/c/".into(), ..Invocation::default() };
    read(&invocation, &Files::new(&world, None))
}

/// The configuration of one file.
pub fn text(text: &str) -> Configuration {
    files(&[("nginx.conf", text)])
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

fn http(body: &str) -> Configuration {
    text(&format!("events {{}}\nhttp {{\n{body}\n}}\n"))
}

fn assert_targets(configuration: &Configuration, expected: &[(&str, u32)]) {
    assert_eq!(configuration.faults, []);
    let found = targets(configuration);
    let found: Vec<_> = found.iter().map(|(target, line)| (target.as_str(), *line)).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_kind_of_pass_has_its_default_port() {
    let read = http(
        "server { listen 80;\n\
         location /a { proxy_pass http://10.0.0.1; }\n\
         location /b { proxy_pass https://b.example/x; }\n\
         location /c { fastcgi_pass unix:/run/php.sock; }\n\
         location /d { uwsgi_pass uwsgi://10.0.0.2:3031; }\n\
         location /e { grpc_pass grpcs://[fd00::1]:50051; }\n\
         location /f { memcached_pass 127.0.0.1:11211; }\n\
         location /g { scgi_pass localhost:4000; }\n\
         }",
    );
    let expected = [
        ("10.0.0.1 80", 4),
        ("b.example 443", 5),
        ("unix /run/php.sock", 6),
        ("10.0.0.2 3031", 7),
        ("fd00::1 50051", 8),
        ("127.0.0.1 11211", 9),
        ("localhost 4000", 10),
    ];
    assert_targets(&read, &expected);
    assert_eq!(
        read.upstreams.iter().map(|each| each.speaks).collect::<Vec<_>>(),
        ["http", "https", "fastcgi", "uwsgi", "grpcs", "memcached", "scgi"]
    );
    assert_eq!((read.upstreams[0].place.column, &*read.upstreams[0].place.file), (15, "/c/nginx.conf"));
}

#[test]
fn groups_tell_backup_down_and_weight_and_who_wants_them() {
    let read = http(
        "upstream App {\n server 10.0.0.1 weight=3;\n server 10.0.0.2:8080 backup;\n server app.internal down;\n server unix:/run/a; }\n\
         server { location / { proxy_pass http://app; } location /x { proxy_pass http://APP/y; } }",
    );
    assert_targets(&read, &[("10.0.0.1 80", 4), ("10.0.0.2 8080", 5), ("app.internal 80", 6), ("unix /run/a", 7)]);
    let members: Vec<_> = read.upstreams.iter().filter_map(|each| each.member).map(|each| (each.weight, each.backup, each.down)).collect();
    assert_eq!(members, [(3, false, false), (1, true, false), (1, false, true), (1, false, false)]);
    assert_eq!(read.upstreams[0].wanted_by.iter().map(|place| place.line).collect::<Vec<_>>(), [8, 8]);
    assert_eq!(read.groups[0].name, "App");
}

#[test]
fn variables_are_all_that_set_and_map_can_make_them() {
    let read = http(
        "map $host $pool {\n default app;\n ~^b b.example:81;\n include more.map;\n}\n\
         upstream app { server 10.0.0.1:1; }\n\
         server { set $to 10.0.0.2:2;\n if ($arg_x) { set $to 10.0.0.3:3; }\n\
         location /a { proxy_pass http://$to$request_uri; }\n\
         location /b { proxy_pass http://$pool; }\n\
         location /c { proxy_pass $scheme://10.0.0.4; }\n\
         location /d { proxy_pass http://${host}:8080; }\n\
         }",
    );
    // The group is wanted by name and may be meant by $host.
    let found = targets(&read);
    for expected in [
        ("10.0.0.2 2", 9),
        ("10.0.0.3 3", 10),
        ("b.example 81", 5),
        ("10.0.0.4 80", 13),
        ("10.0.0.4 443", 13),
        ("? http://${host}:8080", 14),
        ("10.0.0.1 1", 8),
    ] {
        assert!(found.iter().any(|(target, line)| (target.as_str(), *line) == expected), "{expected:?} in {found:?}");
    }
    assert_eq!(found.len(), 7);
    assert_eq!(read.upstreams.iter().find(|each| each.place.line == 5).map(|each| each.resolution), Some(Resolution::Running));
}

#[test]
fn what_code_sets_is_unknown() {
    let read = http(
        "server { location / { set $to ''; access_by_lua_block { ngx.var.to = \"}\" } proxy_pass http://$to; }\n\
         location /b { proxy_pass http://$1; } }",
    );
    assert_targets(&read, &[("? http://$to", 3), ("? http://$1", 4)]);
}

#[test]
fn listens_of_http_stream_and_mail() {
    let read = text(
        "events {}\nhttp { server { listen 80; listen [::]:443 ssl ipv6only=off; listen 443 quic reuseport; }\n server { } }\n\
         stream { server { listen 53 udp; proxy_pass 10.0.0.1:53; proxy_connect_timeout 2s; } server { listen 10.0.0.9:1000-1002; proxy_pass unix:/x; } }\n\
         mail { auth_http 127.0.0.1:9000/auth; server { listen 143; protocol imap; } }",
    );
    assert_eq!(read.faults, []);
    let ip = |text: &str, low: u16, high: u16| Address::Ip(text.parse().expect("an address"), low, high);
    let found: Vec<_> = read.listens.iter().map(|each| (each.address.clone(), each.transport, each.tls, each.place.line)).collect();
    let expected = [
        (ip("0.0.0.0", 80, 80), Transport::Tcp, false, 2),
        (ip("::", 443, 443), Transport::Tcp, true, 2),
        (ip("0.0.0.0", 443, 443), Transport::Quic, true, 2),
        (ip("0.0.0.0", 80, 80), Transport::Tcp, false, 3),
        (ip("0.0.0.0", 53, 53), Transport::Udp, false, 4),
        (ip("10.0.0.9", 1000, 1002), Transport::Tcp, false, 4),
        (ip("0.0.0.0", 143, 143), Transport::Tcp, false, 5),
    ];
    assert_eq!(found, expected);
    assert_eq!(read.listens[1].v6only, Some(false));
    assert_eq!(targets(&read), [("10.0.0.1 53".into(), 4), ("unix /x".into(), 4), ("127.0.0.1 9000".into(), 5)]);
    assert_eq!(read.upstreams[0].transport, Transport::Udp);
    assert_eq!(read.upstreams[0].timeouts.connect, Some(std::time::Duration::from_secs(2)));
}

#[test]
fn settings_are_inherited() {
    let read = http(
        "proxy_connect_timeout 5s; proxy_bind 10.0.0.9;\n\
         server { proxy_read_timeout 1m30s; location / { proxy_connect_timeout 7; location /x { proxy_pass http://10.0.0.1; } } location /y { proxy_pass http://10.0.0.2; proxy_bind off; } }",
    );
    let seconds = |of: usize| {
        let timeouts = read.upstreams[of].timeouts;
        [timeouts.connect, timeouts.send, timeouts.read].map(|time| time.map(|time| time.as_secs()))
    };
    let x = read.upstreams.iter().position(|each| each.from.is_some()).expect("one binds");
    assert_eq!(seconds(x), [Some(7), Some(60), Some(90)]);
    assert_eq!(seconds(1 - x), [Some(5), Some(60), Some(90)]);
}

#[test]
fn includes_are_relative_to_the_configuration() {
    let read = files(&[
        (
            "nginx.conf",
            "user www-data;\ninclude mods/*.conf;\nevents {}\nhttp {\n include sites/*;\n include none/*.conf;\n include gone.conf;\n}",
        ),
        ("sites/b", "server { listen 81;\n location / { proxy_pass http://10.0.0.2; } }"),
        ("sites/a", "server { listen 80; }"),
        ("sites/.hidden", "server { listen 82; }"),
        ("mods/x.conf", "worker_processes 1;"),
    ]);
    assert_eq!(read.listens.iter().map(|each| each.place.long()).collect::<Vec<_>>(), ["/c/sites/a:1", "/c/sites/b:1"]);
    assert_eq!(read.upstreams[0].place.to_string(), "/c/sites/b:2:15");
    assert_eq!(read.user.as_deref(), Some("www-data"));
    assert_eq!(read.faults.len(), 1);
    assert_eq!(read.faults[0].place.to_string(), "/c/nginx.conf:7:2");
}

#[test]
fn endless_includes_end() {
    let read = files(&[("nginx.conf", "include nginx.conf;")]);
    assert_eq!(read.faults.len(), 1);
    let deep = "a {".repeat(10_000);
    assert!(!text(&deep).faults.is_empty());
}

#[test]
fn what_nginx_refuses_is_refused_where_it_does() {
    for (body, place, what) in [
        ("server {\n proxy_passs http://a;\n}", "4:2", "unknown directive \"proxy_passs\""),
        ("server {\n listen 80a b;\n}", "4:2", "invalid parameter \"b\""),
        ("server {\n listen 0;\n}", "4:2", "invalid port in \"0\" of the \"listen\" directive"),
        ("upstream a { server 1; }\nupstream a { server 2; }", "4:1", "duplicate upstream \"a\""),
        ("upstream a {\n}", "3:12", "no servers are inside upstream"),
        ("server { location / { proxy_pass foo; } }", "3:23", "invalid URL prefix"),
        ("server { location / { fastcgi_pass foo; } }", "3:23", "no port in upstream \"foo\""),
        ("server { location / { root a; root b; } }", "3:31", "\"root\" directive is duplicate"),
        ("server { gzip yes; }", "3:10", "invalid value \"yes\" in \"gzip\" directive, it must be \"on\" or \"off\""),
        ("listen 80;", "3:1", "\"listen\" directive is not allowed here"),
        ("server { location { } }", "3:10", "invalid number of arguments in \"location\" directive"),
    ] {
        let read = http(body);
        let first = read.faults.first().unwrap_or_else(|| panic!("{body} is taken"));
        assert_eq!((first.place.to_string(), first.what.as_str()), (format!("/c/nginx.conf:{place}"), what), "{body}");
    }
}

mod properties {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read(text in "[ \\na-z{};\"'$\\\\#0-9:/=_.\\[\\]-]{0,200}") {
            super::text(&text);
        }

        #[test]
        fn any_words_are_read(words in prop::collection::vec(prop::sample::select(vec![
            "http", "server", "location", "{", "}", ";", "/", "listen", "80", "[::1]:1-2", "proxy_pass", "http://$x", "http://a:1", "set", "$x", "$y$x",
            "upstream", "a", "map", "stream", "mail", "include", "*", "nginx.conf", "resolver", "\"", "if", "($a)", "content_by_lua_block", "[[", "é",
            "unix:", "weight=2", "udp", "\n", "geo", "auth_http", "split_clients", "health_check", "port=1",
        ]), 0..60)) {
            super::text(&words.join(" "));
        }
    }
}
