//! From the kernel's netlink messages to types.
//!
//! A file for each kind of message, and the expressions each in its own file under [`super::expr`]. A pure function of bytes, for any bytes:
//! what is not understood becomes [`super::Expr::Unknown`], or a sentence in [`Ruleset::incomplete`].

pub(super) mod attributes;

mod chain;

pub(super) mod element;

mod integrity;

mod messages;

mod object;

mod places;

mod rule;

pub(super) mod set;

mod table;

mod userdata;

pub use element::decode_element;

use super::{Elements, Family, Ruleset};
use crate::snapshot::{ElementsRecord, NftRecord};
use messages::{Fault, Kind, Message, Messages};
use places::Places;

/// The ruleset in a record.
#[must_use]
pub fn decode(record: &NftRecord) -> Ruleset {
    let mut reader = Reader::default();
    reader.read(&record.tables.0, Kind::Table, Reader::table);
    reader.read(&record.chains.0, Kind::Chain, Reader::chain);
    reader.read(&record.sets.0, Kind::Set, Reader::set);
    reader.read(&record.objects.0, Kind::Object, Reader::object);
    reader.read(&record.flowtables.0, Kind::Flowtable, Reader::flowtable);
    reader.read(&record.rules.0, Kind::Rule, Reader::rule);
    for elements in &record.elements {
        if let Err(fault) = reader.elements(elements) {
            reader.note(fault);
        }
    }
    let Reader { mut ruleset, faults, .. } = reader;
    ruleset.incomplete = faults.iter().map(ToString::to_string).collect();
    integrity::check(&mut ruleset);
    ruleset
}

/// A ruleset in the making.
#[derive(Default)]
struct Reader<'a> {
    ruleset: Ruleset,
    places: Places<'a>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Adds each message of a dump; one that is at fault does not hide those that follow it.
    fn read(&mut self, bytes: &'a [u8], kind: Kind, add: fn(&mut Self, Message<'a>) -> Result<(), Fault>) {
        for message in Messages::new(bytes, kind) {
            if let Err(fault) = message.and_then(|message| add(self, message)) {
                self.note(fault);
            }
        }
    }

    /// Each fault is told once.
    fn note(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn table(&mut self, message: Message<'a>) -> Result<(), Fault> {
        let (name, table) = table::table(message.family, message.attributes).ok_or(Fault::NotUnderstood(Kind::Table))?;
        let twice = self.places.tables.insert((message.family, name), self.ruleset.tables.len()).is_some();
        self.ruleset.tables.push(table);
        if twice { Err(Fault::Twice(Kind::Table)) } else { Ok(()) }
    }

    fn chain(&mut self, message: Message<'a>) -> Result<(), Fault> {
        let (table, name, chain) = chain::chain(message.attributes).ok_or(Fault::NotUnderstood(Kind::Chain))?;
        let place = self.place(message.family, table, Kind::Chain)?;
        let chains = &mut self.ruleset.tables[place].chains;
        let twice = self.places.chains.insert((place, name), chains.len()).is_some();
        chains.push(chain);
        if twice { Err(Fault::Twice(Kind::Chain)) } else { Ok(()) }
    }

    fn set(&mut self, message: Message<'a>) -> Result<(), Fault> {
        let (table, name, set) = set::set(message.attributes).ok_or(Fault::NotUnderstood(Kind::Set))?;
        let place = self.place(message.family, table, Kind::Set)?;
        let sets = &mut self.ruleset.tables[place].sets;
        let twice = self.places.sets.insert((place, name), sets.len()).is_some();
        sets.push(set);
        if twice { Err(Fault::Twice(Kind::Set)) } else { Ok(()) }
    }

    fn object(&mut self, message: Message<'a>) -> Result<(), Fault> {
        let (table, object) = object::object(message.attributes).ok_or(Fault::NotUnderstood(Kind::Object))?;
        let place = self.place(message.family, table, Kind::Object)?;
        self.ruleset.tables[place].objects.push(object);
        Ok(())
    }

    fn flowtable(&mut self, message: Message<'a>) -> Result<(), Fault> {
        let (table, name) = table::flowtable(message.attributes).ok_or(Fault::NotUnderstood(Kind::Flowtable))?;
        let place = self.place(message.family, table, Kind::Flowtable)?;
        self.ruleset.tables[place].flowtables.push(name);
        Ok(())
    }

    fn rule(&mut self, message: Message<'a>) -> Result<(), Fault> {
        let (table, chain, rule) = rule::rule(message.attributes).ok_or(Fault::NotUnderstood(Kind::Rule))?;
        let (table, chain) = self.places.chain(message.family, table, chain).ok_or(Fault::Orphan(Kind::Rule))?;
        self.ruleset.tables[table].chains[chain].rules.push(rule);
        Ok(())
    }

    /// Gives a set its elements. A set whose elements are not understood stays one that is asked by key: nothing is claimed of it.
    fn elements(&mut self, record: &ElementsRecord) -> Result<(), Fault> {
        let family = Family::from_number(record.family).ok_or(Fault::UnknownFamily(Kind::Elements, record.family))?;
        let place = self.places.set(family, record.table.as_bytes(), record.set.as_bytes());
        let (table, set) = place.ok_or(Fault::Orphan(Kind::Elements))?;
        let elements = &mut self.ruleset.tables[table].sets[set].elements;
        if record.whole {
            *elements = Elements::Whole(element::decode_elements(&record.messages.0)?);
        } else if record.count.is_some() {
            *elements = Elements::AskedByKey { count: record.count };
        }
        Ok(())
    }

    /// The index of a table.
    fn place(&self, family: Family, table: &[u8], kind: Kind) -> Result<usize, Fault> {
        self.places.tables.get(&(family, table)).copied().ok_or(Fault::Orphan(kind))
    }
}
