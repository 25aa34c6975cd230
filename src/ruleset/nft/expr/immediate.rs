//! A constant, or a verdict (`nft_immediate.c`).

use super::{Reg, Verdict};
use crate::ruleset::nft::Data;
use crate::ruleset::nft::decode::attributes::{any_register, parse};
use crate::ruleset::nft::decode::element::{DataOrVerdict, data_or_verdict};

/// A constant, or a verdict (`nft_immediate.c`).
#[derive(Debug, Clone)]
pub struct Immediate {
    /// None for a verdict.
    pub dest: Option<Reg>,
    pub value: ImmediateValue,
}

/// What an immediate holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImmediateValue {
    Data(Data),
    Verdict(Verdict),
}

impl Immediate {
    /// `nft_immediate_dump`: data for a data register, or a verdict for the verdict register.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, value] = parse(attributes)?;
        match (any_register(dest?)?, data_or_verdict(value?)?) {
            (Some(dest), DataOrVerdict::Data(data)) => Some(Self { dest: Some(dest), value: ImmediateValue::Data(data) }),
            (None, DataOrVerdict::Verdict(verdict)) => Some(Self { dest: None, value: ImmediateValue::Verdict(verdict) }),
            _ => None,
        }
    }
}
