//! Fixes: the smallest edit that lets a flow pass, shown only after it was tried on a copy of the model.
//!
//! Only [`prove::prove`] makes a [`Fix`]; a report can show nothing else.

mod matching;

mod iptables;

pub mod edit;

pub mod prove;

pub use edit::Edit;
pub use prove::{Aim, Fix, Unproved, prove};
