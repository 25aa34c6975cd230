//! Statements that are one expression, whatever the rule: counters, limits, quotas, logs.

use serde_json::Value;

use super::{Wrong, encode, field::number, flags};
use crate::ruleset::nft::{
    Expr,
    expr::{Connlimit, Counter, Limit, Log, Quota, Synproxy},
    language::symbols,
};

/// The expression; None if it is another statement, or refers to an object by its name.
pub fn read(name: &str, body: &Value) -> Result<Option<Expr>, Wrong> {
    if body.is_string() || body.get("map").is_some() {
        return Ok(None);
    }
    Ok(Some(match name {
        "counter" => Expr::Counter(Counter { packets: whole(body, "packets"), bytes: whole(body, "bytes") }),
        "limit" => Expr::Limit(limit(body)?),
        "quota" => Expr::Quota(Quota {
            bytes: sized(body, "val", "val_unit")?,
            consumed: sized(body, "used", "used_unit")?,
            over: truth(body, "inv"),
        }),
        "ct count" => Expr::Connlimit(Connlimit { count: number(body, "val")?, over: truth(body, "inv") }),
        "last" => {
            let used = body.get("used").and_then(Value::as_u64);
            let attributes = encode::Attributes::default().be32(1, u32::from(used.is_some()));
            used.map_or(attributes.clone(), |used| attributes.be64(2, used)).into_expr("last")
        }
        "log" => Expr::Log(log(body)?),
        "synproxy" => Expr::Synproxy(synproxy(body)?),
        _ => return Ok(None),
    }))
}

/// A number that may be missing.
pub fn whole(body: &Value, name: &str) -> u64 {
    body.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// Whether a member is true.
pub fn truth(body: &Value, name: &str) -> bool {
    body.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A number of bytes in a unit.
fn sized(body: &Value, name: &str, unit: &str) -> Result<u64, Wrong> {
    let factor = match body.get(unit).and_then(Value::as_str) {
        None | Some("bytes") => 1,
        Some("kbytes") => 1 << 10,
        Some("mbytes") => 1 << 20,
        Some("gbytes") => 1 << 30,
        Some(other) => return Err(Wrong(format!("'{other}' is no unit of bytes"))),
    };
    whole(body, name).checked_mul(factor).ok_or_else(|| "these are too many bytes".into())
}

/// A limit, of packets or of bytes.
pub fn limit(body: &Value) -> Result<Limit, Wrong> {
    const BURST: u32 = 5;
    let unit = match body.get("per").and_then(Value::as_str) {
        Some("second") | None => 1,
        Some("minute") => 60,
        Some("hour") => 3600,
        Some("day") => 86_400,
        Some("week") => 604_800,
        Some(other) => return Err(Wrong(format!("'{other}' is no unit of time"))),
    };
    let bytes = body.get("rate_unit").and_then(Value::as_str).is_some_and(|unit| unit != "packets");
    let rate = if bytes { sized(body, "rate", "rate_unit")? } else { whole(body, "rate") };
    let burst = match body.get("burst") {
        Some(_) if bytes => u32::try_from(sized(body, "burst", "burst_unit")?).map_err(|_| Wrong::from("this burst is too large"))?,
        Some(_) => number(body, "burst")?,
        None if bytes => 0,
        None => BURST,
    };
    Ok(Limit { rate, unit, burst, bytes, over: truth(body, "inv") })
}

fn log(body: &Value) -> Result<Log, Wrong> {
    const WARNING: u32 = 4;
    let short = |name: &str| match body.get(name) {
        None => Ok(None),
        Some(value) => {
            let value = value.as_u64().and_then(|value| u16::try_from(value).ok());
            value.map(Some).ok_or_else(|| Wrong(format!("'{name}' is no number of 16 bits")))
        }
    };
    let group = short("group")?;
    let level = match body.get("level").and_then(Value::as_str) {
        None => WARNING,
        Some(word) => {
            let level = symbols::LOG_LEVEL.iter().find(|(name, _)| *name == word).and_then(|(_, level)| u32::try_from(*level).ok());
            level.ok_or_else(|| Wrong(format!("'{word}' is no level of a log")))?
        }
    };
    let known = [("tcp sequence", 1), ("tcp options", 2), ("ip options", 4), ("skuid", 8), ("ether", 32), ("all", 0x2f)];
    let set = flags(body.get("flags"), &known)?;
    Ok(Log {
        prefix: body.get("prefix").and_then(Value::as_str).map(str::to_owned),
        snaplen: body.get("snaplen").map(|_| number(body, "snaplen")).transpose()?,
        queue_threshold: short("queue-threshold")?,
        // What goes to a group has neither level nor flags.
        level: group.is_none().then_some(level),
        flags: (group.is_none() && set > 0).then_some(set),
        group,
    })
}

/// `NF_SYNPROXY_OPT_*` follow from what is there.
pub fn synproxy(body: &Value) -> Result<Synproxy, Wrong> {
    let short = |name: &str| body.get(name).and_then(Value::as_u64);
    let (mss, wscale) = (short("mss"), short("wscale"));
    let given = u32::from(mss.is_some()) | (u32::from(wscale.is_some()) << 1);
    let flags = flags(body.get("flags"), &[("sack-perm", 4), ("timestamp", 8)])?;
    let wrong = || Wrong::from("this is no synproxy");
    Ok(Synproxy {
        mss: u16::try_from(mss.unwrap_or(0)).map_err(|_| wrong())?,
        wscale: u8::try_from(wscale.unwrap_or(0)).map_err(|_| wrong())?,
        flags: flags | given,
    })
}
