//! How a packet's current fields follow from the original ones.
//!
//! Sets of packets stay over the packet as it was sent; NAT, marks and header writes change only the view. A test on a current field is
//! looked up here first.

use std::sync::Arc;

use crate::model::{Bits, Field, IpVersion, Source, bits::ones};

/// The current fields that are not simply the original ones, in order. Copies share them until one changes.
#[derive(Debug, Clone, Default)]
pub struct View(Option<Arc<Vec<(Field, Bits)>>>);

/// So many fields more has a copy room for.
const ROOM: usize = 8;

impl View {
    /// All fields as they were.
    pub const EMPTY: Self = Self(None);

    /// A view of these fields, each named once.
    #[must_use]
    pub fn of(mut fields: Vec<(Field, Bits)>) -> Self {
        fields.sort_unstable_by_key(|(field, _)| *field);
        Self(Some(Arc::new(fields)))
    }

    /// What a current field is made of; none if it is the original field itself.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Bits> {
        let fields = self.fields();
        let at = fields.binary_search_by_key(&field, |(each, _)| *each).ok()?;
        fields.get(at).map(|(_, bits)| bits)
    }

    /// Sets a current field to bits of *original* fields (see [`View::through`]).
    pub fn set(&mut self, field: Field, bits: Bits) {
        let fields = self.0.get_or_insert_default();
        if Arc::get_mut(fields).is_none() {
            // One field seldom changes alone.
            let mut own = Vec::with_capacity(fields.len() + ROOM);
            own.extend(fields.iter().cloned());
            *fields = Arc::new(own);
        }
        let fields = Arc::make_mut(fields);
        match fields.binary_search_by_key(&field, |(each, _)| *each) {
            Ok(at) => fields[at].1 = bits,
            Err(at) => fields.insert(at, (field, bits)),
        }
    }

    /// Sets a current field to a constant.
    pub fn fix(&mut self, field: Field, value: u128, width: u8) {
        self.set(field, Bits::constant(width, value));
    }

    /// Takes the original field for the current one again.
    pub fn unset(&mut self, field: Field) {
        self.keep(|each| each != field);
    }

    /// Whether a rule has left something in a register.
    #[must_use]
    pub fn has_registers(&self) -> bool {
        self.iter().any(|(field, _)| matches!(field, Field::Register(_)))
    }

    /// Forgets what rules left in registers: they live for one rule.
    pub fn clear_registers(&mut self) {
        self.keep(|field| !matches!(field, Field::Register(_)));
    }

    /// Bits of current fields, told in original fields.
    #[must_use]
    pub fn through(&self, bits: &Bits) -> Bits {
        if self.fields().is_empty() {
            return bits.clone();
        }
        let mut told = Bits::default();
        for part in &bits.0 {
            match part.source {
                Source::Field { field, low, flip } => match self.get(field) {
                    Some(origin) => {
                        let from = origin.width().saturating_sub(usize::from(low) + usize::from(part.width));
                        let run = origin.slice(from, usize::from(part.width));
                        told.append(&flipped(run, flip));
                    }
                    None => told.push(*part),
                },
                Source::Constant(_) => told.push(*part),
            }
        }
        told
    }

    /// A current field, told in original fields.
    #[must_use]
    pub fn field(&self, field: Field, version: IpVersion) -> Bits {
        self.get(field).cloned().unwrap_or_else(|| Bits::field(field, version))
    }

    /// All that differs.
    pub fn iter(&self) -> impl Iterator<Item = &(Field, Bits)> {
        self.fields().iter()
    }

    /// Forgets the other fields; copies that nothing is forgotten of stay shared.
    fn keep(&mut self, kept: impl Fn(Field) -> bool) {
        if let Some(fields) = &mut self.0
            && !fields.iter().all(|(field, _)| kept(*field))
        {
            Arc::make_mut(fields).retain(|(field, _)| kept(*field));
        }
    }

    fn fields(&self) -> &[(Field, Bits)] {
        self.0.as_ref().map_or(&[], |fields| fields.as_slice())
    }
}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        matches!((&self.0, &other.0), (Some(a), Some(b)) if Arc::ptr_eq(a, b)) || self.fields() == other.fields()
    }
}

impl Eq for View {}

/// Bits with those of `flip` flipped, aligned to their least significant end.
fn flipped(mut bits: Bits, flip: u128) -> Bits {
    let mut low = 0;
    for part in bits.0.iter_mut().rev() {
        let here = flip.checked_shr(low).unwrap_or(0) & ones(part.width);
        match &mut part.source {
            Source::Constant(value) => *value ^= here,
            Source::Field { flip, .. } => *flip ^= here,
        }
        low += u32::from(part.width);
    }
    bits
}
