//! Policy rules.

use netlink_packet_core::Nla as _;
use netlink_packet_route::{
    AddressFamily,
    rule::{RuleAction, RuleAttribute, RuleFlags, RuleMessage},
};

use super::{Reason, net, unknown};
use crate::network::{PolicyAction, PolicyRule};

/// `FRA_PAD`.
const PADDING: u16 = 18;
/// `suppress_prefixlen` of a rule that suppresses nothing (`fib_nl2rule`).
const SUPPRESS_NOTHING: u32 = u32::MAX;

/// Whether packets that the rule takes get a realm (`FRA_FLOW`).
pub(super) fn has_realm(message: &RuleMessage) -> bool {
    message.attributes.iter().any(|attribute| matches!(attribute, RuleAttribute::Realm(_)))
}

pub(super) fn rule(message: RuleMessage) -> Result<Option<PolicyRule>, Reason> {
    let header = message.header;
    let ip_version = match header.family {
        AddressFamily::Inet => 4,
        AddressFamily::Inet6 => 6,
        // Multicast routing has rules of its own.
        _ => return Ok(None),
    };
    let mut rule = PolicyRule {
        ip_version,
        priority: 0,
        invert: header.flags.contains(RuleFlags::Invert),
        source: None,
        destination: None,
        tos: header.tos,
        iif: None,
        oif: None,
        mark: None,
        protocol: None,
        source_ports: None,
        destination_ports: None,
        uids: None,
        l3mdev: false,
        suppress_prefix_length: None,
        suppress_group: None,
        action: PolicyAction::Nop,
        opaque: Vec::new(),
    };
    let (mut table, mut target) = (u32::from(header.table), 0);
    let (mut mark, mut mask) = (0, 0);
    for attribute in message.attributes {
        match attribute {
            RuleAttribute::Source(address) => rule.source = Some(net(address, header.src_len)?),
            RuleAttribute::Destination(address) => rule.destination = Some(net(address, header.dst_len)?),
            RuleAttribute::Priority(priority) => rule.priority = priority,
            RuleAttribute::Table(id) => table = id,
            RuleAttribute::Goto(priority) => target = priority,
            RuleAttribute::Iifname(name) => rule.iif = Some(name),
            RuleAttribute::Oifname(name) => rule.oif = Some(name),
            RuleAttribute::FwMark(value) => mark = value,
            RuleAttribute::FwMask(value) => mask = value,
            RuleAttribute::IpProtocol(protocol) => rule.protocol = Some(protocol.into()),
            RuleAttribute::SourcePortRange(ports) => rule.source_ports = Some((ports.start, ports.end)),
            RuleAttribute::DestinationPortRange(ports) => rule.destination_ports = Some((ports.start, ports.end)),
            RuleAttribute::UidRange(uids) => rule.uids = Some((uids.start, uids.end)),
            RuleAttribute::L3MDev(set) => rule.l3mdev = set,
            RuleAttribute::SuppressPrefixLen(length) => rule.suppress_prefix_length = (length != SUPPRESS_NOTHING).then_some(length),
            RuleAttribute::SuppressIfGroup(group) => rule.suppress_group = Some(group),
            RuleAttribute::TunId(_) => rule.opaque.push("tun_id".into()),
            // Who made the rule, and the realm that it gives.
            RuleAttribute::Protocol(_) | RuleAttribute::Realm(_) => {}
            RuleAttribute::Other(attribute) if attribute.kind() == PADDING => {}
            RuleAttribute::Other(attribute) => rule.opaque.push(unknown(&attribute)),
            other => rule.opaque.push(format!("{other:?}")),
        }
    }
    // A rule compares `(rule->mark ^ fl->flowi_mark) & rule->mark_mask` (`fib_rule_match`).
    rule.mark = (mask != 0).then_some((mark, mask));
    rule.action = match header.action {
        RuleAction::ToTable => PolicyAction::Table(table),
        RuleAction::Goto => PolicyAction::Goto(target),
        RuleAction::Nop => PolicyAction::Nop,
        RuleAction::Blackhole => PolicyAction::Blackhole,
        RuleAction::Unreachable => PolicyAction::Unreachable,
        RuleAction::Prohibit => PolicyAction::Prohibit,
        other => PolicyAction::Other(other.into()),
    };
    Ok(Some(rule))
}
