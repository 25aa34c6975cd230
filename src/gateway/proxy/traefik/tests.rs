//! Configurations and what they mean.

use super::*;
use crate::gateway::proxy::{Host, texts::Texts};

fn files(texts: &[(&str, &str)]) -> Configuration {
    let world = Texts(texts);
    let files = vec![texts.first().expect("a file").0.to_owned()];
    read(&Invocation { files, folder: "/t/".into(), ..Invocation::default() }, &Files::new(&world, None))
}

#[test]
fn entry_points_providers_and_services() {
    let read = files(&[
        (
            "/t/traefik.yml",
            "entryPoints:\n  web:\n    address: \":80\"\n  dns:\n    address: \"10.0.0.9:53/udp\"\n  websecure:\n    address: \":443\"\n    http3: {}\n    \
             http:\n      tls: {}\napi:\n  insecure: true\nproviders:\n  docker: {}\n  file:\n    directory: dynamic\n",
        ),
        (
            "/t/dynamic/a.toml",
            "[http.routers.r]\nrule = \"x\"\nservice = \"w\"\n[http.services.w.weighted]\n[[http.services.w.weighted.services]]\nname = \"app\"\n\
             [http.services.app.loadBalancer.healthCheck]\nport = 9000\n[[http.services.app.loadBalancer.servers]]\nurl = \"http://10.0.0.1:8080/x\"\n\
             [[http.services.app.loadBalancer.servers]]\nurl = \"https://app.internal\"\n",
        ),
        (
            "/t/dynamic/b.yml",
            "tcp:\n  services:\n    db:\n      loadBalancer:\n        servers:\n          - address: \"10.0.0.3:5432\"\nudp:\n  services:\n    d:\n      loadBalancer:\n        \
             servers:\n          - address: \"{{ .X }}:53\"\nhttp:\n  middlewares:\n    auth:\n      forwardAuth:\n        address: http://10.0.0.4:9091/verify\n",
        ),
    ]);
    assert_eq!(read.faults, []);
    let listens: Vec<_> = read
        .listens
        .iter()
        .map(|each| match &each.address {
            Address::Ip(ip, port, _) => (ip.to_string(), *port, each.transport, each.tls, each.place.line),
            other => panic!("{other:?}"),
        })
        .collect();
    let any = "::".to_owned();
    assert_eq!(
        listens,
        [
            (any.clone(), 80, Transport::Tcp, false, 3),
            ("10.0.0.9".to_owned(), 53, Transport::Udp, false, 5),
            (any.clone(), 443, Transport::Quic, true, 7),
            (any.clone(), 443, Transport::Tcp, true, 7),
            (any, 8080, Transport::Tcp, false, 12),
        ]
    );
    let ip = |text: &str, port| Target::Host(Host::Ip(text.parse().expect("an address")), port);
    let found: Vec<_> = read.upstreams.iter().map(|each| (each.target.clone(), each.place.to_string())).collect();
    for expected in [
        (ip("10.0.0.1", 8080), "/t/dynamic/a.toml:10:7"),
        (ip("10.0.0.1", 9000), "/t/dynamic/a.toml:10:7"),
        (Target::Host(Host::Name("app.internal".into()), 443), "/t/dynamic/a.toml:12:7"),
        (ip("10.0.0.3", 5432), "/t/dynamic/b.yml:6:22"),
        (Target::Unknown("{{ .X }}:53".into()), "/t/dynamic/b.yml:12:22"),
        (ip("10.0.0.4", 9091), "/t/dynamic/b.yml:17:18"),
    ] {
        assert!(found.iter().any(|(target, place)| (target, place.as_str()) == (&expected.0, expected.1)), "{expected:?} in {found:?}");
    }
    assert_eq!(read.upstreams[0].wanted_by.iter().map(|place| place.line).collect::<Vec<_>>(), [3]);
    assert!(read.unknowns.iter().any(|unknown| unknown.what.contains("docker")));
}

#[test]
fn what_is_malformed_has_its_place() {
    let read = files(&[("/t/traefik.toml", "[entryPoints\n")]);
    assert_eq!(read.faults[0].place.line, 1);
    let read = files(&[("/t/traefik.yml", "entryPoints:\n  a:\n    address: \"80\"\n")]);
    assert_eq!(read.faults[0].place.to_string(), "/t/traefik.yml:3:14");
}
