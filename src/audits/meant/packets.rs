//! The packets of a stopped piece, as a rule reads them.

use std::{cell::RefCell, sync::Arc};

use rustc_hash::FxHashMap;

use crate::{
    audits::judge::Piece,
    model::{Field, IpVersion, Values, values::Relation},
};

/// Where on their way the packets are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// As they are when they are stopped.
    Now,
    /// With the destination that their sender gave them.
    BeforeTranslation,
}

/// What was asked for already.
type Known = FxHashMap<(Field, Moment), Option<Arc<Values>>>;

/// What stopped packets have in each field.
pub struct Packets<'a> {
    piece: &'a Piece,
    version: IpVersion,
    known: RefCell<Known>,
}

impl<'a> Packets<'a> {
    pub fn new(piece: &'a Piece, version: IpVersion) -> Self {
        Self { piece, version, known: RefCell::default() }
    }

    /// The values of a field; none where it is made of parts of others.
    pub fn values(&self, field: Field, moment: Moment) -> Option<Arc<Values>> {
        let read = || self.read(field, moment).map(Arc::new);
        self.known.borrow_mut().entry((field, moment)).or_insert_with(read).clone()
    }

    /// How they lie to what a rule asks for; none where that can't be told.
    pub fn relation(&self, field: Field, asked: &Values, moment: Moment) -> Option<Relation> {
        let own = self.values(field, moment)?;
        (own.width() == asked.width()).then(|| own.relation(asked))
    }

    fn read(&self, field: Field, moment: Moment) -> Option<Values> {
        let width = field.width(self.version);
        let original = |field: Field| self.piece.honest.values(field, width);
        let given = matches!(field, Field::Destination | Field::DestinationPort) && moment == Moment::BeforeTranslation;
        match self.piece.outcome.changed.get(field).filter(|_| !given) {
            None => Some(original(field)),
            Some(bits) => match (bits.as_constant(), bits.as_field(self.version)) {
                (Some(value), _) => Some(Values::one(width, value)),
                (None, Some(source)) if source.width(self.version) == width => Some(original(source)),
                (None, _) => None,
            },
        }
    }
}
