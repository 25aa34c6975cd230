use proptest::prelude::*;

use super::*;
use crate::model::values::oracle::{self, Judged, Oracle};

const FIELDS: [Field; 3] = [Field::Source, Field::DestinationPort, Field::Choice(0)];
const WIDTH: u8 = 3;

/// All packets over three small fields.
fn packets() -> impl Iterator<Item = [u128; 3]> {
    (0..512).map(|n| [n & 7, n >> 3 & 7, n >> 6])
}

fn holds(set: &HeaderSet, packet: [u128; 3]) -> bool {
    set.contains(|field| FIELDS.iter().position(|f| *f == field).map_or(0, |at| packet[at]))
}

fn any_values() -> impl Strategy<Value = Values> {
    (0u128..256).prop_map(|bits| Values::from_ranges(WIDTH, (0..8).filter(|v| bits >> v & 1 == 1).map(|v| (v, v))))
}

fn any_cube() -> impl Strategy<Value = HeaderSet> {
    prop::collection::vec((0..3usize, any_values()), 0..4)
        .prop_map(|sides| sides.iter().fold(HeaderSet::all(), |set, (field, values)| set.split(FIELDS[*field], values).0))
}

/// In either form, also where few boxes would do.
fn any_set() -> impl Strategy<Value = HeaderSet> {
    let union = prop::collection::vec(any_cube(), 0..6).prop_map(|cubes| cubes.into_iter().fold(HeaderSet::empty(), HeaderSet::or));
    (union, any::<bool>()).prop_map(|(set, bits)| match &set.form {
        Form::Boxes(union) if bits && !set.is_empty() => {
            HeaderSet { form: Form::Diagram(Diagram::of(&union.cubes).expect("small")), overgrown: false }
        }
        _ => set,
    })
}

fn check(set: &HeaderSet, member: impl Fn([u128; 3]) -> bool) -> Result<(), TestCaseError> {
    for packet in packets() {
        prop_assert_eq!(holds(set, packet), member(packet), "{:?} in {:?}", packet, set);
        let boxes = set.boxes().filter(|sides| {
            sides.iter().all(|(field, values)| FIELDS.iter().position(|f| f == field).is_some_and(|at| values.contains(packet[at])))
        });
        prop_assert_eq!(boxes.count(), usize::from(member(packet)), "disjoint boxes: {:?} in {:?}", packet, set);
    }
    prop_assert_eq!(set.is_empty(), !packets().any(&member));
    if let Some(witness) = set.witness() {
        prop_assert!(set.contains(|field| witness.iter().find(|known| known.0 == field).map_or(0, |known| known.1)));
    }
    prop_assert_eq!(set.witness().is_none(), set.is_empty());
    for sides in set.boxes() {
        prop_assert!(sides.is_sorted_by_key(|side| side.0));
        prop_assert!(sides.iter().all(|(_, values)| !values.is_all() && !values.is_empty()));
    }
    Ok(())
}

proptest! {
    #[test]
    fn each_operation_is_what_it_says(a in any_set(), b in any_set()) {
        check(&a, |p| holds(&a, p))?;
        check(&a.and(&b), |p| holds(&a, p) && holds(&b, p))?;
        check(&a.minus(&b), |p| holds(&a, p) && !holds(&b, p))?;
        check(&a.clone().or(b.clone()), |p| holds(&a, p) || holds(&b, p))?;
        prop_assert_eq!(a == b, packets().all(|p| holds(&a, p) == holds(&b, p)));
        prop_assert_eq!(a.minus(&b).or(a.and(&b)), a);
    }

    #[test]
    fn a_field_is_split_projected_and_forgotten(a in any_set(), at in 0..3usize, values in any_values()) {
        let field = FIELDS[at];
        let (inside, rest) = a.clone().split(field, &values);
        check(&inside, |p| holds(&a, p) && values.contains(p[at]))?;
        check(&rest, |p| holds(&a, p) && !values.contains(p[at]))?;
        prop_assert_eq!(&inside.clone().or(rest.clone()), &a);
        let relation = match (inside.is_empty(), rest.is_empty()) {
            (_, true) => Relation::Inside,
            (true, _) => Relation::Outside,
            _ => Relation::Across,
        };
        prop_assert_eq!(a.relation(field, &values), relation);
        let taken = |v: u128| packets().any(|p| p[at] == v && holds(&a, p));
        prop_assert_eq!(a.values(field, WIDTH), Values::from_ranges(WIDTH, (0..8).filter(|v| taken(*v)).map(|v| (v, v))));
        check(&a.forget(field), |mut p| (0..8).any(|v| { p[at] = v; holds(&a, p) }))?;
    }
}

