use proptest::prelude::*;

use super::*;

const WIDTH: u8 = 8;

/// A set of small numbers, of any form, with its members spelled out.
#[derive(Debug, Clone)]
struct Both {
    values: Values,
    members: Vec<bool>,
}

fn listed(members: &[bool]) -> Values {
    Values::from_ranges(WIDTH, members.iter().enumerate().filter(|m| *m.1).map(|m| (m.0 as u128, m.0 as u128)))
}

fn check(values: &Values, member: impl Fn(u128) -> bool) -> Result<(), TestCaseError> {
    let members: Vec<bool> = (0..1 << WIDTH).map(&member).collect();
    for (value, expected) in members.iter().enumerate() {
        prop_assert_eq!(values.contains(value as u128), *expected, "{} in {:?}", value, values);
    }
    let listed = listed(&members);
    prop_assert_eq!(values, &listed);
    prop_assert_eq!(hash(values), hash(&listed));
    prop_assert_eq!(values.ranges(usize::MAX), listed.ranges(usize::MAX));
    prop_assert_eq!(values.is_empty(), !members.contains(&true));
    prop_assert_eq!(values.is_all(), !members.contains(&false));
    prop_assert_eq!(values.first(), members.iter().position(|m| *m).map(|at| at as u128));
    let count = members.iter().filter(|m| **m).count();
    prop_assert_eq!(values.single().is_some(), count == 1);
    Ok(())
}

fn hash(values: &Values) -> u64 {
    use std::hash::BuildHasher;
    rustc_hash::FxBuildHasher.hash_one(values)
}

/// Also as a diagram where intervals would be kept, so that mixed forms meet.
fn as_bits(values: &Values) -> Values {
    match values.ranges(FEW) {
        Some(_) => values.clone(),
        None => Values { width: values.width, form: Form::Bits(values.diagram()) },
    }
}

fn any_set() -> impl Strategy<Value = Both> {
    let point = 0u128..1 << WIDTH;
    let ranges = |count| {
        prop::collection::vec((point.clone(), 0u128..12), count)
            .prop_map(|ranges| Values::from_ranges(WIDTH, ranges.into_iter().map(|(low, length)| (low, low + length))))
    };
    let scattered = prop::collection::vec(any::<bool>(), 1 << WIDTH).prop_map(|members| listed(&members));
    let masked = (point.clone(), point.clone()).prop_map(|(mask, value)| Values::masked(WIDTH, mask, value));
    let values = prop_oneof![3 => ranges(0..4), 1 => ranges(60..100), 2 => scattered, 3 => masked];
    (values, any::<bool>()).prop_map(|(values, bits)| {
        let values = if bits { as_bits(&values) } else { values };
        let members = (0..1 << WIDTH).map(|value| values.contains(value)).collect();
        Both { values, members }
    })
}

