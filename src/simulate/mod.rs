//! What the model means: one packet, a set of packets, and the path through hooks, routing, connection tracking and NAT.
//!
//! There is one machine. It is generic over [`space::Space`]: a set of packets ([`crate::model::HeaderSet`]) or one packet ([`point::Point`]),
//! so the tracer and the symbolic engine run the same program.

pub mod outcome;

pub mod point;

pub mod space;
