//! What the packets of a file have done to sets, one after the other: each finds the sets as those before it left them (`nft_dynset_eval`,
//! `ip_set_add`, `ip_set_del`).
//!
//! They are taken to come right after one another: what is kept for a minute or longer is still there.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{outcome::Outcome, point::Point, strand::Learned};
use crate::model::{Field, Host, MatchSet};

/// A set, whichever IP version's model tells of it: family, table and name.
type Place = (u8, String, String);

/// The values of a key's fields.
type Key = SmallVec<[u128; 2]>;

/// All that packets have done so far.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    sets: FxHashMap<Place, Changes>,
}

/// What packets have done to one set.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    keys: FxHashMap<Key, Presence>,
    /// A key that can't be named was added or deleted.
    vague: bool,
}

/// Whether a key is in the set now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Present,
    Absent,
    /// That rests on what was undecided of an earlier packet, or on the time between packets.
    Perhaps,
}

impl Memory {
    /// What was done to a set; none if nothing was.
    #[must_use]
    pub fn of(&self, set: &MatchSet) -> Option<&Changes> {
        if self.sets.is_empty() || !set.dynamic {
            return None;
        }
        self.sets.get(&place(set))
    }

    /// Takes in what a packet has done: where its outcomes differ, it may have done either.
    pub fn note(&mut self, host: &Host, outcomes: &[Outcome<Point>]) {
        if outcomes.iter().all(|outcome| outcome.learned.is_empty()) {
            return;
        }
        let ends: Vec<_> = outcomes.iter().map(|outcome| done(host, outcome)).collect();
        let touched: Vec<(Place, Key)> = ends.iter().flat_map(|(ends, _)| ends.keys().cloned()).collect();
        for (set, key) in touched {
            let changes = self.sets.entry(set.clone()).or_default();
            let before = changes.keys.get(&key).copied();
            let at = (set, key);
            let mut after = ends.iter().map(|(ends, _)| ends.get(&at).copied().or(before).unwrap_or(Presence::Perhaps));
            let first = after.next().unwrap_or(Presence::Perhaps);
            let end = if after.all(|other| other == first) { first } else { Presence::Perhaps };
            changes.keys.insert(at.1, end);
        }
        for set in ends.into_iter().flat_map(|(_, vague)| vague) {
            self.sets.entry(set).or_default().vague = true;
        }
    }
}

impl Changes {
    /// Whether a key is in the set; none if nothing was done to it.
    #[must_use]
    pub fn find(&self, key: &[u128]) -> Option<Presence> {
        match self.keys.get(key) {
            None if self.vague => Some(Presence::Perhaps),
            found => found.copied(),
        }
    }

    /// All keys that something was done to.
    pub fn keys(&self) -> impl Iterator<Item = (&[u128], Presence)> {
        self.keys.iter().map(|(key, presence)| (key.as_slice(), *presence))
    }

    /// Whether a key that can't be named was added or deleted.
    #[must_use]
    pub fn is_vague(&self) -> bool {
        self.vague
    }
}

fn place(set: &MatchSet) -> Place {
    (set.family, set.table.clone(), set.name.clone())
}

/// Where a packet's keys ended, and the sets of which it changed a key that can't be named.
fn done(host: &Host, outcome: &Outcome<Point>) -> (FxHashMap<(Place, Key), Presence>, Vec<Place>) {
    let (mut ends, mut vague) = (FxHashMap::default(), Vec::new());
    for Learned { set, key, present, brief } in &outcome.learned {
        let Some(set) = host.sets.get(set.0 as usize) else { continue };
        let value = |field: Field| match field {
            Field::ForwardedTtl => outcome.space.get(Field::Ttl).map(|ttl| ttl.saturating_sub(1)),
            other => outcome.space.get(other),
        };
        match key.iter().map(|bits| bits.value(value)).collect::<Option<Key>>() {
            Some(key) => {
                let presence = match present {
                    true if *brief => Presence::Perhaps,
                    true => Presence::Present,
                    false => Presence::Absent,
                };
                ends.insert((place(set), key), presence);
            }
            None => vague.push(place(set)),
        }
    }
    (ends, vague)
}
