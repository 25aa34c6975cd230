//! nf_tables: its chains, rules and sets as packets of one IP version see them.
//!
//! [`rule::Reader`] reads a rule's expressions one after the other over abstract [`registers`]; there is a file for each kind of
//! expression, which cites the kernel function that it mirrors.

mod bitwise;

mod byteorder;

mod cmp;

mod compat;

pub(super) mod conntrack;

mod ct;

mod elements;

mod exthdr;

mod fib;

pub mod guards;

pub(super) mod hooks;

mod immediate;

mod load_dependent;

mod lookup;

mod meta;

mod nat;

mod opaque;

mod payload;

mod registers;

mod reject;

mod rt;

mod rule;

mod scope;

pub(in crate::lower) mod sets;

mod taken;

mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(in crate::lower) use guards::{fragment, has_connection};

use super::{Origin, context::Context, headers::Headers, xtables::program};
use crate::{
    model::{self, IpVersion, chain::Backend},
    network::Network,
    ruleset::{
        nft::{Chain, Family, Ruleset},
        xtables::native,
    },
};
use rule::Reader;
use scope::Scope;

/// `NFT_TABLE_F_DORMANT`.
const DORMANT: u32 = 1;

/// The chains of all tables that packets of the context's version visit. Tells which base chains are left out, and why.
pub fn lower<'a>(
    ruleset: &'a Ruleset,
    context: &mut Context<'a>,
    chains: &mut Vec<model::Chain>,
    origins: &mut Vec<Origin>,
) -> Vec<String> {
    let (network, version) = (context.network, context.version);
    let mut left_out = Vec::new();
    for (index, table) in ruleset.tables.iter().enumerate() {
        let title = || format!("table {} {}", table.family.name(), table.name);
        match table.family {
            Family::Inet | Family::Netdev => {}
            Family::Arp if version == IpVersion::V4 => {}
            Family::Arp => continue,
            Family::Ip | Family::Ip6 if u128::from(table.family.number()) == payload::protocol_family(version) => {}
            Family::Ip | Family::Ip6 => continue,
            Family::Bridge => {
                left_out.push(format!("{} is not modelled: its packets are frames", title()));
                continue;
            }
        }
        if table.flags & DORMANT != 0 {
            left_out.push(format!("{} is dormant", title()));
        }
        if table.family == Family::Netdev && version == IpVersion::V4 {
            left_out.push(format!("{} is modelled for IP, not for ARP", title()));
        }
        let headers = if table.family == Family::Arp { Headers::arp() } else { Headers::new(version) };
        context.headers = headers;
        let scope = Scope::new(table, index, chains.len() as u32);
        let of_iptables = native::version(table).filter(|_| native::is_listed(table));
        let program = of_iptables.map_or("nft", |version| program(version, Backend::NfTables, context.default_backend));
        let mut reader = Reader::new(context, &scope);
        for (at, chain) in table.chains.iter().enumerate() {
            chains.push(lower_chain(&mut reader, chain, network, program));
            origins.push(Origin::Nft { table: index, chain: at });
        }
    }
    left_out
}

fn lower_chain(reader: &mut Reader<'_, '_>, chain: &Chain, network: &Network, program: &'static str) -> model::Chain {
    let table = reader.scope.table;
    let base = chain.base.as_ref().filter(|_| table.flags & DORMANT == 0);
    let rules = chain.rules.iter().map(|rule| model::Rule { handle: Some(rule.handle), steps: reader.rule(&rule.exprs) });
    model::Chain {
        backend: Backend::NfTables,
        program,
        family: table.family.name(),
        table: table.name.clone(),
        name: chain.name.clone(),
        base: base.and_then(|base| hooks::base(table.family, base, network)),
        rules: Arc::new(rules.collect()),
    }
}
