//! Tables and chains as `nft list ruleset` lays them out.

use crate::ruleset::nft::{Base, Chain, Family, Rule, Table};

use super::statement::Statement;
use super::write::Writer;
use super::{complete, object, set};

const ANONYMOUS: u32 = 1;
/// `NFT_CHAIN_BINDING`: a chain without a name of its own, written where a rule jumps to it.
const BINDING: u32 = 4;
const HARDWARE_OFFLOAD: u32 = 2;
/// Chains written in place can't be nested deeper than the kernel's jump stack.
const DEEPEST: u32 = 16;

/// Writes a rule without its handle.
pub fn rule(writer: &mut Writer, table: &Table, rule: &Rule, depth: u32) {
    for (position, statement) in complete::statements(table, rule).iter().enumerate() {
        if position > 0 {
            writer.text(" ");
        }
        match statement {
            Statement::Block(word, chain) if depth < DEEPEST => block(writer, table, word, chain, depth),
            other => writer.statement(other),
        }
    }
    if let Some(comment) = &rule.comment {
        writer.format(format_args!(" comment \"{comment}\""));
    }
}

fn block(writer: &mut Writer, table: &Table, word: &str, chain: &Chain, depth: u32) {
    writer.format(format_args!("{word} {{\n"));
    for inner in &chain.rules {
        writer.text("\t\t\t");
        rule(writer, table, inner, depth + 1);
        writer.text("\n");
    }
    writer.text("\t\t}");
}

/// Writes the lines of a chain before its rules.
pub fn chain_header(writer: &mut Writer, family: Family, chain: &Chain, with_handles: bool) {
    writer.format(format_args!("\tchain {} {{", chain.name));
    if with_handles {
        writer.format(format_args!(" # handle {}", chain.handle));
    }
    if let Some(comment) = &chain.comment {
        writer.format(format_args!("\n\t\tcomment \"{comment}\""));
    }
    writer.text("\n");
    let Some(base) = &chain.base else { return };
    writer.format(format_args!("\t\ttype {} hook {}", base.kind, hook(family, base.hook)));
    let mut devices: Vec<&str> = base.devices.iter().map(String::as_str).collect();
    devices.sort_unstable();
    match devices.as_slice() {
        [] => {}
        [device] => writer.format(format_args!(" device \"{device}\"")),
        devices => writer.format(format_args!(" devices = {{ {} }}", devices.join(", "))),
    }
    let policy = if base.policy_drop { "drop" } else { "accept" };
    writer.format(format_args!(" priority {}; policy {policy};", priority(family, base)));
    writer.text(if chain.flags & HARDWARE_OFFLOAD != 0 { " flags offload;\n" } else { "\n" });
}

fn hook(family: Family, number: u32) -> &'static str {
    match (family, number) {
        (Family::Netdev, 0) => "ingress",
        (Family::Netdev, 1) => "egress",
        (Family::Arp, 0) => "input",
        (Family::Arp, 1) => "output",
        (Family::Arp, 2) => "forward",
        (Family::Netdev | Family::Arp, _) => "unknown",
        (_, 0) => "prerouting",
        (_, 1) => "input",
        (_, 2) => "forward",
        (_, 3) => "output",
        (_, 4) => "postrouting",
        (_, 5) => "ingress",
        _ => "unknown",
    }
}

/// A priority by the nearest name that the family and hook have.
fn priority(family: Family, base: &Base) -> String {
    const REACH: u32 = 10;
    let named: &[(i32, &str)] = if family == Family::Bridge {
        &[(-300, "dstnat"), (-200, "filter"), (100, "out"), (300, "srcnat")]
    } else {
        &[(-300, "raw"), (-150, "mangle"), (-100, "dstnat"), (0, "filter"), (50, "security"), (100, "srcnat")]
    };
    let near = named.iter().find(|(value, _)| base.priority.abs_diff(*value) <= REACH);
    let ip = matches!(family, Family::Inet | Family::Ip | Family::Ip6);
    match near {
        Some((value, name)) if has_priority(family, ip, name, base.hook) => match base.priority - value {
            0 => (*name).to_owned(),
            offset if offset > 0 => format!("{name} + {offset}"),
            offset => format!("{name} - {}", -offset),
        },
        _ => base.priority.to_string(),
    }
}

fn has_priority(family: Family, ip: bool, name: &str, hook: u32) -> bool {
    const PREROUTING: u32 = 0;
    const OUTPUT: u32 = 3;
    const POSTROUTING: u32 = 4;
    match (family, name) {
        (_, "filter") => true,
        (Family::Bridge, "out") => hook == OUTPUT,
        (Family::Bridge, "dstnat") => hook == PREROUTING,
        (Family::Bridge, "srcnat") => hook == POSTROUTING,
        (_, "dstnat") => ip && hook == PREROUTING,
        (_, "srcnat") => ip && hook == POSTROUTING,
        _ => ip,
    }
}

/// Writes a table with all that is in it.
pub fn table(writer: &mut Writer, table: &Table, with_handles: bool) {
    writer.format(format_args!("table {} {} {{", table.family.name(), table.name));
    if with_handles {
        writer.format(format_args!(" # handle {}", table.handle));
    }
    writer.text("\n");
    let flags: Vec<&str> =
        [(1, "dormant"), (2, "owner")].iter().filter(|(flag, _)| table.flags & flag != 0).map(|(_, name)| *name).collect();
    let mut separator = "";
    if !flags.is_empty() {
        writer.format(format_args!("\tflags {}\n", flags.join(",")));
        separator = "\n";
    }
    if let Some(comment) = &table.comment {
        writer.format(format_args!("\tcomment \"{comment}\"\n"));
    }
    for each in &table.objects {
        writer.text(std::mem::replace(&mut separator, "\n"));
        object::write(writer, each, with_handles);
    }
    for each in table.sets.iter().filter(|set| set.flags & ANONYMOUS == 0) {
        writer.text(std::mem::replace(&mut separator, "\n"));
        set::write(writer, each, with_handles);
    }
    for name in &table.flowtables {
        writer.text(std::mem::replace(&mut separator, "\n"));
        writer.format(format_args!("\tflowtable {name} {{\n\t}}\n"));
    }
    for chain in table.chains.iter().filter(|chain| chain.flags & BINDING == 0) {
        writer.text(std::mem::replace(&mut separator, "\n"));
        chain_header(writer, table.family, chain, with_handles);
        for each in &chain.rules {
            writer.text("\t\t");
            rule(writer, table, each, 0);
            if with_handles {
                writer.format(format_args!(" # handle {}", each.handle));
            }
            writer.text("\n");
        }
        writer.text("\t}\n");
    }
    writer.text("}\n");
}
