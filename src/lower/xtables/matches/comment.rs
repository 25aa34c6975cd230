//! `-m comment` (`comment_mt`).

use super::Meaning;
use crate::model::Test;

/// Always holds.
#[must_use]
pub fn meaning() -> Meaning {
    Meaning::test(Test::Always)
}
