use crate::{
    model::{
        Field, HeaderSet, Host, Interface, IpVersion, Routing, Settings, Socket, Values,
        routing::{Hop, MAIN, PolicyAction, PolicyRule, Prefix, Route, RouteKind, Table},
        settings::InterfaceSettings,
    },
    simulate::{
        Given, Simulation,
        outcome::{Decision, Delivery, Ending},
    },
    snapshot::Snapshot,
    world::Recorded,
};

fn route(address: u128, length: u8, kind: RouteKind, interfaces: &[u32]) -> Route {
    let hops = interfaces.iter().map(|interface| Hop { interface: *interface, gateway: None, dead: false }).collect();
    let prefix = Prefix { address, length };
    Route { prefix, source: None, dscp: 0, metric: 0, kind, scope: 0, preferred_source: None, hops, unknown: None }
}

/// lo, eth0 with 10.0.0.1 and eth1 with 10.1.0.1, all forwarding.
fn host(routes: Vec<Route>, sockets: Vec<Socket>) -> Host {
    let own = [(1, "lo", 0x7f00_0001), (2, "eth0", 0x0a00_0001), (3, "eth1", 0x0a01_0001)];
    let local = own.iter().map(|(index, _, address)| route(*address, 32, RouteKind::Local, &[*index]));
    let interface = |(index, name, address): (u32, &str, u128)| Interface {
        index,
        name: name.into(),
        loopback: index == 1,
        up: true,
        addresses: vec![(address, 24)],
        mtu: 1500,
        group: 0,
        resolves: index != 1,
        filters_frames: false,
        gateways: Vec::new(),
        neighbours: Vec::new(),
    };
    Host {
        version: IpVersion::V4,
        interfaces: own.map(interface).to_vec(),
        chains: Vec::new(),
        hooks: Vec::new(),
        sets: Vec::new(),
        conditions: Vec::new(),
        conntrack: false,
        reads_route: false,
        reads_priority: false,
        routing: Routing {
            rules: vec![PolicyRule { action: PolicyAction::Table(MAIN), ..PolicyRule::default() }],
            tables: vec![Table::new(MAIN, 32, local.chain(routes).collect(), &[])],
            local_table: MAIN,
            ..Routing::default()
        },
        settings: Settings {
            interfaces: own
                .map(|(interface, ..)| InterfaceSettings { interface, forwarding: true, ..InterfaceSettings::default() })
                .to_vec(),
            ..Settings::default()
        },
        sockets,
    }
}

/// Packets whose fields have these values, from 10.0.0.9 by eth0 unless they say otherwise.
fn packets(fields: &[(Field, u128)]) -> HeaderSet {
    let usual = [
        (Field::InInterface, 2),
        (Field::Source, 0x0a00_0009),
        (Field::Protocol, 6),
        (Field::Ttl, 64),
        (Field::Length, 60),
        (Field::IpFlags, 2),
        (Field::FragmentOffset, 0),
        (Field::PacketType, 0),
    ];
    let unsaid = usual.iter().filter(|(field, _)| !fields.iter().any(|(each, _)| each == field));
    let only = |set: HeaderSet, (field, value): &(Field, u128)| set.split(*field, &Values::one(field.width(IpVersion::V4), *value)).0;
    unsaid.chain(fields).fold(HeaderSet::all(), only)
}

fn ends(host: &Host, packets: HeaderSet) -> Vec<(Ending, Delivery, Decision)> {
    let snapshot = Snapshot::default();
    let run = Simulation::new(host, &Recorded(&snapshot)).run(packets, Given::First);
    run.finished.into_iter().map(|end| (end.ending, end.delivery, end.decision)).collect()
}

