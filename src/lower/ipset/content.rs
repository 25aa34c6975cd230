//! What a set holds, as values of one field or as keys under masks.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::Asked;
use crate::{
    model::{IpVersion, Values, bits::number, set::Tier},
    ruleset::ipset::{
        Dimension, Element, Kind, Part, Set,
        part::address::{number_of, prefix_mask},
    },
};

/// The masks of a key's fields.
type Masks = SmallVec<[u128; 3]>;

/// Whether a key that an element has is what is asked for.
fn is_wanted(element: &Element, asked: Asked) -> bool {
    element.is_exception() == (asked == Asked::Exceptions)
}

/// The values of the only field that are in the set: of the networks that hold a value, the most specific decides (`mtype_test_cidrs`).
pub fn values(set: &Set, asked: Asked, version: IpVersion) -> Values {
    let width = match set.kind.map(|kind| kind.dimensions) {
        Some([Dimension::Port]) => 16,
        Some([Dimension::Mac]) => 48,
        _ => match version {
            IpVersion::V4 => 32,
            IpVersion::V6 => 128,
        },
    };
    let mask = set.options.mask(set.family);
    let is_prefix = mask == prefix_mask(mask.count_ones() as u8, width) || set.options.bit_mask.is_none();
    // By prefix length, what is in the set and what is taken out of it.
    let mut layers: Vec<[Vec<(u128, u128)>; 2]> = Vec::new();
    let mut scattered = Values::none(width);
    for element in set.elements.known() {
        let (length, range) = match element.key.first() {
            Some(Part::Address(net)) => {
                let address = number_of(net.addr());
                if !is_prefix {
                    scattered.add(&Values::masked(width, mask, address));
                    continue;
                }
                let mask = mask & prefix_mask(net.prefix_len(), width);
                (net.prefix_len(), (address & mask, address | (prefix_mask(width, width) & !mask)))
            }
            Some(Part::Port(port)) => (0, (u128::from(*port), u128::from(*port))),
            Some(Part::Mac(bytes)) => (0, (number(bytes), number(bytes))),
            _ => continue,
        };
        if asked == Asked::Elements && element.is_exception() {
            continue;
        }
        let length = usize::from(length);
        if layers.len() <= length {
            layers.resize_with(length + 1, Default::default);
        }
        if let Some(layer) = layers.get_mut(length) {
            layer[usize::from(!is_wanted(element, asked))].push(range);
        }
    }
    layers.into_iter().fold(scattered, |mut all, [wanted, unwanted]| {
        if !unwanted.is_empty() {
            all.cut(&Values::from_ranges(width, unwanted));
        }
        if all.is_empty() {
            Values::from_ranges(width, wanted)
        } else {
            all.add(&Values::from_ranges(width, wanted));
            all
        }
    })
}

/// The keys of all fields under the masks of their networks, the most specific first; of two networks the first goes before the second, as
/// in `mtype_test_cidrs`.
pub fn tiers(set: &Set, kind: &Kind, asked: Asked) -> Vec<Tier> {
    let mut tiers: FxHashMap<Masks, Tier> = FxHashMap::default();
    for element in set.elements.known() {
        if asked == Asked::Elements && element.is_exception() {
            continue;
        }
        let (mut masks, mut key) = (Masks::new(), Masks::new());
        for part in &element.key {
            field(set, part, &mut masks, &mut key);
        }
        // No packet has told the Ethernet address yet: any will do (`bitmap_ipmac_do_test`).
        if element.key.len() < kind.dimensions.len() {
            masks.push(0);
            key.push(0);
        }
        for (value, mask) in key.iter_mut().zip(&masks) {
            *value &= mask;
        }
        let tier = tiers.entry(masks).or_insert_with_key(|masks| Tier { masks: masks.clone(), keys: FxHashMap::default() });
        tier.keys.entry(key).or_insert_with(|| is_wanted(element, asked));
    }
    let mut tiers: Vec<_> = tiers.into_values().collect();
    // Of prefixes the longer one is the greater number.
    tiers.sort_by(|one, other| other.masks.cmp(&one.masks));
    tiers
}

fn field(set: &Set, part: &Part, masks: &mut Masks, key: &mut Masks) {
    let mut put = |mask: u128, value: u128| {
        masks.push(mask);
        key.push(value);
    };
    match part {
        Part::Address(net) => put(set.options.mask(set.family) & prefix_mask(net.prefix_len(), set.family.width()), number_of(net.addr())),
        Part::Port(port) => put(0xffff, (*port).into()),
        Part::ProtocolPort { protocol, port } => {
            put(0xff, (*protocol).into());
            put(0xffff, (*port).into());
        }
        Part::Mac(bytes) => put(0xffff_ffff_ffff, number(bytes)),
        Part::Mark(mark) => put(set.options.mark_mask.unwrap_or(u32::MAX).into(), (*mark).into()),
        Part::Interface(_) | Part::Set(_) => {}
    }
}
