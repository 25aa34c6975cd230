//! iptables: its chains and rules as packets of one IP version see them.
//!
//! [`rule`] reads a rule of a legacy table; [`mod@matches`] and [`targets`] have a file for the meaning of each extension, which holds for both
//! back ends: iptables-nft keeps its extensions in nf_tables' rules as they are (`nft_compat.c`).

mod header;

mod hooks;

pub mod matches;

mod rule;

pub mod targets;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Origin, context::Context};
use crate::{
    model::{self, ChainId, IpVersion, chain::Backend},
    ruleset::xtables::{Action, Match, Ruleset, Table, Target, family},
};

/// The chains of all tables that packets of the context's version visit, after those that there are.
pub fn lower(ruleset: &Ruleset, context: &mut Context<'_>, chains: &mut Vec<model::Chain>, origins: &mut Vec<Origin>) {
    let (version, default) = (context.version, context.default_backend);
    for (index, table) in ruleset.tables.iter().enumerate().filter(|(_, table)| table.version == version) {
        let numbers: Numbers<'_> = table.chains.iter().zip(chains.len() as u32..).map(|(chain, id)| (&*chain.name, ChainId(id))).collect();
        for (at, chain) in table.chains.iter().enumerate() {
            let rules = chain.rules.iter().map(|rule| model::Rule { handle: None, steps: rule::steps(rule, &numbers, context) });
            chains.push(model::Chain {
                backend: Backend::Xtables,
                program: program(version, Backend::Xtables, default),
                family: family(table.version),
                table: table.name.clone(),
                name: chain.name.to_string(),
                rules: Arc::new(rules.collect()),
                base: chain.policy.as_ref().and_then(|policy| hooks::base(&table.name, &chain.name, policy.accept)),
            });
            origins.push(Origin::Xtables { table: index, chain: at });
        }
    }
}

/// The program for the tables of a back end: its short name if that works on this back end here.
#[must_use]
pub fn program(version: IpVersion, backend: Backend, default: Option<Backend>) -> &'static str {
    match (version, backend) {
        (IpVersion::V4, _) if default == Some(backend) => "iptables",
        (IpVersion::V6, _) if default == Some(backend) => "ip6tables",
        (IpVersion::V4, Backend::Xtables) => "iptables-legacy",
        (IpVersion::V6, Backend::Xtables) => "ip6tables-legacy",
        (IpVersion::V4, Backend::NfTables) => "iptables-nft",
        (IpVersion::V6, Backend::NfTables) => "ip6tables-nft",
    }
}

/// The chains of a table by name.
pub type Numbers<'a> = FxHashMap<&'a str, ChainId>;

/// Whether a rule of the table turns connection tracking on.
#[must_use]
pub fn tracks(table: &Table) -> bool {
    table.chains.iter().flat_map(|chain| &chain.rules).any(|rule| {
        let target = match &rule.action {
            // `xt_ct_tg_check`: to exempt packets needs no tracking.
            Action::Target(Target::Ct(ct)) if ct.exempts() => None,
            Action::Target(target) => Some(target.name()),
            _ => None,
        };
        rule.matches.iter().map(Match::name).chain(target).any(starts_tracking)
    })
}

/// Whether an extension's check function calls `nf_ct_netns_get`.
#[must_use]
pub fn starts_tracking(name: &str) -> bool {
    matches!(
        name,
        "conntrack"
            | "state"
            | "connmark"
            | "connbytes"
            | "connlabel"
            | "connlimit"
            | "helper"
            | "nat"
            | "cluster"
            | "CONNMARK"
            | "CONNSECMARK"
            | "CT"
            | "DNAT"
            | "SNAT"
            | "MASQUERADE"
            | "NETMAP"
            | "REDIRECT"
            | "SYNPROXY"
            | "CLUSTERIP"
    )
}
