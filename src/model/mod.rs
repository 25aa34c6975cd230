//! Plain data that the simulation works on. Imports nothing else of this crate.
//!
//! A [`Host`] is built for one IP version: an inet chain is lowered once for IPv4 and once for IPv6, so that every header field has a fixed
//! place and meaning. Its chains hold rules, its rules hold [`Step`]s, whose [`Test`]s read [`Field`]s of the packet as it is at that moment.

pub mod bits;

pub mod chain;

pub mod compare;

pub mod field;

pub mod header_set;

pub mod host;

pub mod routing;

pub mod set;

pub mod settings;

pub mod socket;

pub mod step;

pub mod test;

pub mod text;

pub mod values;

pub use bits::{Bits, Part, Source};
pub use chain::{Base, Chain, ChainId, Hook, Rule, RuleId};
pub use field::Field;
pub use header_set::{HeaderSet, Side};
pub use host::{Host, Interface, IpVersion};
pub use routing::Routing;
pub use set::{MatchSet, SetId};
pub use settings::Settings;
pub use socket::Socket;
pub use step::{ConditionId, Nat, Reject, Step, Verdict};
pub use test::Test;
pub use text::Text;
pub use values::Values;
