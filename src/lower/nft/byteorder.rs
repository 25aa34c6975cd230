//! `byteorder`: conversion between host and network order (`nft_byteorder_eval`). Hosts are little-endian, so both directions swap.

use super::{rule::Reader, value::Value};
use crate::{model::step::ConditionKind, ruleset::nft::expr::Byteorder};

impl Reader<'_, '_> {
    pub(super) fn byteorder(&mut self, byteorder: &Byteorder) {
        let (bytes, size) = (byteorder.len as usize, byteorder.size as usize);
        let source = self.registers.read(byteorder.source, bytes);
        match (size, source) {
            // Of several 64-bit elements, kernels before 6.7 read the wrong registers.
            (2 | 4, _) | (8, _) if size < 8 || bytes == 8 => {
                if let Some(Value::Derived(derived)) = self.registers.read(byteorder.source, bytes)
                    && bytes == size
                    && let Some(swapped) = derived.map(derived.width, |number| number.swap_bytes() >> (128 - 8 * size))
                {
                    return self.registers.write(byteorder.dest, Value::Derived(swapped));
                }
                let bits = self.read_bits(byteorder.source, bytes).swap_bytes(size);
                self.registers.write(byteorder.dest, Value::Bits(bits));
            }
            _ => self.load_unknown(byteorder.dest, bytes, ConditionKind::Unknown, "byteorder of several 64-bit numbers"),
        }
    }
}
