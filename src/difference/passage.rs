//! Which first packets of a flow get through with their whole exchange: always, sometimes or never.

use super::Passing;
use crate::{
    audits::judge::{Judged, Judgement, Piece},
    model::HeaderSet,
    simulate::outcome::Ending,
};

/// Three disjoint sets that make up a flow's first packets.
#[derive(Debug)]
pub struct Passage {
    never: HeaderSet,
    sometimes: HeaderSet,
    always: HeaderSet,
}

impl Passage {
    /// Of a flow that was followed; `renumbered` gives its sets the numbers of interfaces that those of `packets` have.
    pub fn of(judged: &Judged, packets: &HeaderSet, renumbered: &dyn Fn(&HeaderSet) -> HeaderSet) -> Self {
        let (mut never, mut risky) = (HeaderSet::empty(), HeaderSet::empty());
        for leg in &judged.legs {
            let stopped = union(leg, &|piece| piece.outcome.verdict != Ending::Accept, renumbered);
            // What can't be told may get through.
            let passed = union(leg, &|piece| matches!(piece.outcome.verdict, Ending::Accept | Ending::Unknown(_)), renumbered);
            never = joined(never, stopped.minus(&passed));
            risky = joined(risky, stopped);
        }
        let always = packets.minus(&risky);
        Self { sometimes: packets.minus(&always).minus(&never), always, never: packets.and(&never) }
    }

    /// The packets that fare so.
    pub const fn part(&self, passing: Passing) -> &HeaderSet {
        match passing {
            Passing::Never => &self.never,
            Passing::Sometimes => &self.sometimes,
            Passing::Always => &self.always,
        }
    }

    /// Whether a set outgrew its limit.
    pub fn is_overgrown(&self) -> bool {
        [&self.never, &self.sometimes, &self.always].into_iter().any(HeaderSet::is_overgrown)
    }
}

fn union(leg: &Judgement, wanted: &dyn Fn(&Piece) -> bool, renumbered: &dyn Fn(&HeaderSet) -> HeaderSet) -> HeaderSet {
    let pieces = leg.pieces.iter().filter(|piece| wanted(piece));
    pieces.fold(HeaderSet::empty(), |all, piece| joined(all, renumbered(&piece.outcome.space.of_packets())))
}

/// Union of sets that may overlap.
pub fn joined(all: HeaderSet, more: HeaderSet) -> HeaderSet {
    let new = more.minus(&all);
    all.or(new)
}
