//! Rules as `iptables-save` and `ip6tables-save` print them.

mod line;

pub mod protocol;

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

pub use line::Line;

use super::{
    Action, Chain, Counters, Rule, Table,
    header::{Address, Interface, Protocol, width},
};
use crate::model::IpVersion;

/// A table as `iptables-save -c` prints it, without the comments around it.
pub fn table(table: &Table, text: &mut String) {
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        _ = writeln!(text, "{arguments}");
    };
    line(format_args!("*{}", table.name));
    for Chain { name, policy, .. } in &table.chains {
        let (verdict, counters) = match policy {
            Some(policy) => (if policy.accept { "ACCEPT" } else { "DROP" }, policy.counters),
            None => ("-", Counters::default()),
        };
        line(format_args!(":{name} {verdict} [{}:{}]", counters.packets, counters.bytes));
    }
    for chain in &table.chains {
        for each in &chain.rules {
            line(format_args!("[{}:{}] {}", each.counters.packets, each.counters.bytes, rule(&chain.name, each, table.version)));
        }
    }
    line(format_args!("COMMIT"));
}

/// A rule as `-A CHAIN …`, without counters (`print_rule4`, `print_rule6`).
#[must_use]
pub fn rule(chain: &str, rule: &Rule, version: IpVersion) -> String {
    let mut line = Line::new(version);
    line.raw("-A ");
    line.raw(chain);
    body(rule, &mut line);
    line.finish()
}

/// What follows `-A CHAIN`, without the space before it.
#[must_use]
pub fn without_chain(rule: &Rule, version: IpVersion) -> String {
    let mut line = Line::new(version);
    body(rule, &mut line);
    line.finish().trim_start().to_owned()
}

fn body(rule: &Rule, line: &mut Line) {
    let header = &rule.header;
    address(line, "-s", header.source);
    address(line, "-d", header.destination);
    interface(line, "-i", header.incoming.as_deref());
    interface(line, "-o", header.outgoing.as_deref());
    if let Some(protocol) = header.protocol.filter(|protocol| protocol.number != 0) {
        protocol_option(line, protocol);
    }
    if let Some(wanted) = header.fragment {
        line.flag(!wanted, "-f");
    }
    for each in &rule.matches {
        line.option(false, "-m", each.name());
        each.write(line);
    }
    match &rule.action {
        Action::None => {}
        Action::Accept => line.raw(" -j ACCEPT"),
        Action::Drop => line.raw(" -j DROP"),
        Action::Queue => line.raw(" -j QUEUE"),
        Action::Return => line.raw(" -j RETURN"),
        Action::Jump(chain) => line.option(false, "-j", chain),
        Action::Goto(chain) => line.option(false, "-g", chain),
        Action::Target(target) => {
            line.option(false, "-j", target.name());
            target.write(line);
        }
    }
}

/// `save_ipv4_addr`, `save_ipv6_addr`.
fn address(line: &mut Line, option: &str, address: Address) {
    if address == Address::ANY {
        return;
    }
    line.option(address.inverted, option, number(address.address, line.version));
    line.raw("/");
    match address.prefix(line.version) {
        Some(length) => line.raw(&length.to_string()),
        None => line.raw(&number(address.mask, line.version)),
    }
}

/// An address.
#[must_use]
pub fn number(address: u128, version: IpVersion) -> String {
    match version {
        IpVersion::V4 => Ipv4Addr::from(address as u32).to_string(),
        // glibc's `inet_ntop` shows the last four bytes of `::a.b.c.d` so.
        IpVersion::V6 if (0x1_0000..=0xffff_ffff).contains(&address) => format!("::{}", Ipv4Addr::from(address as u32)),
        IpVersion::V6 => Ipv6Addr::from(address).to_string(),
    }
}

fn interface(line: &mut Line, option: &str, interface: Option<&Interface>) {
    if let Some(interface) = interface {
        line.option(interface.inverted, option, interface.text());
    }
}

fn protocol_option(line: &mut Line, protocol: Protocol) {
    match protocol::name(protocol.number) {
        Some(name) => line.option(protocol.inverted, "-p", name),
        None => line.option(protocol.inverted, "-p", protocol.number),
    }
}

/// An address, with its mask if that is not everything (`xtables_ipmask_to_numeric`).
#[must_use]
pub fn masked_address(address: &Address, version: IpVersion) -> String {
    let text = number(address.address, version);
    match address.prefix(version) {
        Some(length) if length == width(version) => text,
        Some(length) => format!("{text}/{length}"),
        None => format!("{text}/{}", number(address.mask, version)),
    }
}

/// `low:high`, or one number.
#[must_use]
pub fn range<T: std::fmt::Display + PartialEq>(low: T, high: T) -> String {
    if low == high { low.to_string() } else { format!("{low}:{high}") }
}

/// ` ! --name` and a range; nothing for all of 32 bits, inverted or not.
pub fn numbers((low, high): (u32, u32), inverted: bool, name: &str, line: &mut Line) {
    match (low, high) {
        (0, u32::MAX) => {}
        _ => line.option(inverted, name, range(low, high)),
    }
}

/// A mark, with its mask if that is not everything (`xtables_print_mark_mask`).
#[must_use]
pub fn masked(mark: u32, mask: u32) -> String {
    if mask == u32::MAX { format!("{mark:#x}") } else { format!("{mark:#x}/{mask:#x}") }
}

/// The same, by its name if it is 0 (`xtables_print_val_mask`): of other names each host has its own.
#[must_use]
pub fn named(value: u32, mask: u32, zero: &str) -> String {
    if (value, mask) == (0, u32::MAX) { zero.to_owned() } else { masked(value, mask) }
}
