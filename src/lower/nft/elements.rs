//! The elements of a set as ranges of numbers.

use smallvec::SmallVec;

use crate::{
    model::bits::{number, ones},
    ruleset::nft::{Element, Set, print},
};

/// `NFT_SET_INTERVAL`.
const INTERVAL: u32 = 4;
/// `NFT_SET_ELEM_INTERVAL_END`.
const INTERVAL_END: u32 = 1;
/// `NFT_SET_ELEM_CATCHALL`.
const CATCH_ALL: u32 = 2;

/// Where a field of the key lies: first byte and number of bytes.
pub type Place = (usize, usize);

/// The fields of a set's key. In registers each starts at a 32-bit word.
#[must_use]
pub fn places(set: &Set) -> SmallVec<[Place; 2]> {
    let key = set.key_len as usize;
    if set.field_lens.len() > 1 {
        return side_by_side(set.field_lens.iter().map(|len| *len as usize));
    }
    // Of a concatenation without ranges the kernel does not name the fields: their types tell.
    let concatenated = set.key_type >= 1 << 6;
    if concatenated {
        let widths = print::key_widths(set.key_type);
        let places = side_by_side(widths.iter().map(|bits| bits.div_ceil(8) as usize));
        let end = places.last().map_or(0, |(at, bytes)| (at + bytes).next_multiple_of(4));
        if widths.iter().all(|bits| *bits > 0) && end == key {
            return places;
        }
    }
    if concatenated || key > 16 {
        // The kernel compares such keys as a whole, which word by word is the same.
        return (0..key.div_ceil(4)).map(|word| (4 * word, 4.min(key - 4 * word))).collect();
    }
    SmallVec::from_iter([(0, key)])
}

fn side_by_side(lens: impl Iterator<Item = usize>) -> SmallVec<[Place; 2]> {
    let mut at = 0;
    let place = |len: usize| {
        let place = (at, len);
        at += len.next_multiple_of(4);
        place
    };
    lens.map(place).collect()
}

/// An element with the range of each field of its key.
pub type Ranged<'a> = (SmallVec<[(u128, u128); 2]>, &'a Element);

/// The elements that are alive, but for the catch-all.
#[must_use]
pub fn ranges<'a>(set: &Set, elements: &'a [Element], places: &[Place]) -> Vec<Ranged<'a>> {
    match places {
        [(_, bytes)] if set.flags & INTERVAL != 0 && elements.iter().all(|element| element.key_end.is_none()) => {
            intervals(elements, ones((8 * bytes.min(&16)) as u8))
        }
        _ => elements
            .iter()
            .filter(|element| is_key(element) && is_alive(element))
            .map(|element| (exact(element, places), element))
            .collect(),
    }
}

/// The catch-all element, if it is alive.
#[must_use]
pub fn catch_all(elements: &[Element]) -> Option<&Element> {
    elements.iter().find(|element| element.flags & CATCH_ALL != 0 && is_alive(element))
}

/// Not the catch-all, nor an interval's end.
fn is_key(element: &Element) -> bool {
    element.flags & (CATCH_ALL | INTERVAL_END) == 0 && !element.key.is_empty()
}

/// `nft_set_elem_expired`.
fn is_alive(element: &Element) -> bool {
    element.expiration != Some(0)
}

fn exact(element: &Element, places: &[Place]) -> SmallVec<[(u128, u128); 2]> {
    let part = |bytes: &[u8], (at, len): Place| number(bytes.get(at..(at + len).min(bytes.len())).unwrap_or_default());
    let range = |place: &Place| {
        let low = part(&element.key, *place);
        (low, element.key_end.as_ref().map_or(low, |end| part(end, *place)))
    };
    places.iter().map(range).collect()
}

/// `nft_rbtree_lookup`: the nearest element at or below the key decides; if it starts an interval that is alive, that is the answer. Of a
/// start and an end at the same key the start counts.
fn intervals(elements: &[Element], last: u128) -> Vec<Ranged<'_>> {
    let edges = elements.iter().filter(|element| element.flags & CATCH_ALL == 0 && !element.key.is_empty());
    let mut edges: Vec<(u128, bool, &Element)> =
        edges.map(|element| (number(&element.key), element.flags & INTERVAL_END == 0, element)).collect();
    edges.sort_by_key(|&(key, starts, _)| (key, starts));
    let mut ranges = Vec::with_capacity(edges.len() / 2 + 1);
    for (at, &(low, starts, element)) in edges.iter().enumerate() {
        let high = match edges.get(at + 1) {
            Some(&(next, ..)) if next == low => continue,
            Some(&(next, ..)) => next - 1,
            None => last,
        };
        if starts && is_alive(element) {
            ranges.push((SmallVec::from_iter([(low, high)]), element));
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::nft::Data;

    fn edge(key: u16, end: bool) -> Element {
        Element { key: Data::from_slice(&key.to_be_bytes()), flags: u32::from(end), ..Element::default() }
    }

    #[test]
    fn intervals_reach_to_the_next_edge() {
        let set = Set { flags: INTERVAL, key_len: 2, ..Set::default() };
        let elements = [edge(0, true), edge(10, false), edge(20, true), edge(20, false), edge(30, true), edge(60000, false)];
        let ranges: Vec<_> = ranges(&set, &elements, &places(&set)).into_iter().map(|(key, _)| key[0]).collect();
        assert_eq!(ranges, [(10, 19), (20, 29), (60000, 65535)]);
    }

    #[test]
    fn an_expired_interval_is_a_hole() {
        let set = Set { flags: INTERVAL, key_len: 2, ..Set::default() };
        let mut expired = edge(10, false);
        expired.expiration = Some(0);
        assert!(ranges(&set, &[expired, edge(20, true)], &places(&set)).is_empty());
    }

    #[test]
    fn concatenated_ranges_have_a_range_for_each_field() {
        let set = Set { flags: INTERVAL, key_len: 8, field_lens: vec![4, 2], ..Set::default() };
        let element = Element {
            key: Data::from_slice(&[10, 0, 0, 0, 0, 80, 0, 0]),
            key_end: Some(Data::from_slice(&[10, 0, 0, 255, 0, 90, 0, 0])),
            ..Element::default()
        };
        let all = ranges(&set, std::slice::from_ref(&element), &places(&set));
        assert_eq!(all[0].0.as_slice(), [(0x0a00_0000, 0x0a00_00ff), (80, 90)]);
    }
}
