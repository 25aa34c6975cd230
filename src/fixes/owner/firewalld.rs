//! firewalld: a rich rule of the zone by which the packets come (or of a policy), made at once and for good. What it accepts stands in the
//! zone's chain `…_allow`; with a negative priority in `…_pre`, before what the zone denies. `--direct` is never used.

use super::{Blocked, Lasting, Proposal};
use crate::{
    fixes::{action::Action, edit::Edit, matching::Matching, prove::Unproved, terms::Terms},
    model::{Chain, ChainId, Hook},
};

/// Beginnings of the names of chains, of either back end.
const INPUT: [&str; 2] = ["filter_IN_", "IN_"];
const OUTPUT: [&str; 2] = ["filter_OUT_", "OUT_"];
const FORWARD: [&str; 2] = ["filter_FWD_", "FWD_"];

/// A rich rule in each of the zones and policies: the proof tells which of them the packets pass.
pub fn proposals(blocked: &Blocked<'_>, matching: &Matching) -> Result<Vec<Proposal>, Unproved> {
    let beginnings = match blocked.hook {
        Hook::Input => INPUT,
        Hook::Output => OUTPUT,
        Hook::Forward => FORWARD,
        _ => return Err(owned("a rule before input, output and forward is none of its zones' and policies'")),
    };
    let here = blocked.chain().map_or("", |chain| chain.name.as_str());
    if here.ends_with("_pre") || here.ends_with("_direct") {
        return Err(owned("a rich rule of a negative priority or a direct rule stops it: take that out first"));
    }
    let denied = here.strip_suffix("_deny");
    let terms = Terms::of(matching, blocked.host).ok_or(Unproved::NoMatch)?;
    let place = |(id, chain): (ChainId, &Chain)| {
        let base = match denied {
            Some(base) => (chain.name.strip_suffix("_pre") == Some(base)).then_some(base)?,
            None => chain.name.strip_suffix("_allow")?,
        };
        let name = beginnings.iter().find_map(|beginning| base.strip_prefix(beginning))?;
        let option = match name.strip_prefix("policy_") {
            Some(policy) => format!("--policy={policy}"),
            // A zone's rich rules are for packets to this host.
            None => (blocked.hook == Hook::Input).then(|| format!("--zone={name}"))?,
        };
        let actions = commands(&terms, &option, denied.is_some())?;
        let edit = Edit::Insert { chain: id, index: chain.rules.len(), matching: matching.clone() };
        Some(Proposal { owner: "firewalld", edit, actions, persist: Vec::new(), lasting: Lasting::Always, remarks: Vec::new() })
    };
    let found: Vec<Proposal> = blocked.neighbours().filter_map(place).collect();
    match found.is_empty() {
        false => Ok(found),
        true if terms.incoming.is_some() || terms.outgoing.is_some() => Err(Unproved::NoMatch),
        true => {
            Err(owned("no zone or policy of it has a place for such packets: make a policy between the zones (firewall-cmd --new-policy)"))
        }
    }
}

fn owned(hint: &str) -> Unproved {
    Unproved::Owned { owner: "firewalld", hint: hint.to_owned() }
}

/// A rich rule for each pair of networks and each port, at once and for good. The zone names the interfaces; a rich rule can't.
fn commands(terms: &Terms, option: &str, before: bool) -> Option<Vec<Action>> {
    if terms.incoming.is_some() || terms.outgoing.is_some() || terms.pairs().len() * terms.ports.len() > 8 {
        return None;
    }
    let mut actions = Vec::new();
    for (source, destination) in terms.pairs() {
        for port in terms.ports('-') {
            let priority = if before { " priority=\"-1\"" } else { "" };
            let source = source.map_or_else(String::new, |source| format!(" source address=\"{source}\""));
            let destination = destination.map_or_else(String::new, |destination| format!(" destination address=\"{destination}\""));
            let (family, protocol) = (terms.family(), terms.protocol);
            let rule =
                format!("rule{priority} family=\"{family}\"{source}{destination} port port=\"{port}\" protocol=\"{protocol}\" accept");
            let rich = format!("--add-rich-rule={rule}");
            actions.push(Action::run(["firewall-cmd", "--permanent", option, &rich])?);
            actions.push(Action::run(["firewall-cmd", option, &rich])?);
        }
    }
    Some(actions)
}
