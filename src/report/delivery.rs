//! Where an accepted packet goes.

use std::net::IpAddr;

use serde::Serialize;

use super::text::plain::line;
use crate::{
    gateway::expression::Protocol,
    model::IpVersion,
    simulate::outcome::{Delivery, Outcome},
    site::Site,
    snapshot::Owner,
};

/// Where an accepted packet goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DeliveredTo {
    /// To a socket of this host.
    Socket { address: IpAddr, port: u16, owner: Option<SocketOwner> },
    /// On, by this interface.
    Forward { interface: String },
    /// Sent by this host, by this interface.
    Sent { interface: String },
    /// To this host, where nobody waits for it: what the kernel answers.
    None { reply: Option<&'static str> },
}

/// Who owns a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SocketOwner {
    pub pid: u32,
    pub command: String,
    pub user: Option<String>,
    pub unit: Option<String>,
    pub container: Option<String>,
}

impl From<&Owner> for SocketOwner {
    fn from(owner: &Owner) -> Self {
        Self {
            pid: owner.pid,
            command: owner.command.clone(),
            user: owner.user.clone(),
            unit: owner.unit.clone(),
            container: owner.container.clone(),
        }
    }
}

/// Where the packets of an outcome go; none if they were stopped.
#[must_use]
pub fn delivered_to<S>(site: &Site, version: IpVersion, outcome: &Outcome<S>, protocol: Option<u8>) -> Option<DeliveredTo> {
    let name = |index: u32| site.interface(index).unwrap_or_else(|| format!("#{index}"));
    Some(match &outcome.delivery {
        Delivery::None => return None,
        Delivery::Forward { interface } => DeliveredTo::Forward { interface: name(*interface) },
        Delivery::Sent { interface } => DeliveredTo::Sent { interface: name(*interface) },
        Delivery::Local { socket: Some(index) } => {
            let (socket, owner) = site.socket(version, *index)?;
            DeliveredTo::Socket { address: socket.address, port: socket.port, owner: owner.map(SocketOwner::from) }
        }
        Delivery::Local { socket: None } => DeliveredTo::None { reply: protocol.map(Protocol).and_then(answer_of_no_socket) },
    })
}

/// What the kernel answers where no socket takes the packet. To ICMP it answers itself, or not at all.
#[must_use]
pub fn answer_of_no_socket(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::TCP => Some("rst"),
        Protocol::ICMP | Protocol::ICMPV6 => None,
        _ => Some("icmp"),
    }
}

impl DeliveredTo {
    /// In words, for people.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Socket { address, port, owner } => {
                let at = std::net::SocketAddr::new(*address, *port);
                match owner {
                    Some(owner) => format!("to {} (pid {}) on {at}", line(&owner.command), owner.pid),
                    None => format!("to the socket on {at}"),
                }
            }
            Self::Forward { interface } => format!("forwarded by {}", line(interface)),
            Self::Sent { interface } => format!("sent by {}", line(interface)),
            Self::None { reply: Some("rst") } => "nothing listens: the kernel answers with a TCP reset".into(),
            Self::None { reply: Some(_) } => "nothing listens: the kernel answers with ICMP port unreachable".into(),
            Self::None { reply: None } => "to this host".into(),
        }
    }
}
