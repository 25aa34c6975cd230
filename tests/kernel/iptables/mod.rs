//! What iptables' matches and targets do, a file each: [`case::case`] takes a rule, packets that match and packets that do not; both back
//! ends and clearway have to say the same, and clearway has to print what `iptables-save` does.

mod case;
mod judge;
mod tcp;

use crate::harness::Test;

/// Every test.
pub const TESTS: [&[Test]; 1] = [tcp::TESTS];
