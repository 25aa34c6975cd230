//! Who decided packets in one state, and in the other: what stopped them, or what let them through.

use super::{State, passage::joined};
use crate::{
    audits::judge::Judged,
    model::{ChainId, HeaderSet, Hook, IpVersion},
    simulate::outcome::{Decision, Ending},
};

/// More deciders than this are told by their chains.
const MOST: usize = 64;

/// What decided some packets.
#[derive(Debug)]
pub struct Decider {
    pub decision: Decision,
    /// How each base chain let them through.
    passed: Vec<Decision>,
    packets: HeaderSet,
}

/// Packets with what decided them in both states.
pub struct Part<'a> {
    pub packets: HeaderSet,
    pub before: Option<&'a Decider>,
    pub after: Option<&'a Decider>,
}

/// The deciders of these packets: of those that pass what accepted the first packet, else what stops one of the exchange.
pub fn of(judged: &Judged, packets: &HeaderSet, passes: bool, renumbered: &dyn Fn(&HeaderSet) -> HeaderSet) -> Vec<Decider> {
    let [first, ..] = &judged.legs;
    let legs = if passes { std::slice::from_ref(first) } else { judged.legs.as_slice() };
    let pieces = legs.iter().flat_map(|leg| &leg.pieces).filter(|piece| (piece.outcome.verdict == Ending::Accept) == passes);
    let mut deciders: Vec<Decider> = Vec::new();
    for piece in pieces {
        let these = renumbered(&piece.outcome.space.of_packets()).and(packets);
        if these.is_empty() {
            continue;
        }
        let outcome = &piece.outcome;
        let decision = if deciders.len() < MOST { outcome.decided_by.clone() } else { outcome.decided_by.several() };
        match deciders.iter_mut().find(|each| each.decision == decision && (!passes || each.passed == outcome.passed)) {
            Some(known) => known.packets = joined(std::mem::take(&mut known.packets), these),
            None => deciders.push(Decider { decision, passed: outcome.passed.clone(), packets: these }),
        }
    }
    deciders
}

/// The packets, cut by what decided them before and after.
pub fn together<'a>(packets: &HeaderSet, before: &'a [Decider], after: &'a [Decider]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (of_before, before) in cut(packets.clone(), before) {
        parts.extend(cut(of_before, after).into_iter().map(|(packets, after)| Part { packets, before, after }));
    }
    parts
}

/// Each packet with the first of its deciders; last those that nobody decided.
fn cut(packets: HeaderSet, deciders: &[Decider]) -> Vec<(HeaderSet, Option<&Decider>)> {
    let mut left = packets;
    let mut parts = Vec::new();
    for decider in deciders {
        let these = left.and(&decider.packets);
        if !these.is_empty() {
            left = left.minus(&these);
            parts.push((these, Some(decider)));
        }
    }
    if !left.is_empty() {
        parts.push((left, None));
    }
    parts
}

/// What in one state lets packets through where in the other one something stopped them: in the same table and hook, else the last that did.
pub fn in_place_of((stopping, stopper): (State<'_>, &Decision), (passing, passed): (State<'_>, &Decider), version: IpVersion) -> Decision {
    let wanted = at(stopper).map(|(hook, chain)| (hook, table(stopping, version, chain)));
    let stands_there = |decision: &&Decision| at(decision).map(|(hook, chain)| (hook, table(passing, version, chain))) == wanted;
    let is_rule = |decision: &&Decision| !matches!(decision, Decision::Policy { .. });
    let there = || passed.passed.iter().filter(stands_there);
    let found = wanted.is_some().then(|| there().find(is_rule).or_else(|| there().next())).flatten();
    found.unwrap_or(&passed.decision).clone()
}

/// Hook and chain of a decision.
const fn at(decision: &Decision) -> Option<(Hook, ChainId)> {
    match decision {
        Decision::Rule { hook, rule } => Some((*hook, rule.chain)),
        Decision::Policy { hook, chain, .. } | Decision::Several { hook, chain } => Some((*hook, *chain)),
        Decision::Stage { .. } => None,
    }
}

/// Family and name of a chain's table.
fn table(state: State<'_>, version: IpVersion, chain: ChainId) -> Option<(&'static str, String)> {
    state.site.chain(version, chain).map(|chain| (chain.family, chain.table.clone()))
}
