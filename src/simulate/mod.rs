//! What the model means: one packet, a set of packets, and the path through hooks, routing, connection tracking and NAT.
//!
//! There is one [`machine`]. It is generic over [`space::Space`]: a set of packets ([`crate::model::HeaderSet`]) or one packet
//! ([`point::Point`]), so the tracer and the symbolic engine run the same program. The modules stand from the packet outwards: spaces, views
//! and strands; tests and steps; a chain, a hook, the whole path; a run with its outcomes.

pub mod space;

pub mod point;

pub mod parts;

pub mod view;

pub mod events;

pub mod shared;

pub mod strand;

pub mod undecided;

mod ask;

pub mod decide;

mod membership;

pub mod memory;

pub mod machine;

mod maps;

mod effects;

mod load;

mod jhash;

mod options;

mod text;

pub mod conntrack;

mod sctp;

pub mod nat;

pub mod hooks;

mod tie;

mod backends;

mod reroute;

mod lookup;

mod reverse_path;

pub mod routing;

pub mod source;

mod fib;

mod delivery;

pub mod path;

pub mod run;

mod connection;

mod anew;

pub mod exchange;

mod hairpin;

pub mod stage;

pub mod companions;

pub mod outcome;

pub use companions::Companion;
pub use conntrack::Given;
pub use exchange::Exchange;
pub use memory::Memory;
pub use outcome::Outcome;
pub use point::Point;
pub use run::{Run, Simulation};
pub use stage::Stage;
