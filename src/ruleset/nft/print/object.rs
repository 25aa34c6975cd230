//! Named stateful objects as a table lists them.

use crate::ruleset::nft::decode::attributes::{Attributes, be16, be32, byte, parse, text};
use crate::ruleset::nft::{Expr, Family, Object, expr::Synproxy};

use super::write::Writer;
use super::{constant, stateful, timeouts};

/// nft's word for a kind of object (`NFT_OBJECT_*`).
pub const fn kind_name(kind: u32) -> &'static str {
    match kind {
        1 => "counter",
        2 => "quota",
        3 => "ct helper",
        4 => "limit",
        5 => "connlimit",
        7 => "ct timeout",
        8 => "secmark",
        9 => "ct expectation",
        10 => "synproxy",
        _ => "unknown",
    }
}

/// Writes one object.
pub fn write(writer: &mut Writer, object: &Object, with_handles: bool) {
    writer.format(format_args!("\t{} {} {{", kind_name(object.kind), object.name));
    if with_handles {
        writer.format(format_args!(" # handle {}", object.handle));
    }
    if let Some(comment) = &object.comment {
        writer.format(format_args!("\n\t\tcomment \"{comment}\""));
    }
    writer.text("\n");
    body(writer, object);
    writer.text("\t}\n");
}

fn body(writer: &mut Writer, object: &Object) {
    match &object.body {
        Expr::Counter(counter) => writer.format(format_args!("\t\tpackets {} bytes {}\n", counter.packets, counter.bytes)),
        Expr::Quota(quota) => {
            writer.format(format_args!("\t\t{}", stateful::size_limit(quota.bytes, quota.over)));
            if quota.consumed > 0 {
                writer.format(format_args!(" used {}", constant::size(quota.consumed)));
            }
            writer.text("\n");
        }
        Expr::Limit(limit) => writer.format(format_args!("\t\t{}\n", stateful::rate(limit))),
        Expr::Synproxy(synproxy) => synproxy_lines(writer, synproxy),
        Expr::Unknown { attributes, .. } if conntrack(writer, object.kind, attributes).is_some() => {}
        other => {
            writer.text("\t\t");
            stateful::write(writer, other);
            writer.text("\n");
        }
    }
}

fn synproxy_lines(writer: &mut Writer, synproxy: &Synproxy) {
    if synproxy.flags & stateful::MSS != 0 {
        writer.format(format_args!("\t\tmss {}\n", synproxy.mss));
    }
    if synproxy.flags & stateful::WSCALE != 0 {
        writer.format(format_args!("\t\twscale {}\n", synproxy.wscale));
    }
    let timestamp = if synproxy.flags & stateful::TIMESTAMP != 0 { "timestamp" } else { "" };
    let sack = if synproxy.flags & stateful::SACK_PERM != 0 { "sack-perm" } else { "" };
    if !timestamp.is_empty() || !sack.is_empty() {
        writer.format(format_args!("\t\t{timestamp} {sack}\n"));
    }
}

/// A helper, timeout policy or expectation, from the raw attributes. None if they are not understood; nothing is written then.
fn conntrack(writer: &mut Writer, kind: u32, attributes: &[u8]) -> Option<()> {
    match kind {
        3 => {
            let [_, name, l3, l4] = parse(attributes)?;
            let (name, l3, l4) = (text(name?), be16(l3?)?, protocol(byte(l4?)?));
            writer.format(format_args!("\t\ttype \"{name}\" protocol {l4}\n\t\tl3proto {}\n", family(l3)));
        }
        7 => {
            let [_, l3, l4, timeouts] = parse(attributes)?;
            let (l3, l4) = (be16(l3?)?, byte(l4?)?);
            let policy: Vec<String> = changed_timeouts(l4, timeouts?)?;
            writer.format(format_args!("\t\tprotocol {}\n\t\tl3proto {}\n", protocol(l4), family(l3)));
            writer.format(format_args!("\t\tpolicy = {{ {} }}\n", policy.join(", ")));
        }
        9 => {
            let [_, l3, l4, port, timeout, size] = parse(attributes)?;
            let (l3, l4, port, size) = (be16(l3?)?, protocol(byte(l4?)?), be16(port?)?, byte(size?)?);
            // Of all these only the timeout is in the host's byte order.
            let timeout = timeout?.try_into().ok().map(u32::from_ne_bytes)?;
            writer.format(format_args!("\t\tprotocol {l4}\n\t\tdport {port}\n\t\ttimeout {}\n", constant::duration(timeout.into())));
            writer.format(format_args!("\t\tsize {size}\n\t\tl3proto {}\n", family(l3)));
        }
        8 => {
            let [_, context] = parse(attributes)?;
            writer.format(format_args!("\t\t\"{}\"\n", text(context?)));
        }
        _ => return None,
    }
    Some(())
}

fn changed_timeouts(l4: u8, attributes: &[u8]) -> Option<Vec<String>> {
    let known = timeouts::of(l4)?;
    let mut changed = Vec::new();
    for attribute in Attributes(attributes) {
        let (number, value) = attribute?;
        let seconds = be32(value)?;
        let (name, default) = known.get(usize::from(number).checked_sub(1)?)?;
        if seconds != *default {
            changed.push(format!("{name} : {seconds}"));
        }
    }
    Some(changed)
}

fn protocol(number: u8) -> String {
    crate::ruleset::protocols::name(number.into()).map_or_else(|| number.to_string(), str::to_owned)
}

fn family(number: u16) -> &'static str {
    u8::try_from(number).ok().and_then(Family::from_number).map_or("unknown", Family::name)
}