/// Two fields of true width, as OxiDD sees them: the port below the address.
fn judged(oracle: &Oracle, set: &HeaderSet) -> Judged {
    let side = |(field, values): &Side| oracle.of(if *field == Field::Source { 16 } else { 0 }, values);
    let cube = |sides: Vec<_>| sides.iter().fold(oracle.all.clone(), |all, one| oracle::and(&all, &side(one)));
    set.boxes().fold(oracle.none.clone(), |all, sides| oracle::or(&all, &cube(sides)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn agrees_with_oxidd(rules in prop::collection::vec((any::<u32>(), any::<u16>(), 0..4u8, 0..32u32), 1..40)) {
        let oracle = Oracle::new(48);
        let (mut set, mut expected) = (HeaderSet::all(), oracle.all.clone());
        for (address, port, kind, bits) in rules {
            let (address, port) = (u128::from(address), u128::from(port));
            let (source, source_judged) = if kind == 0 {
                (Values::masked(32, 0x0101_0000 | 1 << bits, address), oracle.masked(16, 0x0101_0000 | 1 << bits, address))
            } else {
                let end = (address + (1 << bits)).min(u128::from(u32::MAX));
                (Values::range(32, address, end), oracle.range(16, 32, address, end))
            };
            let (ports, ports_judged) = (Values::range(16, 0, port), oracle.range(0, 16, 0, port));
            let rule = HeaderSet::all().split(Field::Source, &source).0.split(Field::SourcePort, &ports).0;
            let rule_judged = oracle::and(&source_judged, &ports_judged);
            (set, expected) = match kind {
                1 => (set.or(rule), oracle::or(&expected, &rule_judged)),
                2 => {
                    let (inside, rest) = set.split(Field::Source, &source);
                    (rest.or(inside.split(Field::SourcePort, &ports).1), oracle::and(&expected, &oracle::not(&rule_judged)))
                }
                3 => (set.forget(Field::SourcePort).minus(&rule), {
                    let free = set.forget(Field::SourcePort);
                    oracle::and(&judged(&oracle, &free), &oracle::not(&rule_judged))
                }),
                _ => (set.minus(&rule), oracle::and(&expected, &oracle::not(&rule_judged))),
            };
            prop_assert!(judged(&oracle, &set) == expected);
            prop_assert!(oracle.of(16, &set.values(Field::Source, 32)) == judged(&oracle, &set.forget(Field::SourcePort)));
        }
    }
}

/// Random rectangles taken out one after the other, as rules do: far more than stay boxes.
#[test]
fn many_boxes() {
    let mut seed = 1u64;
    let mut below = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u128::from((seed >> 33) % limit)
    };
    let start = HeaderSet::all().split(Field::DestinationPort, &Values::one(16, 80)).0;
    let (mut rest, mut taken) = (start.clone(), HeaderSet::empty());
    let mut rectangles = Vec::new();
    for _ in 0..100 {
        let (source, port) = (below(1 << 32), below(1 << 16));
        let source = Values::range(32, source, source + below(1 << 28));
        let port = if below(4) == 0 { Values::masked(16, 0x101, port) } else { Values::range(16, port, port + below(1 << 12)) };
        let (inside, outside) = rest.split(Field::Source, &source);
        let (inside, other) = inside.split(Field::SourcePort, &port);
        rest = other.or(outside);
        taken = inside.or(taken);
        rectangles.push((source, port));
    }
    assert!(matches!(rest.form, Form::Diagram(_)) && matches!(taken.form, Form::Diagram(_)));
    assert_eq!(rest.relation(Field::DestinationPort, &Values::one(16, 80)), Relation::Inside);
    assert!(rest.and(&taken).is_empty());
    assert_eq!(start.minus(&taken), rest);
    for number in 0..1500 {
        let (source, port) = match rectangles.get(number) {
            Some((source, port)) => (source.first().expect("not empty"), port.first().expect("not empty")),
            None => (below(1 << 32), below(1 << 16)),
        };
        let expected = rectangles.iter().any(|(sources, ports)| sources.contains(source) && ports.contains(port));
        let packet = |field| match field {
            Field::Source => source,
            Field::SourcePort => port,
            _ => 80,
        };
        assert_eq!((taken.contains(packet), rest.contains(packet)), (expected, !expected));
    }
    let mut again = HeaderSet::empty();
    for sides in taken.boxes() {
        again = again.or(sides.iter().fold(HeaderSet::all(), |set, (field, values)| set.split(*field, values).0));
    }
    assert_eq!(again, taken);
    assert_eq!(rest.or(taken).boxes().collect::<Vec<_>>(), start.boxes().collect::<Vec<_>>());
}

/// What does not fit is said, and nothing is lost.
#[test]
fn a_set_outgrows_its_limit() {
    let start = HeaderSet::all().split(Field::DestinationPort, &Values::one(16, 80)).0;
    // Equality of two addresses, mark by bit: each bit more doubles the nodes, as the fields stand one after the other.
    let equal = |set: HeaderSet, bit: u8| {
        let values = Values::masked(32, 1 << bit, 1 << bit);
        let (one, zero) = set.split(Field::Source, &values);
        one.split(Field::Mark, &values).0.or(zero.split(Field::Mark, &values).1)
    };
    let set = (0..24).fold(start, equal);
    assert!(set.is_overgrown() && !set.is_empty());
    for number in 0..100u128 {
        assert!(set.contains(|field| if field == Field::DestinationPort { 80 } else { number << 8 }));
    }
    assert_eq!(set.relation(Field::DestinationPort, &Values::one(16, 80)), Relation::Inside);
    let (inside, none) = set.split(Field::DestinationPort, &Values::one(16, 80));
    assert!(inside.is_overgrown() && none.is_empty() && !none.is_overgrown());
    assert!(HeaderSet::all().minus(&inside).is_overgrown());
}

#[test]
fn a_condition_and_its_contrary_merge_back() {
    let flow = HeaderSet::all().split(Field::DestinationPort, &Values::one(16, 80)).0;
    let (yes, no) = flow.clone().split(Field::Choice(7), &Values::one(32, 1));
    assert_eq!(yes.clone().or(no).boxes().collect::<Vec<_>>(), flow.boxes().collect::<Vec<_>>());
    assert_ne!(yes, flow);
}
