//! What the registers of a rule hold.

use crate::ruleset::nft::{
    Data,
    expr::{Bitwise, BitwiseOp, PayloadBase, Reg},
};

/// Where a register's content comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// `NFT_META_*`.
    Meta(u32),
    Payload {
        base: PayloadBase,
        offset: u32,
        len: u32,
    },
    Immediate(Data),
}

/// A register.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub source: Source,
    /// The bits of it that are left.
    pub mask: Option<Data>,
}

/// The registers that were loaded.
#[derive(Debug, Default)]
pub struct Registers(Vec<(Reg, Loaded)>);

impl Registers {
    /// A register takes what is loaded.
    pub fn load(&mut self, register: Reg, source: Source) {
        self.set(register, Loaded { source, mask: None });
    }

    fn set(&mut self, register: Reg, loaded: Loaded) {
        self.0.retain(|(each, _)| *each != register);
        self.0.push((register, loaded));
    }

    /// What a register holds; None if nothing was loaded.
    pub fn get(&self, register: Reg) -> Option<&Loaded> {
        self.0.iter().find(|(each, _)| *each == register).map(|(_, loaded)| loaded)
    }

    /// Masks a register; None for anything else, and for a second mask.
    pub fn bitwise(&mut self, bitwise: &Bitwise) -> Option<()> {
        let BitwiseOp::MaskXor { mask, xor } = &bitwise.op else { return None };
        let loaded = self.get(bitwise.source)?;
        if loaded.mask.is_some() || xor.iter().any(|byte| *byte != 0) {
            return None;
        }
        let loaded = Loaded { source: loaded.source.clone(), mask: Some(mask.clone()) };
        self.set(bitwise.dest, loaded);
        Some(())
    }
}
