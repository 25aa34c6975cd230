//! The simulation over many rules: one flow as a set of packets, of whose rules a quarter overlap it; and single packets, which are compared
//! with every rule.

use std::{hint::black_box, time::Duration};

use clearway::{
    model::{
        Base, Chain, ChainId, Field, HeaderSet, Hook, Host, IpVersion, Rule, Step, Test, Values, Verdict,
        chain::{Backend, ChainKind},
    },
    simulate::{
        Given, Point, Run, decide::Decider, machine::Machine, outcome::Delivery, run::Finished, space::Space, strand::Strand,
        undecided::Undecideds,
    },
    snapshot::Snapshot,
    world::Recorded,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// `ip saddr ADDRESS tcp dport PORT counter drop`, each with an address of its own, every fourth about 443.
fn rule(number: u32) -> Rule {
    let address = u128::from(number.wrapping_mul(2_654_435_761));
    let port = if number.is_multiple_of(4) { 443 } else { 1000 + u128::from(number % 40_000) };
    let steps = vec![
        Step::Test(Test::is(Field::Source, Values::one(32, address))),
        Step::Test(Test::is(Field::Protocol, Values::one(8, 6))),
        Step::Test(Test::is(Field::DestinationPort, Values::one(16, port))),
        Step::Count,
        Step::Verdict(Verdict::Drop),
    ];
    Rule { handle: None, steps }
}

fn host(rules: u32) -> Host {
    let chain = Chain {
        backend: Backend::NfTables,
        program: "nft",
        family: "inet",
        table: "t".into(),
        name: "forward".into(),
        base: Some(Base { hook: Hook::Forward, kind: ChainKind::Filter, priority: 0, policy_drop: false, devices: vec![] }),
        rules: (0..rules).map(rule).collect::<Vec<_>>().into(),
    };
    Host {
        version: IpVersion::V4,
        interfaces: vec![],
        chains: vec![chain],
        hooks: vec![(Hook::Forward, vec![ChainId(0)])],
        sets: vec![],
        conditions: vec![],
        conntrack: false,
        reads_route: false,
        reads_priority: false,
        routing: Default::default(),
        settings: Default::default(),
        sockets: vec![],
    }
}

fn outcomes<S: Space>(host: &Host, start: S) -> usize {
    let snapshot = Snapshot::default();
    let world = Recorded(&snapshot);
    let decider = Decider { host, world: &world, memory: None, undecided: Undecideds::default() };
    let mut machine = Machine { decider, finished: vec![], visits: 0, hook: Hook::Forward };
    let through = machine.pass(Hook::Forward, vec![Strand::new(start)], Given::First, None);
    machine.finished.extend(through.into_iter().map(|strand| Finished::arrived(strand, Delivery::None)));
    Run { finished: machine.finished, undecided: machine.decider.undecided }.outcomes().len()
}

fn flows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("flow");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    let web = HeaderSet::all().split(Field::Protocol, &Values::one(8, 6)).0.split(Field::DestinationPort, &Values::one(16, 443)).0;
    let packet = Point::new(vec![(Field::Source, 1), (Field::Protocol, 6), (Field::DestinationPort, 443)]);
    for rules in [1_000, 10_000, 100_000] {
        let host = host(rules);
        group.throughput(Throughput::Elements(rules.into()));
        group.bench_function(format!("a flow through {rules} rules"), |bencher| bencher.iter(|| outcomes(&host, black_box(web.clone()))));
        group.bench_function(format!("a packet through {rules} rules"), |bencher| {
            bencher.iter(|| outcomes(&host, black_box(packet.clone())))
        });
    }
    group.finish();
}

criterion_group!(benches, flows);
criterion_main!(benches);
