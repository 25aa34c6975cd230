//! Shorewall: a line of its file `rules`, which its compiler turns into a rule of the chain between two zones, before the policy.

use super::{Blocked, Lasting, Proposal};
use crate::{
    fixes::{action::Action, edit::Edit, matching::Matching, prove::Unproved, terms::Terms},
    model::{Chain, ChainId, Hook, IpVersion, RuleId},
};

/// A line at the end of the file: the rule stands where the policy of the zones begins.
pub fn proposals(blocked: &Blocked<'_>, matching: &Matching) -> Result<Vec<Proposal>, Unproved> {
    if !matches!(blocked.hook, Hook::Input | Hook::Output | Hook::Forward) {
        return Err(owned("a rule before input, output and forward is none of its zones'"));
    }
    let terms = Terms::of(matching, blocked.host).ok_or(Unproved::NoMatch)?;
    // Zones name the interfaces already.
    if terms.incoming.is_some() || terms.outgoing.is_some() {
        return Err(Unproved::NoMatch);
    }
    let here = blocked.chain;
    let shared = |chain: &Chain| matches!(chain.name.as_str(), "reject" | "logdrop" | "logreject" | "INPUT" | "FORWARD" | "OUTPUT");
    let place = |(id, chain): (ChainId, &Chain)| {
        let (from, to) = chain.name.split_once('-').filter(|(from, to)| !from.is_empty() && !to.is_empty() && *from != "sha")?;
        // What stops the packets is of this chain's policy, or of a chain that policies lead to.
        let index = policy(blocked, id, chain);
        let by_policy = if id == here { blocked.rule.is_some_and(|rule| rule >= index) } else { blocked.chain().is_some_and(shared) };
        let actions = by_policy.then(|| commands(&terms, from, to)).flatten()?;
        let edit = Edit::Insert { chain: id, index, matching: matching.clone() };
        let remarks = vec!["the line belongs to the section NEW of the file, which is the last one unless you wrote others".to_owned()];
        Some(Proposal { owner: "Shorewall", edit, actions, persist: Vec::new(), lasting: Lasting::Always, remarks })
    };
    let found: Vec<Proposal> = blocked.neighbours().filter_map(place).collect();
    if found.is_empty() {
        return Err(owned("a line of /etc/shorewall/rules or a check of its own stops it, not the policy: put an ACCEPT line before it"));
    }
    Ok(found)
}

fn owned(hint: &str) -> Unproved {
    Unproved::Owned { owner: "Shorewall", hint: hint.to_owned() }
}

/// How the rules of a policy begin: they ask nothing of whom a packet is from and what it is.
const OF_POLICY: [&str; 5] = ["-j ", "-g ", "-m addrtype ", "-m hashlimit ", "-m limit "];

/// Index of the first of the rules at the end of a chain that are the policy's.
fn policy(blocked: &Blocked<'_>, id: ChainId, chain: &Chain) -> usize {
    let version = blocked.host.version;
    let written = blocked.site.chain(version, id).map_or(0, |chain| chain.rules.len() as u32);
    let text = |index| blocked.site.rule_text(version, RuleId { chain: id, index });
    let count = (0..written).rev().take_while(|index| OF_POLICY.iter().any(|beginning| text(*index).starts_with(beginning))).count();
    chain.rules.len().saturating_sub(count)
}

fn commands(terms: &Terms, from: &str, to: &str) -> Option<Vec<Action>> {
    // The zone of this host is `fw` in the names of chains, and may be called otherwise in the files, which know it as $FW.
    let zone = |name: &str| if name == "fw" { "$FW".to_owned() } else { name.to_owned() };
    let program = if terms.version == IpVersion::V4 { "shorewall" } else { "shorewall6" };
    let host = |zone: String, address: Option<&str>| match (address, terms.version) {
        (None, _) => zone,
        (Some(address), IpVersion::V4) => format!("{zone}:{address}"),
        (Some(address), IpVersion::V6) => format!("{zone}:[{address}]"),
    };
    let ports = terms.ports(':').join(",");
    let mut actions = Vec::new();
    for (source, destination) in terms.pairs() {
        let (source, destination) = (host(zone(from), source), host(zone(to), destination));
        let line = format!("ACCEPT\t{source}\t{destination}\t{}\t{ports}", terms.protocol).replace('\t', " ");
        actions.push(Action::line(&format!("/etc/{program}/rules"), &line, None)?);
    }
    actions.push(Action::run([program, "reload"])?);
    Some(actions)
}
