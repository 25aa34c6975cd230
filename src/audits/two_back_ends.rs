//! `two-back-ends`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Judged, Leg, Piece},
};
use crate::{
    model::{ChainId, IpVersion},
    simulate::outcome::{Decision, Ending},
    site::{Keeper, Site},
};

/// Two worlds of rules have a say.
pub const AUDIT: Audit = Audit {
    code: "two-back-ends",
    summary: "rules of two worlds decide about the traffic, and both must let it pass",
    explanation: "\
Linux keeps rules in two places: the legacy tables of iptables (iptables-legacy shows them), and nf_tables, where iptables-nft and nft put theirs. A packet
visits the chains of both, in the order of their priorities, and accept ends only its own chain: what one world opens the other may close. Each
program shows its own world and not the other: iptables-nft does not list legacy rules, nor iptables-legacy those of nf_tables, and rules that nft made in tables of
their own stand in no list of iptables. Decide for one world, and move the rules of the other there. Where chains of both have the same priority, the one that was
registered later runs first.",
    severity: Severity::Note,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    for leg in judged.legs.iter().take(1) {
        for (index, piece) in leg.pieces.iter().enumerate().filter(|(_, piece)| !piece.honest.is_empty()) {
            if let Some(sentence) = sentence(site, judged.version, piece) {
                let title = format!("traffic to {} meets two worlds of rules: {sentence}", judged.to());
                return Some(Problem::shown(title, vec![(Leg::First, index)]));
            }
        }
    }
    None
}

/// What the rules of each world do with the packets, in the order in which they do it; None if rules of one world alone have a say.
fn sentence(site: &Site, version: IpVersion, piece: &Piece) -> Option<String> {
    let stops = matches!(piece.outcome.verdict, Ending::Drop | Ending::Reject(_));
    let last = Some(&piece.outcome.decided_by).filter(|_| stops);
    let mut worlds = Vec::new();
    let mut words = Vec::new();
    let passed = piece.outcome.passed.iter().map(|decision| (decision, "accepts"));
    let stopping = if matches!(piece.outcome.verdict, Ending::Reject(_)) { "rejects" } else { "drops" };
    for (decision, verb) in passed.chain(last.map(|decision| (decision, stopping))) {
        let Some(chain) = spoke(decision) else { continue };
        let Some(keeper) = site.keeper(version, chain) else { continue };
        if words.is_empty() || worlds.last() != Some(&keeper) || verb != "accepts" {
            words.push(format!("{} {}{verb}", name(site, version, chain, keeper)?, if words.is_empty() { "" } else { "then " }));
        }
        worlds.push(keeper);
    }
    let first = worlds.first()?;
    worlds.iter().any(|other| other != first).then(|| words.join("; "))
}

/// The chain of a rule, or of a policy that drops: a policy that accepts says nothing.
fn spoke(decision: &Decision) -> Option<ChainId> {
    match decision {
        Decision::Rule { rule, .. } => Some(rule.chain),
        Decision::Several { chain, .. } | Decision::Policy { chain, drop: true, .. } => Some(*chain),
        Decision::Policy { .. } | Decision::Stage { .. } => None,
    }
}

fn name(site: &Site, version: IpVersion, chain: ChainId, keeper: Keeper) -> Option<String> {
    let chain = site.chain(version, chain)?;
    let place = format!("{} {} {}", chain.family, chain.table, chain.name);
    Some(match keeper {
        Keeper::Legacy => format!("{place} of the legacy tables"),
        Keeper::IptablesNft => format!("{place} of iptables-nft"),
        Keeper::Nft => format!("the nft chain {place}"),
    })
}
