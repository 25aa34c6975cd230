use proptest::prelude::*;

use super::*;

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

fn any_set() -> impl Strategy<Value = HeaderSet> {
    prop::collection::vec(any_cube(), 0..6).prop_map(|cubes| cubes.into_iter().fold(HeaderSet::empty(), HeaderSet::or))
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

#[test]
fn a_condition_and_its_contrary_merge_back() {
    let flow = HeaderSet::all().split(Field::DestinationPort, &Values::one(16, 80)).0;
    let (yes, no) = flow.clone().split(Field::Choice(7), &Values::one(32, 1));
    assert_eq!(yes.clone().or(no).boxes().collect::<Vec<_>>(), flow.boxes().collect::<Vec<_>>());
    assert_ne!(yes, flow);
}
