//! Configurations and what they mean.

use std::time::Duration;

use super::*;
use crate::gateway::proxy::{Host, Purpose, Target, texts::Texts};

fn files(texts: &[(&str, &str)]) -> Configuration {
    let world = Texts(texts);
    let file = texts.first().expect("a file").0.to_owned();
    let folder = crate::gateway::proxy::files::folder(&file).to_owned();
    read(&Invocation { files: vec![file], folder, ..Invocation::default() }, &Files::new(&world, None))
}

fn text(text: &str) -> Configuration {
    files(&[("/a/apache2.conf", text)])
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

#[test]
fn every_way_to_hand_on() {
    let read = text(
        "Listen 80\nListen 10.0.0.9:443 https\nUser www-data\nTimeout 300\n\
         <VirtualHost *:80>\n ProxyPass /x !\n ProxyPass \"/a\" http://10.0.0.1:8080/ connectiontimeout=5 timeout=30\n\
         <Location /b>\n  ProxyPass https://b.example/\n  ProxyPassReverse https://b.example/\n </Location>\n\
         ProxyPassMatch ^/c(.*)$ fcgi://127.0.0.1:9000/var/www$1\n\
         RewriteRule ^/d(.*) ws://[fd00::1]:81/$1 [P,L]\n RewriteRule ^/e http://elsewhere/ [R]\n\
         <FilesMatch \\.php$>\n  SetHandler \"proxy:unix:/run/php.sock|fcgi://localhost\"\n </FilesMatch>\n\
         RewriteRule ^ http://%{HTTP_HOST}/ [proxy]\n\
         </VirtualHost>\n",
    );
    assert_eq!(read.faults, []);
    assert_eq!(read.user.as_deref(), Some("www-data"));
    let listens: Vec<_> = read.listens.iter().map(|each| (each.address.clone(), each.tls, each.v6only, each.place.line)).collect();
    let ip = |text: &str, port| Address::Ip(text.parse().expect("an address"), port, port);
    assert_eq!(listens, [(ip("::", 80), false, Some(false), 1), (ip("10.0.0.9", 443), true, None, 2)]);
    let expected = [
        ("10.0.0.1 8080", 7),
        ("b.example 443", 9),
        ("127.0.0.1 9000", 12),
        ("fd00::1 81", 13),
        ("unix /run/php.sock", 16),
        ("? http://%{HTTP_HOST}/", 18),
    ];
    assert_eq!(targets(&read), expected.map(|(target, line)| (target.to_owned(), line)));
    let times = |of: usize| (read.upstreams[of].timeouts.connect, read.upstreams[of].timeouts.read);
    assert_eq!(times(0), (Some(Duration::from_secs(5)), Some(Duration::from_secs(30))));
    assert_eq!(times(1), (Some(Duration::from_secs(300)), Some(Duration::from_secs(300))));
}

#[test]
fn balancers_and_their_members() {
    let read = text(
        "<Proxy \"balancer://App\">\n BalancerMember http://10.0.0.1:80 loadfactor=2\n BalancerMember http://10.0.0.2:80 status=+H\n \
         ProxySet lbmethod=byrequests\n</Proxy>\nBalancerMember balancer://app ajp://10.0.0.3 status=D\n\
         ProxyPass / balancer://app/\n<Proxy balancer://unused>\n BalancerMember http://10.0.0.9\n</Proxy>\n",
    );
    assert_eq!(read.faults, []);
    let members: Vec<_> = read.upstreams.iter().filter_map(|each| each.member).map(|each| (each.weight, each.backup, each.down)).collect();
    assert_eq!(members, [(2, false, false), (1, true, false), (1, false, true)]);
    assert_eq!(targets(&read), [("10.0.0.1 80".into(), 2), ("10.0.0.2 80".into(), 3), ("10.0.0.3 8009".into(), 6)]);
    assert_eq!(read.upstreams[0].wanted_by.iter().map(|place| place.line).collect::<Vec<_>>(), [7]);
    assert!(read.unknowns.iter().any(|unknown| unknown.place.line == 8));
}

#[test]
fn includes_conditions_variables_and_macros() {
    let read = files(&[
        (
            "/a/apache2.conf",
            "Define PORT 8080\nLoadModule proxy_module /m/mod_proxy.so\nLoadModule ssl_module /m/mod_ssl.so\nLoadModule macro_module /m/mod_macro.so\n\
             <IfModule mod_ssl.c>\nListen 443\n</IfModule>\n<IfModule !ssl_module>\nListen 444\n</IfModule>\n\
             <IfDefine PORT>\nListen ${PORT}\n</IfDefine>\n<IfModule nothing_module>\nNonsense\n</IfModule>\n\
             IncludeOptional none/*.conf\nInclude sites/*.conf\n\
             <Macro Site $name $to>\nProxyPass /$name http://$to/\n</Macro>\nUse Site x 10.0.0.7:81\n<IfVersion < 2.4>\nListen 1\n</IfVersion>\n",
        ),
        ("/a/sites/1.conf", "ProxyPass / \\\n  http://10.0.0.1:${PORT}/\n"),
        ("/a/envvars", "export APACHE_RUN_USER=www-data\n"),
    ]);
    assert_eq!(read.faults, []);
    let ports: Vec<_> = read.listens.iter().map(|each| each.address.clone()).collect();
    let any = |port| Address::Ip("::".parse().expect("an address"), port, port);
    assert_eq!(ports, [any(443), any(8080)]);
    assert_eq!(targets(&read), [("10.0.0.1 8080".into(), 1), ("10.0.0.7 81".into(), 20)]);
    assert_eq!(&*read.upstreams[0].place.file, "/a/sites/1.conf");
}

#[test]
fn directories_are_peers() {
    let read = text("<Location />\nAuthLDAPURL \"ldap://10.0.0.5 ldap2:390/o=x\"\n</Location>\n");
    assert_eq!(targets(&read), [("10.0.0.5 389".into(), 2), ("ldap2 390".into(), 2)]);
    assert!(read.upstreams.iter().all(|each| each.purpose == Purpose::Peer));
}

#[test]
fn what_httpd_refuses_has_its_place() {
    for (body, place, what) in [
        ("<VirtualHost *:80>\n", "/a/apache2.conf:1:1", "<VirtualHost> was not closed."),
        ("\n</Location>\n", "/a/apache2.conf:2:1", "</Location> without matching <Location> section"),
        ("Listen\\\n 10.0.0.1\n", "/a/apache2.conf:2:1", "Port must be specified"),
        ("Include none.conf\n", "/a/apache2.conf:1:1", "Could not open configuration file /a/none.conf: No such file or directory"),
        ("ProxyPass / foo\n", "/a/apache2.conf:1:1", "ProxyPass|ProxyPassMatch unable to parse URL"),
    ] {
        let read = text(body);
        let first = read.faults.first().unwrap_or_else(|| panic!("{body} is taken"));
        assert_eq!((first.place.to_string().as_str(), first.what.as_str()), (place, what), "{body}");
    }
}

mod properties {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_lines_are_read(words in prop::collection::vec(prop::sample::select(vec![
            "<VirtualHost", "*:80>", "</VirtualHost>", "<IfModule", "x>", "</IfModule>", "\n", "\n", "Listen", "80", "[::1]:1", "ProxyPass", "/", "http://$1:2/",
            "balancer://a", "<Proxy", "balancer://a>", "</Proxy>", "BalancerMember", "Include", "*", "apache2.conf", "Define", "A", "${A}", "Use", "<Macro", "m", "$a>",
            "</Macro>", "\\\n", "\"", "é", "RewriteRule", "[P]", "unix:/x|fcgi://y", "SetHandler", "proxy:", "status=+H", ">", "<", "</",
        ]), 0..60)) {
            super::text(&words.join(" "));
        }
    }
}
