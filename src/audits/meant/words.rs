//! Why a rule does not help, in words.

use super::{
    Meant, Why,
    packets::{Moment, Packets},
    walk::{Asked, Difference},
};
use crate::{
    audits::judge::Judged,
    model::{Field, Hook, IpVersion, RuleId, Values},
    packets::value::{Words, addresses},
    site::Site,
};

/// More ranges than this are told by the first ones.
const MOST_RANGES: usize = 4;

/// The rule and what keeps it from helping, in one sentence.
pub fn because(site: &Site, judged: &Judged, meant: &Meant) -> String {
    format!("{} {}", place(site, meant.version, meant.rule), sentence(site, judged, meant))
}

/// What keeps the rule from helping.
fn sentence(site: &Site, judged: &Judged, meant: &Meant) -> String {
    let part = if meant.partly { "a part of it" } else { "it" };
    match &meant.why {
        Why::Late => format!("accepts {part}, but stands after the rule that stops it"),
        Why::LaterChain => format!("accepts {part}, but in a base chain that runs after the one that stops it, and a drop is final"),
        Why::Elsewhere(hook) => {
            format!("would accept {part}, but stands in {}, where these packets never pass", name(*hook))
        }
        Why::OtherVersion => match judged.version {
            IpVersion::V4 => format!("would accept {part}, but is for IPv6 alone"),
            IpVersion::V6 => format!("would accept {part}, but is for IPv4 alone"),
        },
        Why::Detached => format!("would accept {part}, but no rule leads to its chain"),
        Why::Translated(difference) => {
            let (asked, own) = both(site, judged, meant, difference);
            let field = field(difference.field);
            format!("asks for {field} {asked}, which they had before their destination was translated; here it is {own}")
        }
        Why::Lacks(difference) => {
            let (asked, own) = both(site, judged, meant, difference);
            let other = match difference.rule == meant.rule {
                true => String::new(),
                false => format!(" (so {})", place(site, judged.version, difference.rule)),
            };
            format!("would accept {part}, but for the {}: it asks for {asked}{other}, these packets have {own}", field(difference.field))
        }
    }
}

/// A rule: where it stands, and its text.
pub fn place(site: &Site, version: IpVersion, rule: RuleId) -> String {
    let text = site.rule_text(version, rule);
    let chain = site.chain(version, rule.chain);
    let chain = chain.map_or_else(String::new, |chain| format!("{} {} {}", chain.family, chain.table, chain.name));
    format!("{chain}, rule {} ({text})", rule.index + 1)
}

/// What a rule asks for, and what the packets have.
fn both(site: &Site, judged: &Judged, meant: &Meant, difference: &Difference) -> (String, String) {
    let (leg, index) = meant.piece;
    let host = &site.lowered(judged.version).host;
    let words = Words { version: judged.version, interfaces: &host.interfaces };
    let own = judged.piece(leg, index).and_then(|piece| Packets::new(piece, judged.version).values(difference.field, Moment::Now));
    let own = own.map_or_else(|| "another".into(), |own| values(words, difference.field, &own));
    let asked = match &difference.asked {
        Asked::Values(asked) => values(words, difference.field, asked),
        Asked::Set(set) => host.sets.get(set.0 as usize).map_or_else(|| "a set".into(), |set| format!("an element of set {}", set.name)),
    };
    (asked, own)
}

/// The values of a field, in the operator's words.
fn values(words: Words<'_>, field: Field, values: &Values) -> String {
    if values.is_all() {
        return "any".into();
    }
    if let Some(others) = Some(values.complement()).filter(|others| values.ranges(MOST_RANGES).is_none() || is_shorter(others, values)) {
        return format!("all but {}", list(words, field, &others));
    }
    list(words, field, values)
}

fn is_shorter(others: &Values, values: &Values) -> bool {
    matches!((others.ranges(MOST_RANGES), values.ranges(MOST_RANGES)), (Some(others), Some(values)) if others.len() < values.len())
}

fn list(words: Words<'_>, field: Field, values: &Values) -> String {
    if matches!(field, Field::InInterface | Field::OutInterface) {
        let named = words.interfaces.iter().filter(|each| values.contains(u128::from(each.index)));
        let none = values.contains(0).then_some("none");
        return named.map(|each| each.name.as_str()).chain(none).collect::<Vec<_>>().join(", ");
    }
    if let Some(members) = field.members() {
        let held = members.iter().filter(|member| values.contains(**member));
        return held.map(|member| words.value(field, *member)).collect::<Vec<_>>().join(", ");
    }
    let range = |(low, high): (u128, u128)| match field {
        _ if low == high => words.value(field, low),
        Field::Source | Field::Destination => addresses(words.version, low, high),
        _ => format!("{low}-{high}"),
    };
    match values.ranges(256) {
        Some(ranges) if ranges.len() <= MOST_RANGES => ranges.into_iter().map(range).collect::<Vec<_>>().join(", "),
        Some(ranges) => {
            let first: Vec<_> = ranges.iter().take(MOST_RANGES).copied().map(range).collect();
            format!("{} and {} more", first.join(", "), ranges.len() - MOST_RANGES)
        }
        None => "many".into(),
    }
}

/// How operators call a field.
pub const fn field(field: Field) -> &'static str {
    match field {
        Field::Source => "source address",
        Field::Destination => "destination address",
        Field::SourcePort => "source port",
        Field::DestinationPort => "destination port",
        Field::Protocol => "protocol",
        Field::InInterface => "incoming interface",
        Field::OutInterface => "outgoing interface",
        Field::CtState => "connection state",
        Field::Uid => "user",
        Field::Gid => "group",
        other => other.name(),
    }
}

/// What the chains of a hook are called.
const fn name(hook: Hook) -> &'static str {
    match hook {
        Hook::Input => "INPUT, for what this host itself takes",
        Hook::Forward => "FORWARD, for what goes through this host",
        Hook::Output => "OUTPUT, for what this host itself sends",
        _ => "another hook",
    }
}
