//! Random rulesets and packets by seed.

mod bytes;
mod keys;
mod meta;
mod nat;
mod network;
mod options;
pub mod packets;
pub mod pool;
pub mod random;
mod rule;
pub mod ruleset;
mod scope;
mod sets;
mod stateful;
mod transport;

use crate::packet::Packet;

pub use random::Random;
pub use ruleset::Ruleset;

/// A ruleset with packets to try on it.
#[derive(Debug, Clone)]
pub struct Case {
    pub ruleset: Ruleset,
    pub packets: Vec<Packet>,
}

/// The case of a seed.
pub fn case(seed: u64, packets: usize) -> Case {
    let mut random = Random::new(seed);
    let ruleset = ruleset::ruleset(&mut random);
    let packets = packets::some(&mut random, packets);
    Case { ruleset, packets }
}
