//! Rules that their operator wrote: a rule of nft or iptables at its place.

use super::{Blocked, Lasting, Proposal, files, nftables_conf};
use crate::{
    fixes::{action::Action, edit::Edit, iptables, matching::Matching, prove::Unproved},
    model::Chain,
};

/// A rule in the same chain, before the one that stops the packets.
pub fn proposals(blocked: &Blocked<'_>, matching: &Matching) -> Result<Vec<Proposal>, Unproved> {
    let index = blocked.index();
    let chain = blocked.chain().ok_or(Unproved::NoMatch)?;
    let edit = Edit::Insert { chain: blocked.chain, index, matching: matching.clone() };
    let made = if chain.program == "nft" {
        let action = of_nft(blocked, chain, index, matching);
        let persist = nftables_conf::line(blocked, chain, index, matching).into_iter().collect();
        action.map(|action| ("nft", vec![action], persist))
    } else {
        let actions = of_iptables(blocked, chain, index, matching);
        actions.map(|actions| ("iptables", actions, files::save_iptables(blocked.world).into_iter().collect()))
    };
    let (owner, actions, persist) = made.ok_or(Unproved::NoMatch)?;
    Ok(vec![Proposal { owner, edit, actions, persist, lasting: Lasting::UntilReboot, remarks: Vec::new() }])
}

/// None where it takes too many words, or the rule before which it must stand has no handle.
fn of_nft(blocked: &Blocked<'_>, chain: &Chain, index: usize, matching: &Matching) -> Option<Action> {
    let Chain { family, table, name, rules, .. } = chain;
    let (table, name) = (plain(table)?, plain(name)?);
    let mut words: Vec<String> = match rules.get(index) {
        Some(rule) => {
            let handle = rule.handle?.to_string();
            ["insert", "rule", family, table, name, "handle", &handle].map(str::to_owned).to_vec()
        }
        None => ["add", "rule", family, table, name].map(str::to_owned).to_vec(),
    };
    words.insert(0, "nft".into());
    words.extend(matching.nft(blocked.host)?.split(' ').map(str::to_owned));
    words.push("accept".into());
    Action::run(words)
}

/// Before a rule by its number, from 1, or at the end.
pub fn of_iptables(blocked: &Blocked<'_>, chain: &Chain, index: usize, matching: &Matching) -> Option<Vec<Action>> {
    let Chain { program, table, name, rules, .. } = chain;
    let name = plain(name)?;
    let options = iptables::options(matching, blocked.host)?;
    let command = |options: &String| {
        let mut words = vec![(*program).to_owned()];
        if table != "filter" {
            words.extend(["-t".to_owned(), plain(table)?.to_owned()]);
        }
        match index < rules.len() {
            true => words.extend(["-I".to_owned(), name.to_owned(), (index + 1).to_string()]),
            false => words.extend(["-A".to_owned(), name.to_owned()]),
        }
        words.extend(options.split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
        words.extend(["-j".to_owned(), "ACCEPT".to_owned()]);
        Action::run(words)
    };
    options.iter().map(command).collect()
}

/// A name as nft and iptables take it for nothing else; names of other characters get no command.
fn plain(name: &str) -> Option<&str> {
    let usual = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.' | '/');
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(usual)).then_some(name)
}
