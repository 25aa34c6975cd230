//! A host under test in a network namespace of its own, with a peer on each side that has no stack of its own and so never answers.
//!
//! The namespaces have no names: they live as long as the thread and the sockets that are in them, so nothing is left behind, not even
//! after a panic. The thread that makes a lab stays in the host's namespace until the lab is dropped.

mod conntrack;
mod delivery;
pub mod iptables;
mod namespace;
pub mod nft;
mod sender;
pub mod settings;
mod wire;

use std::io;

use crate::packet::Packet;

pub use namespace::ip;
pub use nft::{Counters, RuleKey};

/// Interfaces of the host under test.
pub const INTERFACES: [&str; 2] = ["eth0", "eth1"];

/// Where a packet was seen to end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fate {
    /// Delivered to this host's transport protocols.
    pub delivered: bool,
    /// Interfaces by which something left, with the IP packet.
    pub left: Vec<(&'static str, Vec<u8>)>,
}

/// A running lab.
pub struct Lab {
    namespace: namespace::Pair,
    wires: [wire::Wire; 2],
    sender: sender::Sender,
    delivery: delivery::Delivery,
    settle: wire::Marker,
    tracker: conntrack::Flusher,
    /// Whether replies of the host under test are wanted: with right checksums it answers.
    pub answers: bool,
    /// Whether connections are forgotten before every packet: translated ones meet in ways that the packets do not show.
    pub forgetful: bool,
}

impl Lab {
    /// Builds one, or tells why that is not possible here.
    pub fn build() -> io::Result<Self> {
        let namespace = namespace::Pair::build()?;
        let (wires, settle) =
            namespace.among_peers(|| Ok(([wire::Wire::open("peer0")?, wire::Wire::open("peer1")?], wire::Marker::open()?)))?;
        Ok(Self {
            wires,
            sender: sender::Sender::open()?,
            delivery: delivery::Delivery::open()?,
            settle,
            tracker: conntrack::Flusher::open()?,
            namespace,
            answers: false,
            forgetful: false,
        })
    }

    /// The path of the host's namespace, for other programs.
    pub fn path(&self) -> String {
        self.namespace.path()
    }

    /// Replaces the whole ruleset; the error is nft's.
    pub fn load(&mut self, ruleset: &str) -> Result<(), String> {
        self.tracker.flush().map_err(|e| e.to_string())?;
        nft::load(&format!("flush ruleset\n{ruleset}"))
    }

    /// Forgets every connection, as [`Lab::load`] does.
    pub fn forget(&mut self) -> io::Result<()> {
        self.tracker.flush()
    }

    /// Every rule's first counter, if nft can tell.
    pub fn counters(&self) -> Option<Counters> {
        nft::counters()
    }

    /// Sends one packet as the first of its connection, waits until it is through, and tells where it ended.
    pub fn send(&mut self, packet: &Packet) -> io::Result<Fate> {
        if self.forgetful {
            self.tracker.flush()?;
        }
        self.tracker.make_new(packet)?;
        let before = self.delivery.count()?;
        match packet.input {
            Some(interface) => {
                let side = INTERFACES.iter().position(|name| *name == interface).ok_or_else(|| io::Error::other(interface))?;
                self.wires[side].send(&packet.frame(self.answers))?;
            }
            None => self.sender.send(packet, self.answers)?,
        }
        self.settle.settle()?;
        let mut fate = Fate { delivered: self.delivery.count()? > before, left: Vec::new() };
        for (wire, name) in self.wires.iter().zip(INTERFACES) {
            wire.drain(|bytes| fate.left.push((name, bytes.to_vec())))?;
        }
        Ok(fate)
    }
}
