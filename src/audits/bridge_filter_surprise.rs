//! `bridge-filter-surprise`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Piece},
    problem,
};
use crate::{
    gateway::expression::number,
    model::{Field, Hook, IpVersion, Values},
    network::{Address, Link},
    simulate::outcome::Decision,
    site::Site,
};

/// Bridged frames visit rules.
pub const AUDIT: Audit = Audit {
    code: "bridge-filter-surprise",
    summary: "traffic between two ports of a bridge meets the rules for forwarded packets, and they stop it",
    explanation: "\
Sender and receiver hang on the same bridge, so this host does not route what they say to each other. Yet net.bridge.bridge-nf-call-iptables (or the bridge's own nf_call_iptables)
is on, as Docker and Kubernetes set it, and so bridged frames visit prerouting, forward and postrouting of iptables and nftables all the same, with the
bridge as both interfaces; a rule or policy meant for routed traffic stops them. Either let the bridge talk to itself (\"-A FORWARD -i br0 -o br0 -j
ACCEPT\"; for containers in DOCKER-USER), or, where nothing relies on it, switch the setting off.",
    severity: Severity::Note,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let [first, ..] = &judged.legs;
    let bridge = first.pieces.iter().filter(|piece| !piece.honest.is_empty()).find_map(|piece| bridge(site, judged.version, piece))?;
    let stopped = |piece: &Piece| self::bridge(site, judged.version, piece) == Some(bridge);
    let title = format!(
        "rules for forwarded packets stop what the ports of {} send each other, to {}: bridged frames visit them here",
        bridge.name,
        judged.to()
    );
    let setting = if judged.version == IpVersion::V4 { "iptables" } else { "ip6tables" };
    let fact = format!("both ends are on the bridge {}, and bridge-nf-call-{setting} sends its frames through the rules", bridge.name);
    Some(Problem { facts: vec![fact], ..problem(title, judged, |leg, piece| leg == first.leg && stopped(piece))? })
}

/// The bridge on which both ends are of packets that a rule of the forward hook stops.
fn bridge<'a>(site: &'a Site, version: IpVersion, piece: &Piece) -> Option<&'a Link> {
    let by_rules = matches!(
        piece.outcome.decided_by,
        Decision::Rule { hook: Hook::Forward, .. }
            | Decision::Policy { hook: Hook::Forward, .. }
            | Decision::Several { hook: Hook::Forward, .. }
    );
    if !by_rules || piece.fate != Fate::Stopped {
        return None;
    }
    let index = u32::try_from(piece.honest.values(Field::InInterface, 32).single()?).ok()?;
    let link = site.network.links.iter().find(|link| link.index == index && link.kind.as_deref() == Some("bridge"))?;
    let width = Field::Source.width(version);
    let nets = site
        .network
        .addresses
        .iter()
        .filter(|address| address.link == index && address.local.addr().is_ipv4() == (version == IpVersion::V4));
    let both = |address: &Address| {
        let inside = Values::range(width, number(address.local.network()), number(address.local.broadcast()));
        let within = |field: Field| {
            let values = piece.honest.values(field, width);
            !values.is_empty() && values.minus(&inside).is_empty()
        };
        within(Field::Source) && within(Field::Destination)
    };
    let bridged = nets.into_iter().any(both) && site.network.bridges_call_rules(link, version, &site.snapshot.sysctls);
    bridged.then_some(link)
}
