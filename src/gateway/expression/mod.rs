//! Flow expressions: `PROTO SRC[:PORT] -> DST[:PORT] [in IFACE] [out IFACE] [mark N] [state S]`.
//!
//! [`parse`] reads one, with the column of whatever it does not understand; [`Expression`] prints itself in the same language.

mod address;

mod cursor;

mod parse;

mod protocol;

use std::fmt;
use std::str::FromStr;

pub use address::{Block, Hosts, number};
pub use protocol::Protocol;

/// A kind of traffic, as the user writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expression {
    /// The transport protocol.
    pub protocol: Protocol,
    /// Who sends the first packet.
    pub source: Endpoint,
    /// To where.
    pub destination: Endpoint,
    /// The interface by which it comes in.
    pub incoming: Option<String>,
    /// The interface by which it leaves: packets that leave by another one are not meant.
    pub outgoing: Option<String>,
    /// The packet mark with which it starts.
    pub mark: Option<u32>,
    /// The connection state, instead of the one that the kernel gives a first packet.
    pub state: Option<State>,
}

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its addresses.
    pub hosts: Hosts,
    /// Inclusive ranges of ports; empty for any.
    pub ports: Vec<(u16, u16)>,
}

/// The state of a connection, in nft's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Invalid,
    Established,
    Related,
    New,
    Untracked,
}

impl State {
    /// Every state with its name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("new", Self::New),
        ("established", Self::Established),
        ("related", Self::Related),
        ("invalid", Self::Invalid),
        ("untracked", Self::Untracked),
    ];

    /// Its bit in `ct state`.
    #[must_use]
    pub const fn bit(self) -> u128 {
        match self {
            Self::Invalid => 1,
            Self::Established => 2,
            Self::Related => 4,
            Self::New => 8,
            Self::Untracked => 64,
        }
    }

    /// The name of one bit of `ct state`.
    #[must_use]
    pub fn name_of(bit: u128) -> Option<&'static str> {
        Self::ALL.iter().find(|(_, state)| state.bit() == bit).map(|(name, _)| *name)
    }
}

/// A flow expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "flow '{text}', column {column}: {problem}\n  {text}\n  {:>column$}\n  a flow reads: PROTO SRC[:PORT] -> DST[:PORT] [in IFACE] [out IFACE] [mark N] [state S]",
    "^"
)]
pub struct Error {
    /// The whole expression.
    pub text: String,
    /// Where, in characters from 1.
    pub column: usize,
    /// What was expected, and what is there.
    pub problem: String,
}

impl FromStr for Expression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse::expression(text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Hosts::Socket(_) = self.destination.hosts {
            return write!(f, "{} -> {}", self.source, self.destination);
        }
        write!(f, "{} {} -> {}", self.protocol, self.source, self.destination)?;
        if let Some(name) = &self.incoming {
            write!(f, " in {name}")?;
        }
        if let Some(name) = &self.outgoing {
            write!(f, " out {name}")?;
        }
        if let Some(mark) = self.mark {
            write!(f, " mark {mark:#x}")?;
        }
        if let Some(name) = self.state.and_then(|state| State::name_of(state.bit())) {
            write!(f, " state {name}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ports.is_empty() {
            return write!(f, "{}", self.hosts);
        }
        if self.hosts.needs_brackets() {
            write!(f, "[{}]:", self.hosts)?;
        } else {
            write!(f, "{}:", self.hosts)?;
        }
        for (index, &(low, high)) in self.ports.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            if low == high { write!(f, "{comma}{low}")? } else { write!(f, "{comma}{low}-{high}")? }
        }
        Ok(())
    }
}
