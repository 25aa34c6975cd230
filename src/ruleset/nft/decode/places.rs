//! Where tables, chains and sets stand in the ruleset, by the names in the messages that refer to them.

use rustc_hash::FxHashMap;

use crate::ruleset::nft::Family;

/// Indexes of tables, and of the chains and sets in them.
#[derive(Default)]
pub struct Places<'a> {
    pub tables: FxHashMap<(Family, &'a [u8]), usize>,
    pub chains: FxHashMap<(usize, &'a [u8]), usize>,
    pub sets: FxHashMap<(usize, &'a [u8]), usize>,
    last_chain: Option<Found<'a>>,
}

/// A chain that was found before.
struct Found<'a> {
    family: Family,
    table: &'a [u8],
    chain: &'a [u8],
    place: (usize, usize),
}

impl<'a> Places<'a> {
    /// Table and chain; remembered, because the rules of a chain follow each other.
    pub fn chain(&mut self, family: Family, table: &'a [u8], chain: &'a [u8]) -> Option<(usize, usize)> {
        if let Some(last) = self.last_chain.as_ref().filter(|last| (last.family, last.table, last.chain) == (family, table, chain)) {
            return Some(last.place);
        }
        let in_table = *self.tables.get(&(family, table))?;
        let place = (in_table, *self.chains.get(&(in_table, chain))?);
        self.last_chain = Some(Found { family, table, chain, place });
        Some(place)
    }

    /// Table and set.
    pub fn set(&self, family: Family, table: &[u8], set: &[u8]) -> Option<(usize, usize)> {
        let in_table = *self.tables.get(&(family, table))?;
        Some((in_table, *self.sets.get(&(in_table, set))?))
    }
}
