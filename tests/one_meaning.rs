//! The packet tracer and the symbolic engine run the same program: what a set of packets does, each of its packets does.

use std::sync::Arc;

use clearway::{
    model::{
        Base, Bits, Chain, ChainId, Field, HeaderSet, Hook, Host, IpVersion, MatchSet, Rule, SetId, Step, Test, Values, Verdict,
        chain::{Backend, ChainKind},
        set::{Content, Data, Element, Keeper},
        step::{Condition, ConditionId, ConditionKind},
    },
    simulate::{
        Given, Outcome, Point, Run,
        decide::Decider,
        machine::Machine,
        outcome::{Decision, Delivery, Ending},
        run::Finished,
        space::Space,
        strand::Strand,
        undecided::Undecideds,
    },
    snapshot::Snapshot,
    world::Recorded,
};
use proptest::prelude::*;

/// Fields that the random rules read, and how many values of each are tried.
const FIELDS: [(Field, u128); 4] = [(Field::Source, 8), (Field::DestinationPort, 8), (Field::Mark, 4), (Field::Ttl, 4)];
const CHAINS: u32 = 4;

fn values(field: Field, most: u128) -> impl Strategy<Value = Values> {
    let width = field.width(IpVersion::V4);
    prop_oneof![
        (0..most).prop_map(move |value| Values::one(width, value)),
        (0..most, 0..most).prop_map(move |(a, b)| Values::range(width, a.min(b), a.max(b))),
        (1..most, 0..most).prop_map(move |(mask, value)| Values::masked(width, mask, value)),
    ]
}

fn simple_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        30 => prop::sample::select(FIELDS.to_vec())
            .prop_flat_map(|(field, most)| values(field, most).prop_map(move |values| Test::In { field, values: Arc::new(values) })),
        1 => Just(Test::Condition(ConditionId(0))),
        4 => Just(Test::Holds { key: [Bits::field(Field::Source, IpVersion::V4), Bits::field(Field::DestinationPort, IpVersion::V4)].into(), set: SetId(0) }),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    simple_test().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|tests| Test::All(tests.into())),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|tests| Test::Any(tests.into())),
            inner.prop_map(|test| Test::Not(Box::new(test))),
        ]
    })
}

fn verdict(chain: u32) -> impl Strategy<Value = Verdict> {
    let jump = (chain + 1..=CHAINS).prop_map(|target| if target < CHAINS { Verdict::Jump(ChainId(target)) } else { Verdict::Return });
    let goto = (chain + 1..=CHAINS).prop_map(|target| if target < CHAINS { Verdict::Goto(ChainId(target)) } else { Verdict::Continue });
    prop_oneof![Just(Verdict::Accept), Just(Verdict::Drop), jump, goto]
}

fn steps(chain: u32) -> impl Strategy<Value = Vec<Step>> {
    let mark = Bits::field(Field::Mark, IpVersion::V4);
    let write = prop_oneof![
        (0..4u128).prop_map(|mark| Bits::constant(32, mark)),
        (0..4u8).prop_map(move |bits| mark.and(&[0, 0, 0, bits])),
        Just(Bits::field(Field::Source, IpVersion::V4).and(&[0, 0, 0, 3])),
    ]
    .prop_map(|bits| Step::Write { field: Field::Mark, bits: Box::new(bits) });
    let step = prop_oneof![
        4 => test().prop_map(Step::Test),
        1 => Just(Step::Count),
        1 => write,
        1 => Just(Step::Look { key: vec![Bits::field(Field::DestinationPort, IpVersion::V4)].into(), map: SetId(1), register: Some(0) }),
    ];
    (prop::collection::vec(step, 0..4), prop::option::of(verdict(chain))).prop_map(|(mut steps, verdict)| {
        steps.extend(verdict.map(Step::Verdict));
        steps
    })
}

fn chain(number: u32) -> impl Strategy<Value = Chain> {
    (prop::collection::vec(steps(number), 1..6), any::<bool>()).prop_map(move |(rules, policy_drop)| Chain {
        backend: Backend::NfTables,
        program: "nft",
        family: "inet",
        table: "t".into(),
        name: format!("c{number}"),
        base: (number == 0).then(|| Base { hook: Hook::Forward, kind: ChainKind::Filter, priority: 0, policy_drop, devices: vec![] }),
        rules: rules.into_iter().map(|steps| Rule { handle: None, steps }).collect::<Vec<_>>().into(),
    })
}

