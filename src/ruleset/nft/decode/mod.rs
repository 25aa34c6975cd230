//! From the kernel's netlink messages to types.
//!
//! A file for each kind of message, and the expressions each in its own file under [`super::expr`]. A pure function of bytes, for any bytes:
//! what is not understood becomes [`super::Expr::Unknown`], or a sentence in [`Ruleset::incomplete`].

pub(crate) mod attributes;

mod chain;

pub(super) mod element;

#[cfg(test)]
pub(super) mod handmade;

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

#[cfg(test)]
mod tests {
    use super::handmade::{attribute, message, number};
    use super::*;
    use crate::snapshot::Messages as Bytes;

    fn big(value: u64) -> [u8; 8] {
        value.to_be_bytes()
    }

    fn table(name: &[u8]) -> Vec<u8> {
        message(Kind::Table, &[attribute(1, name), number(2, 0), attribute(4, &big(1))])
    }

    fn chain(name: &[u8], used: u32) -> Vec<u8> {
        message(Kind::Chain, &[attribute(1, b"t\0"), attribute(2, &big(2)), attribute(3, name), number(6, used)])
    }

    fn rule(chain: &[u8]) -> Vec<u8> {
        message(Kind::Rule, &[attribute(1, b"t\0"), attribute(2, chain), attribute(3, &big(3)), attribute(4, &[])])
    }

    fn record(chains: Vec<u8>, rules: Vec<u8>) -> NftRecord {
        NftRecord { tables: Bytes(table(b"t\0")), chains: Bytes(chains), rules: Bytes(rules), ..NftRecord::default() }
    }

    #[test]
    fn flowtables_are_named() {
        let flowtable = message(Kind::Flowtable, &[attribute(1, b"t\0"), attribute(2, b"fast\0"), number(4, 0)]);
        let ruleset = decode(&NftRecord { flowtables: Bytes(flowtable), ..record(vec![], vec![]) });
        assert_eq!(ruleset.tables[0].flowtables, ["fast"]);
        assert_eq!(ruleset.incomplete, <[String; 0]>::default());
    }

    #[test]
    fn rules_that_the_kernel_hides_are_missed() {
        let ruleset = decode(&record(chain(b"c\0", 3), rule(b"c\0")));
        assert_eq!(
            ruleset.incomplete,
            ["the kernel did not show every rule of chain inet t c: it counts 3 uses of the chain, 1 of them were seen"]
        );
    }

    #[test]
    fn faults_are_told_and_the_rest_is_read() {
        let rules = [rule(b"c\0"), rule(b"gone\0"), rule(b"gone\0"), rule(b"c\0"), vec![9; 7]].concat();
        let ruleset = decode(&record(chain(b"c\0", 2), rules));
        assert_eq!(ruleset.tables[0].chains[0].rules.len(), 2);
        assert_eq!(
            ruleset.incomplete,
            [
                "some of nf_tables' rules belong to a table or chain that was not recorded",
                "the record of nf_tables' rules is cut off or damaged"
            ]
        );
    }

    #[test]
    fn elements_that_are_not_understood_are_asked_by_key() {
        let set = message(
            Kind::Set,
            &[attribute(1, b"t\0"), attribute(2, b"s\0"), attribute(16, &big(1)), number(4, 7), number(5, 4), number(20, 6)],
        );
        let element = attribute(1, &attribute(99, &[]));
        let elements = message(Kind::Elements, &[attribute(1, b"t\0"), attribute(2, b"s\0"), attribute(3, &element)]);
        let elements = ElementsRecord {
            family: 1,
            table: "t".into(),
            set: "s".into(),
            whole: true,
            messages: Bytes(elements),
            ..ElementsRecord::default()
        };
        let ruleset = decode(&NftRecord { sets: Bytes(set), elements: vec![elements], ..record(vec![], vec![]) });
        assert!(matches!(ruleset.tables[0].sets[0].elements, Elements::AskedByKey { count: Some(6) }));
        assert_eq!(ruleset.incomplete, ["some of nf_tables' set elements could not be understood"]);
    }
}
