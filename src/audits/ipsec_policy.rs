//! `ipsec-policy`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Piece},
};
use crate::{
    model::{Field, HeaderSet, Values},
    obstacles::ipsec::{Asks, Direction, Policy, policies},
    simulate::outcome::Delivery,
    site::Site,
};

/// A policy wants a flow's packets protected.
pub const AUDIT: Audit = Audit {
    code: "ipsec-policy",
    summary: "an IPsec policy lets a flow's packets pass only encrypted or signed",
    explanation: "\
An IPsec policy (ip xfrm policy) is for these packets. What is sent goes through its tunnel; without a key that fits it waits or is dropped. What comes in
plain, and not by the tunnel, is dropped after the rules have let it through. With a VPN that is as it ought to be. If it is not: compare the networks of
the policies (ip xfrm policy) with the flow's addresses, look whether keys are there (ip xfrm state, swanctl --list-sas), and at the counters in
/proc/net/xfrm_stat, XfrmInTmplMismatch and XfrmOutNoStates above all.",
    severity: Severity::Note,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let met = met(site, judged, Asks::Protection)?;
    let title = format!("packets to {} pass only through IPsec", judged.to());
    Some(Problem { doubtful: true, ..Problem::beside(title, met.facts(site)) })
}

/// A policy that some of a flow's packets meet.
pub(super) struct Met {
    policy: Policy,
    /// It is the answers that meet it.
    turned: bool,
    /// This host sends the packets itself.
    pub sent: bool,
    /// Another policy may decide before.
    pub doubtful: bool,
    /// None of the flow's packets is left.
    pub all: bool,
}

impl Met {
    /// The policy in its own words.
    pub fn policy(&self) -> String {
        self.policy.to_string()
    }

    /// The policy, and what the counters tell.
    pub fn facts(&self, site: &Site) -> Vec<String> {
        let whose = if self.turned { "the answers meet" } else { "they meet" };
        let told = site.snapshot.obstacles.counters.iter().filter(|(name, _)| name.starts_with("Xfrm"));
        std::iter::once(format!("{whose} the IPsec policy \"{}\"", self.policy))
            .chain(told.map(|(name, count)| format!("{count} packets of this host were stopped so since the counters began ({name})")))
            .collect()
    }
}

/// The first policy of this kind that packets which the rules let through meet, or their answers.
pub(super) fn met(site: &Site, judged: &Judged, asks: Asks) -> Option<Met> {
    let policies: Vec<Policy> = policies(&site.snapshot).into_iter().filter(|policy| policy.version() == judged.version).collect();
    if policies.iter().all(|policy| policy.asks != asks) {
        return None;
    }
    let [first, ..] = &judged.legs;
    let passing = first.pieces.iter().filter(|piece| matches!(piece.fate, Fate::Pass | Fate::Sometimes | Fate::NoListener));
    let pieces = passing.clone().filter(|piece| !piece.honest.is_empty()).count();
    let met = passing.filter_map(|piece| Some((ways(piece, site)?, from_outside(piece, site)))).find_map(|((ways, sent), packets)| {
        ways.iter().find_map(|(direction, turned)| {
            decided(&policies, *direction, *turned, packets.clone(), asks).map(|met| Met { sent: sent && !turned, ..met })
        })
    });
    met.map(|met| Met { all: met.all && pieces == 1, ..met })
}

/// Where policies are asked (`xfrm_lookup`, `__xfrm_policy_check`), and whether this host sends the packets. None where translation has changed what they
/// are asked about.
fn ways(piece: &Piece, site: &Site) -> Option<(&'static [(Direction, bool)], bool)> {
    use Direction::{Forward, In, Out};
    let ends = [Field::Source, Field::Destination, Field::SourcePort, Field::DestinationPort];
    if ends.into_iter().any(|field| piece.outcome.changed.get(field).is_some()) {
        return None;
    }
    match piece.outcome.delivery {
        Delivery::Local { .. } => Some((&[(In, false), (Out, true)], false)),
        Delivery::Forward { .. } => Some((&[(Forward, false), (Out, false), (Forward, true), (Out, true)], false)),
        // lo is exempt (`disable_xfrm`, `disable_policy`).
        Delivery::Sent { interface } if site.network.links.iter().any(|link| link.index == interface && !link.loopback) => {
            Some((&[(Out, false), (In, true)], true))
        }
        Delivery::Sent { .. } | Delivery::None => None,
    }
}

/// The packets of a piece but those that this host sends to itself.
fn from_outside(piece: &Piece, site: &Site) -> HeaderSet {
    match piece.outcome.delivery {
        Delivery::Local { .. } => {
            let own = site.network.links.iter().filter(|link| link.loopback).map(|link| u128::from(link.index)).chain([0]);
            piece.honest.clone().split(Field::InInterface, &Values::from_ranges(32, own.map(|index| (index, index)))).1
        }
        _ => piece.honest.clone(),
    }
}

/// The policy that decides about some of the packets, if it asks for this.
fn decided(policies: &[Policy], direction: Direction, turned: bool, mut packets: HeaderSet, asks: Asks) -> Option<Met> {
    let (mut doubtful, mut all) = (false, true);
    for policy in policies.iter().filter(|policy| policy.direction == direction) {
        let (inside, outside) = policy.split(packets.clone(), turned);
        if inside.is_empty() {
            continue;
        }
        if policy.narrowed {
            doubtful = true;
            continue;
        }
        if policy.asks == asks {
            return Some(Met { policy: policy.clone(), turned, sent: false, doubtful, all: all && outside.is_empty() });
        }
        all = false;
        packets = outside;
    }
    None
}
