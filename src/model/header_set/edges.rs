//! A diagram seen field by field: which values of a field lead to which rest.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::arena::Arena;
use crate::model::{
    Field, Values,
    values::{ALL, NONE},
};

/// Beyond so many intervals, the values are made as bit-level diagrams.
const INTERVALS: usize = 1 << 16;

/// The intervals of one field that lead on, in order, each with where it leads.
struct Walk<'a> {
    arena: &'a Arena,
    field: Field,
    found: Vec<((u128, u128), u32)>,
    limit: usize,
}

impl Walk<'_> {
    /// Walks the block of `2^height` values from `base`; false if there are too many intervals.
    fn block(&mut self, number: u32, height: u8, base: u128) -> bool {
        if number == NONE {
            return true;
        }
        if height == 0 || self.arena.decision(number).is_none_or(|(field, ..)| field != self.field) {
            let last = if height == 0 { base } else { base | u128::MAX >> (128 - u32::from(height)) };
            match self.found.last_mut() {
                Some((range, leads)) if *leads == number && range.1.checked_add(1) == Some(base) => range.1 = last,
                _ => self.found.push(((base, last), number)),
            }
            return self.found.len() <= self.limit;
        }
        let bit = height - 1;
        let [low, high] = self.arena.branches(number, (self.field, Reverse(bit)));
        self.block(low, bit, base) && self.block(high, bit, base | 1 << bit)
    }
}

impl Arena {
    /// The values of the field that a node decides on, by where they lead; None beyond `limit` intervals.
    pub fn few_edges(&self, number: u32, limit: usize) -> Option<(Field, Vec<(Values, u32)>)> {
        let (field, width) = self.field(number)?;
        let mut walk = Walk { arena: self, field, found: Vec::new(), limit };
        if !walk.block(number, width, 0) {
            return None;
        }
        let mut places: FxHashMap<u32, usize> = FxHashMap::default();
        let mut edges: Vec<(Vec<(u128, u128)>, u32)> = Vec::new();
        for (range, leads) in walk.found {
            let place = *places.entry(leads).or_insert(edges.len());
            match edges.get_mut(place) {
                Some((ranges, _)) => ranges.push(range),
                None => edges.push((vec![range], leads)),
            }
        }
        Some((field, edges.into_iter().map(|(ranges, leads)| (Values::from_ranges(width, ranges), leads)).collect()))
    }

    /// The same without a limit; none for a terminal.
    pub fn edges(&self, number: u32) -> Option<(Field, Vec<(Values, u32)>)> {
        let (field, width) = self.field(number)?;
        self.few_edges(number, INTERVALS).or_else(|| {
            let mut leads = Vec::new();
            self.leads(number, field, &mut leads, &mut FxHashSet::default());
            let edge = |leads| {
                let values = Values::of_decisions(width, |node| self.values(number, field, leads, node, &mut FxHashMap::default()));
                (values, leads)
            };
            Some((field, leads.into_iter().map(edge).collect()))
        })
    }

    /// Where the decisions on one field lead in the end.
    fn leads(&self, number: u32, field: Field, leads: &mut Vec<u32>, seen: &mut FxHashSet<u32>) {
        if number == NONE || !seen.insert(number) {
            return;
        }
        match self.decision(number) {
            Some((at, _, branches)) if at == field => branches.into_iter().for_each(|branch| self.leads(branch, field, leads, seen)),
            _ => leads.push(number),
        }
    }

    /// The decisions on one field that lead to `leads`.
    fn values(
        &self,
        number: u32,
        field: Field,
        leads: u32,
        node: &mut dyn FnMut(u8, u32, u32) -> u32,
        done: &mut FxHashMap<u32, u32>,
    ) -> u32 {
        let Some((_, bit, [low, high])) = self.decision(number).filter(|decision| decision.0 == field) else {
            return if number == leads { ALL } else { NONE };
        };
        if let Some(known) = done.get(&number) {
            return *known;
        }
        let low = self.values(low, field, leads, node, done);
        let high = self.values(high, field, leads, node, done);
        let result = if low == high { low } else { node(bit, low, high) };
        done.insert(number, result);
        result
    }
}
