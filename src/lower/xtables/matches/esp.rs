//! `-m esp` (`esp_mt`, xt_esp.c).

use super::{Meaning, either, ports};
use crate::{
    lower::context::Context,
    model::{Bits, Test, compare::compare},
    ruleset::xtables::matches::{Esp, esp::Spis},
};

/// Bytes of the header.
const HEADER: usize = 8;

/// The index, which stands first.
#[must_use]
pub fn meaning(esp: &Esp, context: &mut Context<'_>) -> Meaning {
    let bits = context.headers.transport(0, 4);
    Meaning {
        hotdrop: ports::too_short(HEADER, context),
        ..Meaning::test(Test::all([spi(&bits, esp.0, context), ports::has_header(context)]))
    }
}

/// An index in its range.
pub fn spi(bits: &Bits, spis: Spis, context: &Context<'_>) -> Test {
    let inside = if spis.low > spis.high { None } else { compare(bits, spis.low.into(), spis.high.into(), context.version) };
    either(inside.unwrap_or(Test::Never), spis.inverted)
}
