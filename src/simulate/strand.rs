//! Packets on their way: a space of them, and how they have fared so far.

use smallvec::SmallVec;

use super::{
    events::Events,
    nat::Binding,
    outcome::{Decision, Event},
    parts::Parts,
    reroute::Before,
    shared::Shared,
    space::Space,
    view::View,
};
use crate::model::{Bits, SetId};

/// Packets that have fared alike so far.
#[derive(Debug, Clone)]
pub struct Strand<S> {
    /// The packets, over original fields, conditions and choices.
    pub space: S,
    /// How they have fared.
    pub way: Shared<Way>,
}

/// How packets have fared so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Way {
    /// Their current fields.
    pub view: View,
    /// How each base chain let them through.
    pub passed: SmallVec<[Decision; 2]>,
    /// What happened; only where single packets are traced.
    pub events: Events,
    /// Elements that rules added to sets or deleted from them on the way, newest last.
    pub learned: Vec<Learned>,
    /// What connection tracking thinks of them.
    pub tracking: Tracking,
    /// The translation of the connection, as far as it is made.
    pub binding: Binding,
    /// A route chain or NAT in output changed what its route depends on.
    pub reroute: bool,
    /// The checksum of their IPv4 header is wrong.
    pub spoiled: bool,
    /// The interface by which they leave after output, where their route was asked anew.
    pub leaves: Option<u32>,
    /// What the route depended on before the chain that packets are in.
    pub before: Before,
}

/// What a packet's own way did to a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The set.
    pub set: SetId,
    /// The key, over original fields.
    pub key: SmallVec<[Bits; 2]>,
    /// Added, not deleted.
    pub present: bool,
    /// Added for less than a minute.
    pub brief: bool,
}

/// What connection tracking has done with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tracking {
    /// Not seen yet.
    #[default]
    Unseen,
    /// Not seen yet, but a rule said what its connection shall be.
    Template,
    /// The first packet of a connection, or one related to another.
    New,
    /// A packet of a connection known before.
    Known,
    /// Seen, and no part of a connection.
    Invalid,
    /// Exempted.
    Untracked,
}

impl Tracking {
    /// Whether the packet has a connection.
    #[must_use]
    pub fn has_connection(self) -> bool {
        matches!(self, Self::New | Self::Known)
    }

    /// Whether a template can be put in the place of its connection. xtables takes an exempt packet for tracked (`xt_ct_target`), nft does
    /// not (`nft_ct_set_zone_eval`).
    #[must_use]
    pub fn takes_template(self, even_untracked: bool) -> bool {
        matches!(self, Self::Unseen | Self::Invalid) || even_untracked && self == Self::Untracked
    }
}

impl<S: Space> Strand<S> {
    /// Packets at the start of their way.
    #[must_use]
    pub fn new(space: S) -> Self {
        Self { space, way: Shared::default() }
    }

    /// Notes an event of a traced packet.
    pub fn note(&mut self, event: impl FnOnce() -> Event) {
        if S::TRACED {
            self.way.events.push(event());
        }
    }

    /// Joins packets that have fared alike; gives the other back if it has not.
    ///
    /// # Errors
    /// The other, unchanged.
    pub fn merge(&mut self, other: Self) -> Result<(), Self> {
        if self.way != other.way {
            return Err(other);
        }
        let Self { space, way } = other;
        self.space.merge(space).map_err(|space| Self { space, way })
    }
}

impl Shared<Way> {
    /// These parts, having fared so.
    #[must_use]
    pub fn lead<S: Space>(self, parts: Parts<S>) -> Vec<Strand<S>> {
        parts.0.into_iter().map(|space| Strand { space, way: self.clone() }).collect()
    }
}

/// Adds a strand to a list, joined with one that has fared alike.
pub fn gather<S: Space>(into: &mut Vec<Strand<S>>, strand: Strand<S>) {
    let mut strand = strand;
    for each in into.iter_mut() {
        match each.merge(strand) {
            Ok(()) => return,
            Err(back) => strand = back,
        }
    }
    into.push(strand);
}
