//! The data registers while a rule is read: 64 bytes, of which each range holds a [`Value`].

use smallvec::SmallVec;

use super::value::{Derived, Value};
use crate::{
    model::{Bits, Field},
    ruleset::nft::expr::Reg,
};

/// Bytes of data registers (`struct nft_regs`).
pub const SIZE: usize = 64;

/// The registers. What was not written is not known: the kernel refuses rules that read it.
#[derive(Debug, Default)]
pub struct Registers {
    slots: SmallVec<[Slot; 4]>,
}

#[derive(Debug)]
struct Slot {
    start: usize,
    end: usize,
    value: Value,
}

impl Registers {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.clear();
    }

    /// Writes a value from a register on, and zeros up to the next 32-bit word, as `nft_reg_store8`, `nft_payload_eval` and others do.
    pub fn store(&mut self, register: Reg, value: Value) {
        let padding = value.width().next_multiple_of(32) - value.width();
        let end = usize::from(register.0) + value.width() / 8;
        self.write(register, value);
        if padding > 0 {
            let mut zeros = Bits::default();
            zeros.push_zeros(padding);
            self.write(Reg(end as u8), Value::Bits(zeros));
        }
    }

    /// Writes exactly the value's bytes.
    pub fn write(&mut self, register: Reg, value: Value) {
        let start = usize::from(register.0);
        let end = start + value.width() / 8;
        self.erase(start, end);
        if start < end {
            self.slots.push(Slot { start, end, value });
        }
    }

    /// What `bytes` bytes from a register on hold; None if some of it is not known.
    #[must_use]
    pub fn read(&self, register: Reg, bytes: usize) -> Option<Value> {
        let (start, end) = (usize::from(register.0), usize::from(register.0) + bytes);
        if let Some(slot) = self.slots.iter().find(|slot| slot.start <= start && end <= slot.end) {
            return slot.value.slice(8 * (start - slot.start), 8 * bytes);
        }
        let (mut bits, mut at) = (Bits::default(), start);
        while at < end {
            let slot = self.slots.iter().find(|slot| slot.start <= at && at < slot.end)?;
            let stop = end.min(slot.end);
            let Value::Bits(part) = slot.value.slice(8 * (at - slot.start), 8 * (stop - at))? else { return None };
            bits.append(&part);
            at = stop;
        }
        Some(Value::Bits(bits))
    }

    /// Where numbers begin that follow from a field and lie in these bytes, whole words from there on.
    #[must_use]
    pub fn derived(&self, register: Reg, bytes: usize) -> Vec<(Reg, Derived)> {
        let (start, end) = (usize::from(register.0), usize::from(register.0) + bytes);
        let within = self.slots.iter().filter(|slot| slot.start < end && start < slot.end && slot.start.is_multiple_of(4));
        let derived = within.filter_map(|slot| match &slot.value {
            Value::Derived(derived) => Some((Reg(slot.start as u8), derived.clone())),
            Value::Bits(_) => None,
        });
        derived.collect()
    }

    /// Forgets what depends on a field that is about to change: registers keep its old value, which no longer has a name.
    pub fn forget(&mut self, field: Field) {
        self.slots.retain(|slot| !slot.value.reads(field));
    }

    fn erase(&mut self, start: usize, end: usize) {
        let overlaps = |slot: &Slot| slot.start < end && start < slot.end;
        while let Some(at) = self.slots.iter().position(overlaps) {
            let slot = self.slots.swap_remove(at);
            for (from, to) in [(slot.start, start), (end, slot.end)] {
                if from < to
                    && let Some(value) = slot.value.slice(8 * (from - slot.start), 8 * (to - from))
                {
                    self.slots.push(Slot { start: from, end: to, value });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IpVersion;

    #[test]
    fn short_values_are_padded_with_zeros() {
        let mut registers = Registers::default();
        registers.store(Reg(0), Value::Bits(Bits::constant(64, u128::from(u64::MAX))));
        registers.store(Reg(0), Value::Bits(Bits::field(Field::Protocol, IpVersion::V4)));
        let Some(Value::Bits(word)) = registers.read(Reg(0), 8) else { panic!("known") };
        assert_eq!(word.value(|_| Some(6)), Some(0x0600_0000_ffff_ffff));
    }

    #[test]
    fn fields_side_by_side_read_as_one() {
        let mut registers = Registers::default();
        registers.store(Reg(0), Value::Bits(Bits::run(Field::Source, 96, 32)));
        registers.store(Reg(4), Value::Bits(Bits::run(Field::Source, 0, 96)));
        assert_eq!(registers.read(Reg(0), 16), Some(Value::Bits(Bits::field(Field::Source, IpVersion::V6))));
        assert_eq!(registers.read(Reg(0), 17), None);
        registers.forget(Field::Source);
        assert_eq!(registers.read(Reg(0), 4), None);
    }
}
