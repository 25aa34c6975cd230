//! A table that iptables-nft made, as a whole.

use std::fmt::Write as _;

use super::{rule, version};
use crate::ruleset::{
    ipset::Ipsets,
    nft::{
        self,
        print::{self, Interfaces},
    },
    xtables::print::rule as iptables,
};

/// Writes a table as `iptables-nft-save -c` does. Rules that it can't show stand there as comments, in nft's syntax. False, and nothing is
/// written, for a table that it did not make.
pub fn write(table: &nft::Table, interfaces: &Interfaces<'_>, ipsets: &Ipsets, text: &mut String) -> bool {
    let Some(version) = version(table) else { return false };
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        _ = writeln!(text, "{arguments}");
    };
    line(format_args!("*{}", table.name));
    for chain in &table.chains {
        let policy = chain.base.as_ref().map_or("-", |base| if base.policy_drop { "DROP" } else { "ACCEPT" });
        line(format_args!(":{} {policy} [0:0]", chain.name));
    }
    for chain in &table.chains {
        for each in &chain.rules {
            match rule(each, version, interfaces) {
                Some(mut rule) => {
                    rule.name_sets(ipsets);
                    let counters = rule.counters;
                    line(format_args!("[{}:{}] {}", counters.packets, counters.bytes, iptables(&chain.name, &rule, version)));
                }
                None => line(format_args!("# {}, handle {}, of nft: {}", chain.name, each.handle, print::rule(table, each, interfaces))),
            }
        }
    }
    line(format_args!("COMMIT"));
    true
}
