//! Netlink attributes of what is kept as the kernel's bytes: fingerprints, IPsec, flow offloading, helpers and timeouts of connections.

use crate::ruleset::nft::{Expr, expr::Reg};

/// Attributes, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Attributes(Vec<u8>);

impl Attributes {
    /// Adds one. What is too long for an attribute is cut off.
    pub fn bytes(mut self, number: u16, value: &[u8]) -> Self {
        const MOST: usize = 65_000;
        let value = value.get(..MOST).unwrap_or(value);
        let len = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&len.to_ne_bytes());
        self.0.extend_from_slice(&number.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub fn byte(self, number: u16, value: u8) -> Self {
        self.bytes(number, &[value])
    }

    pub fn be16(self, number: u16, value: u16) -> Self {
        self.bytes(number, &value.to_be_bytes())
    }

    pub fn be32(self, number: u16, value: u32) -> Self {
        self.bytes(number, &value.to_be_bytes())
    }

    pub fn be64(self, number: u16, value: u64) -> Self {
        self.bytes(number, &value.to_be_bytes())
    }

    pub fn text(self, number: u16, value: &str) -> Self {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(number, &bytes)
    }

    /// The raw data of an expression of this name.
    pub fn into_expr(self, name: &str) -> Expr {
        Expr::Unknown { name: name.to_owned(), attributes: self.0 }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Puts a register (`NFT_REG32_*`, or `NFT_REG_*` where it begins one) into the attribute of number 1.
pub fn set_register(attributes: &mut [u8], register: Reg) {
    let header = [8u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat();
    let number = if register.0.is_multiple_of(16) { 1 + register.0 / 16 } else { 8 + register.0 / 4 };
    if let Some(attribute) = attributes.chunks_exact_mut(4).skip_while(|word| **word != *header).nth(1) {
        attribute.copy_from_slice(&u32::from(number).to_be_bytes());
    }
}
