//! Named stateful objects as a table lists them.

use crate::ruleset::nft::{Expr, Object};

use super::stateful;
use super::write::Writer;

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
    match &object.body {
        Expr::Counter(counter) => writer.format(format_args!("\t\tpackets {} bytes {}\n", counter.packets, counter.bytes)),
        Expr::Quota(quota) => {
            writer.format(format_args!("\t\t{}", stateful::size_limit(quota.bytes, quota.over)));
            if quota.consumed > 0 {
                writer.format(format_args!(" used {}", super::constant::size(quota.consumed)));
            }
            writer.text("\n");
        }
        Expr::Limit(limit) => writer.format(format_args!("\t\t{}\n", stateful::rate(limit, limit.burst > 0))),
        other => {
            writer.text("\t\t");
            stateful::write(writer, other);
            writer.text("\n");
        }
    }
    writer.text("\t}\n");
}