fn host() -> impl Strategy<Value = Host> {
    let element = (0..8u128, 0..8u128, 0..8u128)
        .prop_map(|(source, low, high)| Element { key: vec![(source, source), (low.min(high), low.max(high))].into(), data: None });
    let entry =
        (0..8u128, 0..3u32).prop_map(|(port, word)| Element { key: vec![(port, port)].into(), data: Some(Data::Words(vec![word].into())) });
    let chains = (chain(0), chain(1), chain(2), chain(3)).prop_map(|(a, b, c, d)| vec![a, b, c, d]);
    (chains, prop::collection::vec(element, 0..4), prop::collection::vec(entry, 0..4)).prop_map(|(chains, mut pairs, mut map)| {
        pairs.sort_by_key(|element| element.key.clone());
        map.sort_by_key(|element| element.key.clone());
        map.dedup_by_key(|element| element.key.clone());
        let set = |name: &str, widths: &[u8], elements| MatchSet {
            family: 1,
            table: "t".into(),
            name: name.into(),
            widths: widths.into(),
            dynamic: false,
            keeper: Keeper::NfTables,
            content: Content::Elements { elements, catch_all: None },
        };
        Host {
            version: IpVersion::V4,
            interfaces: vec![],
            chains,
            hooks: vec![(Hook::Forward, vec![ChainId(0)])],
            sets: vec![set("pairs", &[32, 16], pairs), set("map", &[16], map)],
            conditions: vec![Condition { kind: ConditionKind::Rate, text: "limit rate 1/second".into(), by_sender: false }],
            conntrack: false,
            reads_route: false,
            reads_priority: false,
            routing: Default::default(),
            settings: Default::default(),
            sockets: vec![],
        }
    })
}

fn run<S: Space>(host: &Host, start: S) -> Vec<Outcome<S>> {
    let snapshot = Snapshot::default();
    let world = Recorded(&snapshot);
    let decider = Decider { host, world: &world, memory: None, undecided: Undecideds::default() };
    let mut machine = Machine { decider, finished: vec![], hook: Hook::Forward, visits: 0 };
    let through = machine.pass(Hook::Forward, vec![Strand::new(start)], Given::First, None);
    machine.finished.extend(through.into_iter().map(|strand| Finished::arrived(strand, Delivery::None)));
    Run { finished: machine.finished, undecided: machine.decider.undecided }.outcomes()
}

/// Verdict and decision of the outcomes on which a packet can end.
fn ends<S>(outcomes: &[Outcome<S>], here: impl Fn(&Outcome<S>) -> bool) -> Vec<(Ending, Decision)> {
    let mut ends: Vec<(Ending, Decision)> = Vec::new();
    for outcome in outcomes.iter().filter(|outcome| here(outcome)) {
        let end = (outcome.verdict.clone(), outcome.decided_by.clone());
        if !ends.contains(&end) {
            ends.push(end);
        }
    }
    ends.sort_by_key(|end| format!("{end:?}"));
    ends
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_packet_ends_where_its_set_ends(host in host(), packets in prop::collection::vec((0..8u128, 0..8u128, 0..4u128, 0..4u128), 1..12)) {
        let outcomes = run(&host, HeaderSet::all());
        for (source, port, mark, ttl) in packets {
            let known = vec![(Field::Source, source), (Field::DestinationPort, port), (Field::Mark, mark), (Field::Ttl, ttl)];
            let value = |field: Field| known.iter().find(|(each, _)| *each == field).map_or(0, |(_, value)| *value);
            let traced = run(&host, Point::new(known.clone()));
            let of_set = ends(&outcomes, |outcome| outcome.space.contains(value));
            let of_point = ends(&traced, |_| true);
            prop_assert_eq!(&of_set, &of_point, "packet {:?}", known);
        }
    }

    #[test]
    fn outcomes_cover_the_start_and_are_disjoint_for_equal_conditions(host in host()) {
        let outcomes = run(&host, HeaderSet::all());
        let all = outcomes.iter().fold(HeaderSet::empty(), |all, outcome| all.or(outcome.space.clone()));
        prop_assert!(HeaderSet::all().minus(&all).is_empty(), "something is left out");
        for (at, one) in outcomes.iter().enumerate() {
            for two in &outcomes[at + 1..] {
                let sides = |outcome: &Outcome<HeaderSet>| outcome.conditions.iter().map(|each| (each.field, each.values.clone())).collect::<Vec<_>>();
                if sides(one) == sides(two) {
                    prop_assert!(one.space.and(&two.space).is_empty(), "{:?} and {:?} overlap", one.decided_by, two.decided_by);
                }
            }
        }
    }
}
