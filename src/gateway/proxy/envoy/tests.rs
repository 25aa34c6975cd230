//! Configurations and what they mean.

use super::*;
use crate::gateway::proxy::{Host, Target, texts::Texts};

fn files(texts: &[(&str, &str)]) -> Configuration {
    let world = Texts(texts);
    let files = vec![texts.first().expect("a file").0.to_owned()];
    read(&Invocation { files, folder: "/e/".into(), ..Invocation::default() }, &Files::new(&world, None))
}

#[test]
fn listeners_clusters_and_files() {
    let read = files(&[
        (
            "/e/envoy.yaml",
            "admin:\n  address:\n    socket_address: { address: 127.0.0.1, port_value: 9901 }\nstatic_resources:\n  listeners:\n  - address:\n      \
             socket_address:\n        address: \"::\"\n        port_value: 10000\n        ipv4_compat: true\n  clusters:\n  - name: app\n    type: STRICT_DNS\n    \
             connect_timeout: 0.25s\n    load_assignment:\n      endpoints:\n      - lb_endpoints:\n        - endpoint:\n            address:\n              \
             socket_address:\n                address: app.internal\n                port_value: 8080\n      - priority: 1\n        lb_endpoints:\n        - endpoint:\n            \
             address: {socket_address: {address: 10.0.0.2, port_value: 81}}\ndynamic_resources:\n  lds_config:\n    path: lds.yaml\n  cds_config:\n    ads: {}\n",
        ),
        (
            "/e/lds.yaml",
            "{\"resources\": [{\"@type\": \"type.googleapis.com/envoy.config.listener.v3.Listener\",\n\"address\": {\"socketAddress\": {\"address\": \"0.0.0.0\", \
             \"portValue\": 53, \"protocol\": \"UDP\"}}}]}",
        ),
    ]);
    assert_eq!(read.faults, []);
    let ip = |text: &str, port| Address::Ip(text.parse().expect("an address"), port, port);
    let listens: Vec<_> = read.listens.iter().map(|each| (each.address.clone(), each.transport, each.v6only)).collect();
    assert_eq!(
        listens,
        [
            (ip("::", 10000), Transport::Tcp, Some(false)),
            (ip("127.0.0.1", 9901), Transport::Tcp, None),
            (ip("0.0.0.0", 53), Transport::Udp, None),
        ]
    );
    assert_eq!(&*read.listens[2].place.file, "/e/lds.yaml");
    let targets: Vec<_> =
        read.upstreams.iter().map(|each| (each.target.clone(), each.place.line, each.member.is_some_and(|each| each.backup))).collect();
    assert_eq!(
        targets,
        [
            (Target::Host(Host::Name("app.internal".into()), 8080), 21, false),
            (Target::Host(Host::Ip("10.0.0.2".parse().expect("an address")), 81), 26, true),
        ]
    );
    assert_eq!(read.upstreams[0].timeouts.connect, Some(std::time::Duration::from_millis(250)));
    assert!(read.unknowns.iter().any(|unknown| unknown.what.contains("management server")));
}

#[test]
fn what_is_malformed_has_its_place() {
    let read = files(&[("/e/envoy.yaml", "a: [\nb: 1\n")]);
    assert!(read.faults[0].place.line > 0);
    let read = files(&[("/e/envoy.yaml", "admin:\n  address:\n    socket_address: {address: localhost, port_value: 1}\n")]);
    assert_eq!(read.faults[0].what, "malformed IP address: localhost");
}