proptest! {
    #[test]
    fn each_operation_is_what_it_says(a in any_set(), b in any_set()) {
        let (in_a, in_b) = (|v: u128| a.members[v as usize], |v: u128| b.members[v as usize]);
        check(&a.values, in_a)?;
        check(&a.values.and(&b.values), |v| in_a(v) && in_b(v))?;
        check(&a.values.or(&b.values), |v| in_a(v) || in_b(v))?;
        check(&a.values.minus(&b.values), |v| in_a(v) && !in_b(v))?;
        check(&a.values.complement(), |v| !in_a(v))?;
        let mut rest = a.values.clone();
        check(&rest.cut(&b.values), |v| in_a(v) && in_b(v))?;
        check(&rest, |v| in_a(v) && !in_b(v))?;
        let all = (0..1u128 << WIDTH).collect::<Vec<_>>();
        let meets = all.iter().any(|v| in_a(*v) && in_b(*v));
        let escapes = all.iter().any(|v| in_a(*v) && !in_b(*v));
        let relation = if !escapes { Relation::Inside } else if meets { Relation::Across } else { Relation::Outside };
        prop_assert_eq!(a.values.relation(&b.values), relation);
    }

    #[test]
    fn bits_move(a in any_set(), flip in 0u128..1 << WIDTH, low in 0u8..20, above in 0u8..20) {
        let moved = a.values.flipped(flip);
        check(&moved, |v| a.members[(v ^ flip) as usize])?;
        prop_assert_eq!(&moved.flipped(flip), &a.values);
        let wide = Values::with_slice(low + WIDTH + above, low, &a.values);
        for value in 0..1u128 << WIDTH {
            for around in [0, ones(low), ones(above) << low << WIDTH, ones(low) | ones(above) << low << WIDTH] {
                prop_assert_eq!(wide.contains(value << low | around), a.members[value as usize]);
            }
        }
        prop_assert_eq!(wide.complement(), Values::with_slice(wide.width, low, &a.values.complement()));
    }

    #[test]
    fn constants_are_added(a in any_set(), delta in 0u128..2 << WIDTH) {
        let member = |v: Option<u128>| v.is_some_and(|v| v < 1 << WIDTH && a.members[v as usize]);
        check(&a.values.shifted(delta, false), |v| member(v.checked_sub(delta)))?;
        check(&a.values.shifted(delta, true), |v| member(v.checked_add(delta)))?;
    }

    #[test]
    fn masks_are_recognised(a in any_set(), mask in 0u128..1 << WIDTH, value in 0u128..1 << WIDTH) {
        let masked = Values::masked(WIDTH, mask, value);
        check(&masked, |v| v & mask == value & mask)?;
        prop_assert_eq!(masked.as_mask(), Some((mask, value & mask)));
        if let Some((mask, value)) = a.values.as_mask() {
            check(&a.values, |v| v & mask == value)?;
        }
    }

    #[test]
    fn cuts_and_insertions_in_a_long_list(cuts in prop::collection::vec((0u128..4000, 0u128..30), 0..400)) {
        let mut values = Values::range(16, 10, 3000);
        let mut members: Vec<bool> = (0..5000).map(|v| (10..=3000).contains(&v)).collect();
        for (number, (low, length)) in cuts.into_iter().enumerate() {
            let range = Values::range(16, low, low + length);
            if number % 3 == 2 { values.add(&range) } else { values.cut(&range); }
            members[low as usize..=(low + length) as usize].fill(number % 3 == 2);
        }
        for (value, expected) in members.iter().enumerate() {
            prop_assert_eq!(values.contains(value as u128), *expected);
        }
        let listed = Values::from_ranges(16, members.iter().enumerate().filter(|m| *m.1).map(|m| (m.0 as u128, m.0 as u128)));
        prop_assert_eq!(values, listed);
    }
}

#[test]
fn the_widest() {
    let all = Values::all(128);
    assert!(all.is_all() && all.complement().is_empty() && all.contains(u128::MAX));
    assert_eq!(all.minus(&Values::one(128, u128::MAX)).ranges(2), Some(vec![(0, u128::MAX - 1)]));
    assert_eq!(all.minus(&Values::one(128, 0)).or(&Values::one(128, 0)), all);
    assert_eq!(Values::one(128, u128::MAX).relation(&all), Relation::Inside);
    let odd = Values::masked(128, 1, 1);
    assert_eq!(odd.or(&odd.complement()), all);
    assert_eq!(odd.flipped(1), odd.complement());
    assert_eq!(odd.as_mask(), Some((1, 1)));
    assert_eq!(odd.ranges(1000), None);
    assert_eq!(all.as_mask(), Some((0, 0)));
    assert_eq!(Values::none(128).as_mask(), None);
    assert_eq!(Values::one(4, 16), Values::none(4));
}

#[test]
fn a_diagram_of_wider_numbers_has_ranges_of_a_narrower_field() {
    let ranges = |mask, value| super::bits::Diagram::masked(mask, value).ranges(8).collect::<Vec<_>>();
    assert_eq!(ranges(0x180, 0x80), [(128, 255)]);
    assert_eq!(ranges(0x100, 0), [(0, 255)]);
    assert_eq!(ranges(0x100, 0x100), []);
}
