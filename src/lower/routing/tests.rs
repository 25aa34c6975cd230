use super::*;
use crate::network::{Nexthop, PolicyAction as Action, RouteKind as Kind};

fn route(table: u32, kind: Kind, destination: &str, link: u32) -> network::Route {
    let nexthops = vec![Nexthop { link, gateway: None, weight: 1, dead: false }];
    network::Route {
        table,
        kind,
        destination: destination.parse().expect("a prefix"),
        source: None,
        tos: 0,
        metric: 0,
        scope: 0,
        preferred_source: None,
        nexthops,
        opaque: Vec::new(),
    }
}

fn rule(priority: u32, table: u32) -> network::PolicyRule {
    network::PolicyRule {
        ip_version: 4,
        priority,
        invert: false,
        source: None,
        destination: None,
        tos: 0,
        iif: None,
        oif: None,
        mark: None,
        protocol: None,
        source_ports: None,
        destination_ports: None,
        uids: None,
        l3mdev: false,
        suppress_prefix_length: None,
        suppress_group: None,
        action: Action::Table(table),
        opaque: Vec::new(),
    }
}

fn found(routing: &Routing, table: u32, address: &str) -> Option<RouteKind> {
    let table = routing.table(table)?;
    let address = number(address.parse().expect("an address"), IpVersion::V4)?;
    match table.lead(table.find(address), |_| true) {
        routing::Lead::Route(id) => Some(table.route(id).kind),
        _ => None,
    }
}

#[test]
fn without_own_rules_local_and_main_share_a_trie() {
    let mut network = Network {
        routes: vec![route(255, Kind::Local, "127.0.0.0/8", 1), route(254, Kind::Blackhole, "127.9.0.0/16", 1)],
        rules: vec![rule(0, 255), rule(32766, 254), rule(32767, 253)],
        ..Network::default()
    };
    let routing = lower(&network, IpVersion::V4);
    assert!(!routing.custom_rules);
    assert_eq!(found(&routing, 254, "127.0.0.1"), Some(RouteKind::Local));
    assert_eq!(found(&routing, 254, "127.9.0.1"), Some(RouteKind::Fail(Failure::Blackhole)));
    assert!(routing.table(255).is_none());

    network.rules.push(rule(100, 100));
    let routing = lower(&network, IpVersion::V4);
    assert!(routing.custom_rules);
    assert_eq!(found(&routing, 255, "127.9.0.1"), Some(RouteKind::Local));
    assert_eq!(found(&routing, 254, "127.0.0.1"), None);
}

#[test]
fn a_route_without_a_living_nexthop_is_passed_over() {
    let mut dead = route(254, Kind::Unicast, "10.1.0.0/16", 2);
    dead.nexthops[0].dead = true;
    let network = Network { routes: vec![route(254, Kind::Unicast, "10.0.0.0/8", 3), dead], ..Network::default() };
    let routing = lower(&network, IpVersion::V4);
    assert_eq!(routing.table(254).map(|table| table.routes().len()), Some(1));
}