#[test]
fn of_two_ways_out_the_kernel_chooses() {
    let host = host(vec![route(0, 0, RouteKind::Unicast, &[2, 3])], Vec::new());
    let snapshot = Snapshot::default();
    let run = Simulation::new(&host, &Recorded(&snapshot)).run(packets(&[(Field::Destination, 0x0808_0808)]), Given::First);
    let outcomes = run.outcomes();
    let mut out: Vec<_> = outcomes.iter().map(|outcome| outcome.delivery.clone()).collect();
    out.sort_by_key(|delivery| format!("{delivery:?}"));
    assert_eq!(out, [Delivery::Forward { interface: 2 }, Delivery::Forward { interface: 3 }]);
    assert!(outcomes.iter().all(|outcome| outcome.conditions.len() == 1));
}

#[test]
fn what_is_too_long_or_too_old_ends_before_the_forward_hook() {
    let host = host(vec![route(0x0a01_0000, 24, RouteKind::Unicast, &[3])], Vec::new());
    let to = (Field::Destination, 0x0a01_0009);
    let end = |fields: &[(Field, u128)]| ends(&host, packets(&[&[to], fields].concat()));
    assert!(matches!(&end(&[(Field::Ttl, 2)])[..], [(Ending::Accept, Delivery::Forward { interface: 3 }, _)]));
    assert!(matches!(&end(&[(Field::Ttl, 1)])[..], [(Ending::Drop, ..)]));
    assert!(matches!(&end(&[(Field::Length, 1501)])[..], [(Ending::Drop, ..)]));
    assert!(matches!(&end(&[(Field::Length, 1501), (Field::IpFlags, 0)])[..], [(Ending::Accept, ..)]));
}

#[test]
fn a_full_table_cuts_no_flow_into_pieces() {
    let routes = (0..100_000_u32).map(|at| route(u128::from(at + 0x10_0000) << 8, 24, RouteKind::Unicast, &[3])).collect();
    let host = host(routes, Vec::new());
    let wide = packets(&[]).split(Field::Destination, &Values::range(32, 0x0b00_0000, 0xdfff_ffff)).0;
    let ends = ends(&host, wide);
    assert_eq!(ends.iter().filter(|(ending, ..)| *ending == Ending::Accept).count(), 1);
    assert!(ends.len() <= 4, "{} pieces", ends.len());
}

fn socket(number: usize, protocol: u8, address: Option<u128>, port: u16) -> Socket {
    Socket { number, protocol, address, port, device: None, dual: false, peer: None, uid: 0 }
}

#[test]
fn the_most_specific_socket_takes_a_packet() {
    let sockets = vec![
        socket(0, 6, None, 80),
        Socket { dual: true, ..socket(1, 6, None, 80) },
        socket(2, 6, Some(0x0a00_0001), 80),
        Socket { device: Some(2), ..socket(3, 6, None, 80) },
        socket(4, 17, None, 53),
        Socket { peer: Some((0x0a00_0009, 4000)), ..socket(5, 17, Some(0x0a00_0001), 53) },
    ];
    let host = host(vec![route(0x0a00_0000, 24, RouteKind::Unicast, &[2]), route(0x0a01_0000, 24, RouteKind::Unicast, &[3])], sockets);
    let taken = |fields: &[(Field, u128)]| match &ends(&host, packets(fields))[..] {
        [(Ending::Accept, Delivery::Local { socket }, _)] => *socket,
        other => panic!("{other:?}"),
    };
    let to = |address: u128, port: u128| [(Field::Destination, address), (Field::DestinationPort, port)];
    assert_eq!(taken(&to(0x0a00_0001, 80)), Some(2));
    assert_eq!(taken(&to(0x0a01_0001, 80)), Some(3));
    let by_eth1 = [(Field::InInterface, 3), (Field::Source, 0x0a01_0009)];
    assert_eq!(taken(&[&to(0x0a01_0001, 80)[..], &by_eth1].concat()), Some(0));
    assert_eq!(taken(&to(0x0a00_0001, 81)), None);
    let datagram = [(Field::Protocol, 17), (Field::SourcePort, 4000)];
    assert_eq!(taken(&[&to(0x0a00_0001, 53)[..], &datagram].concat()), Some(5));
    let datagram = [(Field::Protocol, 17), (Field::SourcePort, 4001)];
    assert_eq!(taken(&[&to(0x0a00_0001, 53)[..], &datagram].concat()), Some(4));
}
