//! Packets as JSON objects, one a line: what `trace --packets` reads and writes, and what a witness looks like.
//!
//! [`record`] is the object that is read; [`known`] turns it into the fields that the simulation knows; [`mod@print`] goes the other way.
//! [`value`] holds how a single value is written, in packets and in header sets alike.

pub mod known;

pub mod print;

pub mod record;

pub mod value;

use thiserror::Error;

pub use known::{Packet, packet};
pub use record::Record;

/// A line that is no packet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct Error {
    /// The file as the user named it, `-` for standard input.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub problem: String,
}
