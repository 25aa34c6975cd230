//! Maps: which element has the packets' key, and what it leads to (`nft_lookup_eval`).

use smallvec::SmallVec;

use super::{
    machine::{Found, Machine},
    parts::{Parts, gather_parts},
    space::Space,
    strand::Strand,
};
use crate::model::{
    Bits, Field, SetId,
    set::{Content, Data},
};

impl<S: Space> Machine<'_, S> {
    /// Packets look their key up: those with the same element's data stay together.
    pub(super) fn look(&mut self, strand: Strand<S>, key: &[Bits], map: SetId) -> Vec<(Strand<S>, Found)> {
        let host = self.decider.host;
        let set = &host.sets[map.0 as usize];
        let key: SmallVec<[Bits; 2]> = key.iter().map(|bits| strand.way.view.through(bits)).collect();
        let changed = self.decider.memory.is_some_and(|memory| memory.of(set).is_some());
        if set.dynamic && (changed || strand.way.learned.iter().any(|each| host.sets[each.set.0 as usize].is(set))) {
            return vec![(strand, Found::Unknown(format!("map {} {} is changed by packets", set.table, set.name)))];
        }
        let Content::Elements { elements, catch_all } = &set.content else {
            return vec![(strand, Found::Unknown(format!("map {} {} was not collected", set.table, set.name)))];
        };
        let otherwise = || catch_all.as_ref().map_or(Found::Miss, |data| meaning(data.as_ref()));
        if let Some(known) = self.decider.key(&strand.space, &key) {
            let found = set.find(&known).map_or_else(otherwise, |element| meaning(element.data.as_ref()));
            return vec![(strand, found)];
        }
        let Strand { space, way } = strand;
        let mut found: Vec<(Option<&Data>, Parts<S>)> = Vec::new();
        let mut rest = Parts::one(space);
        for element in elements {
            if rest.0.is_empty() {
                break;
            }
            let (hit, others) = self.decider.divide_parts_by_key(rest, &key, &element.key, &set.widths);
            rest = others;
            if hit.0.is_empty() {
                continue;
            }
            match found.iter_mut().find(|(data, _)| *data == element.data.as_ref()) {
                Some((_, parts)) => gather_parts(parts, hit),
                None => found.push((element.data.as_ref(), hit)),
            }
        }
        let mut all: Vec<(Strand<S>, Found)> = Vec::new();
        for (data, parts) in found {
            all.extend(way.clone().lead(parts).into_iter().map(|strand| (strand, meaning(data))));
        }
        all.extend(way.lead(rest).into_iter().map(|strand| (strand, otherwise())));
        all
    }
}

impl<S> Strand<S> {
    /// Loads words into registers.
    pub(super) fn load(&mut self, first: u8, words: &[u32]) {
        for (register, word) in (first..).zip(words) {
            self.way.view.fix(Field::Register(register), u128::from(*word), 32);
        }
    }

    /// What rules left in registers is forgotten.
    #[must_use]
    pub(super) fn next_rule(mut self) -> Self {
        if self.way.view.has_registers() {
            self.way.view.clear_registers();
        }
        self
    }
}

fn meaning(data: Option<&Data>) -> Found {
    match data {
        Some(Data::Words(words)) => Found::Words(words.clone()),
        Some(Data::Verdict(verdict)) => Found::Verdict(verdict.clone()),
        Some(Data::Nothing) | None => Found::Nothing,
    }
}
