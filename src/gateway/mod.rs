//! Where flows come from: what the user writes, what listens on the host, and what proxies are configured to do.
//!
//! A [`Flow`] is an [`Expression`] with its role and where we learned of it; [`start`] turns it into the packets with which it begins.

pub mod config;

pub mod expression;

pub mod inner;

pub mod legitimate;

pub mod listeners;

pub mod observed;

pub mod outgoing;

pub mod proxy;

pub mod published;

pub mod start;

use std::net::SocketAddr;

use serde::Serialize;

use crate::model::IpVersion;
pub use config::{Config, Expect};
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
    /// The user who sends it, where this host does and it is known.
    pub uid: Option<u32>,
    /// The network namespace of its sender among those around this one, by number, until it is known how it comes in here
    /// ([`inner::Namespace::arriving`]).
    pub namespace: Option<usize>,
    /// The host that it comes from, where it was followed from there into this one.
    pub from: Option<String>,
    /// The socket that it goes to, where it was found by one.
    pub socket: Option<SocketAddr>,
    /// What a proxy's configuration says about it.
    pub wanted: Option<proxy::Wanted>,
    /// What ought to become of it.
    pub expect: Expect,
}

impl Flow {
    /// A flow of which no more is known.
    #[must_use]
    pub fn new(expression: Expression, role: Role) -> Self {
        Self {
            expression,
            version: None,
            role,
            source: String::new(),
            program: None,
            if_translated: false,
            uid: None,
            namespace: None,
            from: None,
            socket: None,
            wanted: None,
            expect: Expect::Pass,
        }
    }
}

/// The programs whose processes tell of flows.
#[must_use]
pub fn programs() -> Vec<&'static str> {
    proxy::programs().into_iter().chain([published::PROGRAM]).chain(observed::PROGRAMS).collect()
}

/// What a flow is to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Clients come to the gateway.
    Client,
    /// This host or one of its containers sends it.
    Upstream,
    /// A proxy of this host asks a name server.
    Resolver,
    /// This host talks to itself.
    Loopback,
    /// Something else that listens; that the world can't reach it may be meant.
    Service,
}
