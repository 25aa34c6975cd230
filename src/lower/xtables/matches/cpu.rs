//! `-m cpu` (`cpu_mt`, xt_cpu.c).

use super::{Meaning, either};
use crate::{
    model::{Field, Test, Values},
    ruleset::xtables::matches::Cpu,
};

/// The processor that handles the packet.
#[must_use]
pub fn meaning(cpu: &Cpu) -> Meaning {
    let is = Test::is(Field::Cpu, Values::one(32, cpu.cpu.unwrap_or_default().into()));
    Meaning::test(either(is, cpu.inverted))
}
