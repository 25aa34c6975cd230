//! Fixes: the smallest edit that lets a flow pass, shown only after it was tried on a copy of the model.
//!
//! The owner of the rules says how the edit is made ([`owner`]): never by a command that its next reload would undo.
//! Only [`prove::prove`] makes a [`Fix`]; a report can show nothing else.

mod matching;

mod terms;

mod iptables;

mod opens;

mod touched;

pub mod action;

pub mod apply;

pub mod edit;

pub mod setting;

pub mod owner;

pub mod prove;

pub mod agreement;

pub use action::Action;
pub use edit::Edit;
pub use owner::Lasting;
pub use prove::{Aim, Fix, Unproved, prove};
