//! Legacy tables as the kernel hands them out: one block of entries after the other (`struct ipt_get_entries`).
//!
//! A built-in chain begins where a hook leads to and ends with its policy; a user's chain begins with an `ERROR` entry that bears its
//! name and ends with a RETURN. Jumps are offsets into the block.

mod entry;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Action, Chain, Counters, Match, Policy, Rule, Ruleset, Table, Target, extension::Raw};
use crate::{model::IpVersion, snapshot::LegacyTable};
use entry::{Entry, Verdict};

/// Hooks by number (`NF_INET_*`), and the names of their built-in chains.
pub const BUILT_IN: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/// Where a table's hooks lead (`struct ipt_getinfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// A bit for each hook that the table has.
    pub hooks: u32,
    /// Offset of each hook's first rule.
    pub first: [u32; 5],
    /// Offset of each hook's policy.
    pub policy: [u32; 5],
}

/// Why a table could not be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    #[error("an entry does not fit into its table")]
    Cut,
    #[error("an entry belongs to no chain")]
    NoChain,
    #[error("a jump leads to no chain")]
    WildJump,
    #[error("a chain has no end")]
    NoEnd,
}

/// The tables of a snapshot.
#[must_use]
pub fn decode(tables: &[LegacyTable]) -> Ruleset {
    let mut ruleset = Ruleset::default();
    for each in tables {
        let version = if each.ipv6 { IpVersion::V6 } else { IpVersion::V4 };
        let info = Info { hooks: each.hooks, first: each.first, policy: each.policy };
        match table(&each.name, version, &info, &each.entries.0) {
            Ok(table) => ruleset.tables.push(table),
            Err(damaged) => {
                ruleset.incomplete.push(format!("the legacy {} table of {} can't be read: {damaged}", each.name, program(version)))
            }
        }
    }
    ruleset
}

/// `iptables` or `ip6tables`.
#[must_use]
pub const fn program(version: IpVersion) -> &'static str {
    match version {
        IpVersion::V4 => "iptables",
        IpVersion::V6 => "ip6tables",
    }
}

/// What an entry is to its chain.
struct Placed<'a> {
    at: u32,
    entry: Entry<'a>,
}

/// Takes a table apart.
///
/// # Errors
/// The block is not one that the kernel makes.
pub fn table(name: &str, version: IpVersion, info: &Info, block: &[u8]) -> Result<Table, Damaged> {
    let mut open: Option<(Chain, Vec<Placed<'_>>)> = None;
    let mut chains = Vec::new();
    let mut starts: FxHashMap<u32, Arc<str>> = FxHashMap::default();
    let mut at = 0_u32;
    while (at as usize) < block.len() {
        let entry = Entry::read(&block[at as usize..], version).ok_or(Damaged::Cut)?;
        let length = entry.length;
        let built_in = (0..5).find(|hook| info.hooks & 1 << hook != 0 && info.first[*hook] == at);
        if let Some(hook) = built_in {
            chains.extend(open.take());
            let chain = Chain {
                name: BUILT_IN[hook].into(),
                policy: Some(Policy { accept: true, counters: Counters::default() }),
                rules: Vec::new(),
            };
            starts.insert(at, Arc::clone(&chain.name));
            open = Some((chain, Vec::new()));
        }
        match entry.chain_name() {
            Some(name) if (at + length) as usize >= block.len() && name == "ERROR" => {}
            Some(name) => {
                chains.extend(open.take());
                let name: Arc<str> = name.into();
                starts.insert(at + length, Arc::clone(&name));
                open = Some((Chain { name, policy: None, rules: Vec::new() }, Vec::new()));
            }
            None => open.as_mut().ok_or(Damaged::NoChain)?.1.push(Placed { at, entry }),
        }
        at = at.checked_add(length).ok_or(Damaged::Cut)?;
    }
    chains.extend(open);
    let chains = chains.into_iter().map(|(chain, entries)| finish(chain, entries, &starts, version));
    Ok(Table { version, name: name.to_owned(), chains: chains.collect::<Result<_, _>>()? })
}

/// The last entry of a chain is its policy, or the RETURN at its end.
fn finish(mut chain: Chain, mut entries: Vec<Placed<'_>>, starts: &FxHashMap<u32, Arc<str>>, version: IpVersion) -> Result<Chain, Damaged> {
    let end = entries.pop().ok_or(Damaged::NoEnd)?;
    if let Some(policy) = &mut chain.policy {
        *policy = Policy { accept: matches!(end.entry.verdict(), Some(Verdict::Accept)), counters: end.entry.counters };
    }
    chain.rules.reserve_exact(entries.len());
    for Placed { at, entry } in entries {
        chain.rules.push(rule(at, &entry, starts, version)?);
    }
    Ok(chain)
}

fn rule(at: u32, entry: &Entry<'_>, starts: &FxHashMap<u32, Arc<str>>, version: IpVersion) -> Result<Rule, Damaged> {
    let extension = |(name, revision, info)| Raw { name, revision, info, version };
    let mut matches = Vec::new();
    for each in entry.matches() {
        matches.push(Match::decode(&extension(each.ok_or(Damaged::Cut)?)));
    }
    let action = match entry.verdict() {
        None => Action::Target(Target::decode(&extension(entry.target))),
        Some(Verdict::Accept) => Action::Accept,
        Some(Verdict::Drop) => Action::Drop,
        Some(Verdict::Queue) => Action::Queue,
        Some(Verdict::Return) => Action::Return,
        // To the next entry without a jump: a rule that only counts.
        Some(Verdict::To(offset)) if offset == at + entry.length => Action::None,
        Some(Verdict::To(offset)) => {
            let chain = Arc::clone(starts.get(&offset).ok_or(Damaged::WildJump)?);
            if entry.goes { Action::Goto(chain) } else { Action::Jump(chain) }
        }
        Some(Verdict::Other) => return Err(Damaged::WildJump),
    };
    Ok(Rule { counters: entry.counters, header: entry.header.clone(), matches, action })
}
