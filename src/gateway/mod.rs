//! Where flows come from: what the user writes, and what listens on the host.
//!
//! A [`Flow`] is an [`Expression`] with its role and where we learned of it; [`start`] turns it into the packets with which it begins.

pub mod expression;

pub mod legitimate;

pub mod listeners;

pub mod start;

use serde::Serialize;

use crate::model::IpVersion;
pub use expression::Expression;
pub use start::{Start, starts};

/// One kind of traffic that should get through.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The traffic.
    pub expression: Expression,
    /// The only IP version that is meant, if it is one.
    pub version: Option<IpVersion>,
    /// What it is to the gateway.
    pub role: Role,
    /// Where we learned of it, in words ("--flow", "nginx (pid 812) listens on 0.0.0.0:443").
    pub source: String,
    /// The short name of the program that serves it, if known.
    pub program: Option<String>,
    /// Kept only if a rule translates its destination: nothing on this host asks for it.
    pub if_translated: bool,
}

/// What a flow is to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Clients come to the gateway.
    Client,
    /// This host or one of its containers sends it.
    Upstream,
    /// This host talks to itself.
    Loopback,
    /// Something else that listens; that the world can't reach it may be meant.
    Service,
}
