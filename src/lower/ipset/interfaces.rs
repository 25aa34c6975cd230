//! `hash:net,iface`: addresses by the interface of the packet (`hash_netiface4_kadt`).
//!
//! The kernel looks for the address under each prefix length, the longest first, and for the interface among the elements of that network. It
//! goes on to a shorter prefix only where the set has no such network at all: one that is there for other interfaces ends the search
//! (`multi` in `mtype_test_cidrs`).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Asked;
use crate::{
    lower::context::Context,
    model::{Field, Test, Values},
    ruleset::ipset::{
        Element, Part, Set, Side,
        part::{
            Interface,
            address::{number_of, prefix_mask},
        },
    },
};

/// A network as its first and last address.
type Range = (u128, u128);

/// Whether a set that was read whole holds the packet's address and interface.
pub fn test(set: &Set, sides: &[Side], asked: Asked, context: &Context<'_>) -> Test {
    let source = |at: usize| sides.get(at) == Some(&Side::Source);
    let address = if source(0) { Field::Source } else { Field::Destination };
    let interface = if source(1) { Field::InInterface } else { Field::OutInterface };
    let width = address.width(context.version);
    let elements = read(set, width);
    // Interfaces that the same elements fit have the same addresses.
    let mut alike: BTreeMap<Vec<usize>, Vec<u32>> = BTreeMap::new();
    let (mut named, mut wild) = (FxHashMap::<&str, Vec<usize>>::default(), Vec::new());
    for (at, (_, _, interface, _)) in elements.iter().enumerate() {
        match interface {
            Interface { wildcard: true, .. } => wild.push(at),
            Interface { name, .. } => named.entry(name).or_default().push(at),
        }
    }
    for link in &context.network.links {
        let by_name = named.get(link.name.as_str()).into_iter().flatten();
        let by_start = wild.iter().filter(|at| elements.get(**at).is_some_and(|(_, _, each, _)| link.name.starts_with(&each.name)));
        let mut fitting: Vec<usize> = by_name.chain(by_start).copied().collect();
        fitting.sort_unstable();
        if !fitting.is_empty() {
            alike.entry(fitting).or_default().push(link.index);
        }
    }
    Test::any(alike.into_iter().map(|(fitting, links)| {
        let links = links.into_iter().map(|index| (u128::from(index), u128::from(index)));
        Test::all([Test::is(interface, Values::from_ranges(32, links)), Test::is(address, addresses(&elements, &fitting, asked, width))])
    }))
}

/// Elements as prefix length, network, interface.
fn read(set: &Set, width: u8) -> Vec<(u8, Range, &Interface, &Element)> {
    let read = |element: &'_ Element| match element.key.as_slice() {
        [Part::Address(net), Part::Interface(_)] => {
            let mask = prefix_mask(net.prefix_len(), width);
            let low = number_of(net.addr()) & mask;
            Some((net.prefix_len(), (low, low | (prefix_mask(width, width) & !mask))))
        }
        _ => None,
    };
    let elements = set.elements.known().iter().filter_map(|element| {
        let (length, range) = read(element)?;
        let Some(Part::Interface(interface)) = element.key.get(1) else { return None };
        Some((length, range, &**interface, element))
    });
    // Rules ask for the interface, never for the port of a bridge, for which iptables has no option. Elements of ports are hashed apart
    // (`HKEY`): they do not end the search, unless they share a bucket by chance.
    elements.filter(|(_, _, interface, _)| !interface.physical).collect()
}

/// The addresses that match on interfaces that these elements fit.
fn addresses(elements: &[(u8, Range, &Interface, &Element)], fitting: &[usize], asked: Asked, width: u8) -> Values {
    let mut layers: BTreeMap<u8, (Vec<Range>, FxHashMap<Range, bool>)> = BTreeMap::new();
    for (length, range, ..) in elements {
        layers.entry(*length).or_default().0.push(*range);
    }
    let fitting = fitting.iter().filter_map(|at| elements.get(*at));
    for (length, range, _, element) in fitting.filter(|(.., element)| asked != Asked::Elements || !element.is_exception()) {
        let wanted = element.is_exception() == (asked == Asked::Exceptions);
        // Of several that fit, the first in the kernel's order decides.
        layers.entry(*length).or_default().1.entry(*range).or_insert(wanted);
    }
    layers.into_values().fold(Values::none(width), |mut all, (there, found)| {
        // Where its counters do not fit, an element lets the search go on.
        if asked != Asked::Elements {
            all.cut(&Values::from_ranges(width, there));
        }
        all.add(&Values::from_ranges(width, found.into_iter().filter(|(_, wanted)| *wanted).map(|(range, _)| range)));
        all
    })
}
