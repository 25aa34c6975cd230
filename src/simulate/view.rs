//! How a packet's current fields follow from the original ones.
//!
//! Sets of packets stay over the packet as it was sent; NAT, marks and header writes change only the view. A test on a current field is
//! looked up here first.

use crate::model::{Bits, Field, IpVersion, Source, bits::ones};

/// The current fields that are not simply the original ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View(Vec<(Field, Bits)>);

impl View {
    /// All fields as they were.
    pub const EMPTY: Self = Self(Vec::new());

    /// What a current field is made of; none if it is the original field itself.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Bits> {
        self.0.binary_search_by_key(&field, |(each, _)| *each).ok().map(|at| &self.0[at].1)
    }

    /// Sets a current field to bits of *original* fields (see [`View::through`]).
    pub fn set(&mut self, field: Field, bits: Bits) {
        match self.0.binary_search_by_key(&field, |(each, _)| *each) {
            Ok(at) => self.0[at].1 = bits,
            Err(at) => self.0.insert(at, (field, bits)),
        }
    }

    /// Sets a current field to a constant.
    pub fn fix(&mut self, field: Field, value: u128, width: u8) {
        self.set(field, Bits::constant(width, value));
    }

    /// Takes the original field for the current one again.
    pub fn unset(&mut self, field: Field) {
        self.0.retain(|(each, _)| *each != field);
    }

    /// Whether a rule has left something in a register.
    #[must_use]
    pub fn has_registers(&self) -> bool {
        self.0.iter().any(|(field, _)| matches!(field, Field::Register(_)))
    }

    /// Forgets what rules left in registers: they live for one rule.
    pub fn clear_registers(&mut self) {
        self.0.retain(|(field, _)| !matches!(field, Field::Register(_)));
    }

    /// Bits of current fields, told in original fields.
    #[must_use]
    pub fn through(&self, bits: &Bits) -> Bits {
        if self.0.is_empty() {
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
        self.0.iter()
    }
}

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
