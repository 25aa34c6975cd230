//! Expressions that are statements by themselves: counters, limits, quotas, logs and so on.

use crate::ruleset::nft::Expr;
use crate::ruleset::nft::expr::{Limit, Log, Synproxy};

use super::constant;
use super::symbols;
use super::write::Writer;

/// Writes such an expression.
pub fn write(writer: &mut Writer, expr: &Expr) {
    match expr {
        Expr::Counter(_) if writer.stateless => writer.text("counter"),
        Expr::Counter(counter) => writer.format(format_args!("counter packets {} bytes {}", counter.packets, counter.bytes)),
        Expr::Limit(limit) => {
            writer.text("limit ");
            writer.text(&rate(limit));
        }
        Expr::Quota(quota) => {
            writer.text("quota ");
            writer.text(&size_limit(quota.bytes, quota.over));
            if !writer.stateless && quota.consumed > 0 {
                writer.format(format_args!(" used {}", constant::size(quota.consumed)));
            }
        }
        Expr::Connlimit(limit) => writer.format(format_args!("ct count {}{}", if limit.over { "over " } else { "" }, limit.count)),
        Expr::Log(log) => write_log(writer, log),
        Expr::Notrack => writer.text("notrack"),
        Expr::Synproxy(synproxy) => write_synproxy(writer, synproxy),
        Expr::Compat(compat) => writer.format(format_args!("xt {} {}", if compat.target { "target" } else { "match" }, compat.name)),
        Expr::Unknown { name, attributes } => {
            writer.text(name);
            for byte in attributes {
                writer.format(format_args!(" {byte:02x}"));
            }
        }
        other => writer.format(format_args!("[{other:?}]")),
    }
}

fn unit(seconds: u64) -> &'static str {
    match seconds {
        1 => "second",
        60 => "minute",
        3600 => "hour",
        86_400 => "day",
        604_800 => "week",
        _ => "error",
    }
}

/// `rate over 10/second burst 7 packets`; the default burst is not written.
pub fn rate(limit: &Limit) -> String {
    let over = if limit.over { "over " } else { "" };
    let unit = unit(limit.unit);
    if limit.bytes {
        let burst = if limit.burst > 0 { format!(" burst {}", constant::size(limit.burst.into())) } else { String::new() };
        format!("rate {over}{}/{unit}{burst}", constant::size(limit.rate))
    } else {
        let burst = if limit.burst == 0 || limit.burst == 5 { String::new() } else { format!(" burst {} packets", limit.burst) };
        format!("rate {over}{}/{unit}{burst}", limit.rate)
    }
}

/// `over 25 mbytes`.
pub fn size_limit(bytes: u64, over: bool) -> String {
    format!("{}{}", if over { "over " } else { "" }, constant::size(bytes))
}

fn write_log(writer: &mut Writer, log: &Log) {
    const WARNING: u32 = 4;
    const ALL: u32 = 0x2f;
    writer.text("log");
    if let Some(prefix) = &log.prefix {
        writer.format(format_args!(" prefix \"{prefix}\""));
    }
    if let Some(group) = log.group {
        writer.format(format_args!(" group {group}"));
    }
    if let Some(snaplen) = log.snaplen {
        writer.format(format_args!(" snaplen {snaplen}"));
    }
    if let Some(threshold) = log.queue_threshold {
        writer.format(format_args!(" queue-threshold {threshold}"));
    }
    if let Some(level) = log.level.filter(|level| *level != WARNING) {
        writer.format(format_args!(" level {}", symbols::name(symbols::LOG_LEVEL, level.into()).unwrap_or("unknown")));
    }
    let flags = log.flags.unwrap_or(0);
    if flags & ALL == ALL {
        return writer.text(" flags all");
    }
    writer.text(match flags & 3 {
        1 => " flags tcp sequence",
        2 => " flags tcp options",
        3 => " flags tcp sequence,options",
        _ => "",
    });
    for (flag, name) in [(4, " flags ip options"), (8, " flags skuid"), (32, " flags ether")] {
        if flags & flag != 0 {
            writer.text(name);
        }
    }
}

/// `NF_SYNPROXY_OPT_*`.
pub const MSS: u32 = 1;
pub const WSCALE: u32 = 2;
pub const SACK_PERM: u32 = 4;
pub const TIMESTAMP: u32 = 8;

fn write_synproxy(writer: &mut Writer, synproxy: &Synproxy) {
    writer.text("synproxy");
    if synproxy.flags & (MSS | WSCALE) != 0 {
        writer.format(format_args!(" mss {} wscale {}", synproxy.mss, synproxy.wscale));
    }
    writer.text(if synproxy.flags & TIMESTAMP != 0 { " timestamp" } else { "" });
    writer.text(if synproxy.flags & SACK_PERM != 0 { " sack-perm" } else { "" });
}
