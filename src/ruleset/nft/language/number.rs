//! A constant of a rule: a number of up to 128 bits, with the width that it has on the wire.

/// A number and its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    pub value: u128,
    /// Width in bits.
    pub bits: u32,
}

/// All ones, `bits` wide.
pub fn ones(bits: u32) -> u128 {
    if bits == 0 { 0 } else { u128::MAX >> (128 - bits.min(128)) }
}

impl Number {
    /// Reads bytes as the network orders them. More than 16 don't fit: only the last 16 are kept.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let value = bytes.iter().fold(0u128, |value, byte| (value << 8) | u128::from(*byte));
        Self { value, bits: u32::try_from(bytes.len().min(16) * 8).unwrap_or(128) }
    }

    /// Bytes from most to least significant.
    pub fn to_bytes(self) -> Vec<u8> {
        let all = self.value.to_be_bytes();
        let count = (self.bits.div_ceil(8) as usize).min(all.len());
        all[all.len() - count..].to_vec()
    }

    /// The same bytes read in the other order.
    pub fn swapped(self) -> Self {
        let mut bytes = self.to_bytes();
        bytes.reverse();
        Self { value: Self::from_bytes(&bytes).value, bits: self.bits }
    }

    /// The `count` most significant bits.
    pub fn leading(self, count: u32) -> Self {
        let drop = self.bits.saturating_sub(count);
        Self { value: self.value.checked_shr(drop).unwrap_or(0) & ones(count), bits: count }
    }

    /// What is left without the `count` most significant bits.
    pub fn without_leading(self, count: u32) -> Self {
        let bits = self.bits.saturating_sub(count);
        Self { value: self.value & ones(bits), bits }
    }

    /// If the number is a netmask (ones above zeros, or all zeros), the length of its prefix.
    pub fn prefix_length(self) -> Option<u32> {
        let zeros = if self.value == 0 { self.bits } else { self.value.trailing_zeros() };
        let length = self.bits.saturating_sub(zeros);
        (self.value == ones(length).checked_shl(zeros).unwrap_or(0)).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_a_prefix_only_if_its_ones_are_on_top() {
        assert_eq!(Number { value: 0xffff_ff00, bits: 32 }.prefix_length(), Some(24));
        assert_eq!(Number { value: 0, bits: 32 }.prefix_length(), Some(0));
        assert_eq!(Number { value: u128::MAX, bits: 128 }.prefix_length(), Some(128));
        assert_eq!(Number { value: 0x00ff_ff00, bits: 32 }.prefix_length(), None);
    }

    #[test]
    fn bytes_swap_within_the_width() {
        assert_eq!(Number { value: 0x0102, bits: 32 }.swapped().value, 0x0201_0000);
    }
}
