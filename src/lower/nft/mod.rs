//! nf_tables: its chains, rules and sets as packets of one IP version see them.
//!
//! [`rule::Reader`] reads a rule's expressions one after the other over abstract [`registers`]; there is a file for each kind of
//! expression, which cites the kernel function that it mirrors.

mod bitwise;

mod byteorder;

mod cmp;

mod conntrack;

mod context;

mod ct;

mod elements;

mod fib;

mod guards;

mod headers;

mod hooks;

mod immediate;

mod load_dependent;

mod lookup;

mod meta;

mod nat;

mod opaque;

mod payload;

mod registers;

mod reject;

mod rule;

mod scope;

mod sets;

mod taken;

mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Origin;
use crate::{
    model::{self, ChainId, Hook, IpVersion, MatchSet, chain::Backend, step::Condition},
    network::Network,
    ruleset::nft::{Chain, Family, Ruleset},
};
use context::Context;
use rule::Reader;
use scope::Scope;

/// nf_tables' part of a host's model.
pub struct Lowered {
    pub chains: Vec<model::Chain>,
    /// Where each chain comes from.
    pub origins: Vec<Origin>,
    pub hooks: Vec<(Hook, Vec<ChainId>)>,
    pub sets: Vec<MatchSet>,
    pub conditions: Vec<Condition>,
    pub conntrack: bool,
    /// Base chains that packets of this version do not visit here, and why.
    pub left_out: Vec<String>,
}

/// `NFT_TABLE_F_DORMANT`.
const DORMANT: u32 = 1;

/// The chains of all tables that packets of a version visit.
#[must_use]
pub fn lower(ruleset: &Ruleset, network: &Network, version: IpVersion) -> Lowered {
    let mut context = Context::new(network, version);
    let (mut chains, mut origins, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for (index, table) in ruleset.tables.iter().enumerate() {
        let title = || format!("table {} {}", table.family.name(), table.name);
        match table.family {
            Family::Inet | Family::Netdev => {}
            Family::Ip | Family::Ip6 if u128::from(table.family.number()) == payload::protocol_family(version) => {}
            Family::Ip | Family::Ip6 => continue,
            Family::Bridge | Family::Arp => {
                left_out.push(format!("{} is not modelled: its packets are frames", title()));
                continue;
            }
        }
        if table.flags & DORMANT != 0 {
            left_out.push(format!("{} is dormant", title()));
        }
        let scope = Scope::new(table, index, chains.len() as u32);
        let mut reader = Reader::new(&mut context, &scope);
        for (at, chain) in table.chains.iter().enumerate() {
            chains.push(lower_chain(&mut reader, chain, network));
            origins.push(Origin { table: index, chain: at });
        }
    }
    Lowered {
        hooks: hooks::order(&chains),
        chains,
        origins,
        sets: context.sets.model,
        conditions: context.conditions,
        conntrack: conntrack::is_active(ruleset, version),
        left_out,
    }
}

fn lower_chain(reader: &mut Reader<'_, '_>, chain: &Chain, network: &Network) -> model::Chain {
    let table = reader.scope.table;
    let base = chain.base.as_ref().filter(|_| table.flags & DORMANT == 0);
    let rules = chain.rules.iter().map(|rule| model::Rule { handle: Some(rule.handle), steps: reader.rule(&rule.exprs) });
    model::Chain {
        backend: Backend::NfTables,
        family: table.family.name(),
        table: table.name.clone(),
        name: chain.name.clone(),
        base: base.and_then(|base| hooks::base(table.family, base, network)),
        rules: Arc::new(rules.collect()),
    }
}
