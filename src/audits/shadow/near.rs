//! Which rules of a chain may have packets in common with one: most ask for one host or one port, and those of another are never looked at.

use rustc_hash::FxHashMap;

use super::area::{Area, Taken};
use crate::model::Field;

/// Fields of which one value tells rules apart, the most telling first.
const TELLING: [Field; 4] = [Field::Source, Field::Destination, Field::DestinationPort, Field::SourcePort];

/// The rules of a chain by what they ask for. Each is under one field, or among those that ask for no single value.
#[derive(Default)]
pub struct Near {
    by_value: FxHashMap<(Field, u128), Vec<u32>>,
    by_field: FxHashMap<Field, Vec<u32>>,
    wide: Vec<u32>,
}

impl Near {
    /// Rules, none where it is not known what they ask for.
    pub fn new(rules: &[Option<Taken>]) -> Self {
        let mut near = Self::default();
        for (index, rule) in (0..).zip(rules) {
            let single = |field: Field| Some((field, rule.as_ref()?.area.values(field)?.single()?));
            match TELLING.into_iter().find_map(single) {
                Some((field, value)) => {
                    near.by_value.entry((field, value)).or_default().push(index);
                    near.by_field.entry(field).or_default().push(index);
                }
                None => near.wide.push(index),
            }
        }
        near
    }

    /// All that may ask for everything that is in an area, in order.
    pub fn around(&self, area: &Area) -> Vec<u32> {
        let single = |field: Field| Some((field, area.values(field)?.single()?));
        let alike = TELLING.into_iter().filter_map(single).filter_map(|key| self.by_value.get(&key));
        in_order(alike.chain([&self.wide]))
    }

    /// All that may ask for something that is in an area, in order.
    pub fn meeting(&self, area: &Area) -> Vec<u32> {
        let of_field = |field: Field| match area.values(field).and_then(|values| values.single()) {
            Some(value) => self.by_value.get(&(field, value)),
            None => self.by_field.get(&field),
        };
        in_order(TELLING.into_iter().filter_map(of_field).chain([&self.wide]))
    }
}

fn in_order<'a>(lists: impl Iterator<Item = &'a Vec<u32>>) -> Vec<u32> {
    let mut all: Vec<u32> = lists.flatten().copied().collect();
    all.sort_unstable();
    all
}
