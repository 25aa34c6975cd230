//! Header sets as JSON: one object a box, under the keys of a packet.

use serde_json::{Map, Value};

use crate::{
    gateway::expression::Protocol,
    model::{Field, IpVersion, Side, Values, set::Keeper},
    packets::value::{self, Words},
    simulate::undecided::{Member, Undecideds},
    site::Site,
};

/// More than the kernel's sets hold in practice.
const MOST_INTERVALS: usize = 10_000_000;

/// A box of a header set: its constrained fields.
pub type Cuboid = [Side];

/// Writes boxes.
pub struct Spaces<'a> {
    pub site: &'a Site,
    pub version: IpVersion,
    /// What the fields that stand for sets and conditions mean.
    pub undecided: &'a Undecideds,
}

impl Spaces<'_> {
    /// A box as objects: several where an ICMP type decides which codes are in it.
    #[must_use]
    pub fn objects(&self, cuboid: &Cuboid) -> Vec<Map<String, Value>> {
        let icmp = cuboid.iter().any(|(field, values)| *field == Field::Protocol && is_icmp(values));
        let mut object = Map::new();
        let mut kinds = vec![Map::new()];
        for (field, values) in cuboid {
            match field {
                Field::SourcePort if icmp => kinds = icmp_kinds(values),
                Field::Member(_) => {}
                // A condition is told beside the space; "no fragment" is what every flow starts with.
                Field::Choice(_) | Field::Register(_) => {}
                Field::IpFlags if **values == Values::masked(3, 1, 0) => {}
                Field::FragmentOffset if values.single() == Some(0) => {}
                Field::OutInterface if values.single() == Some(0) => {}
                Field::InInterface if values.single() == Some(0) => {}
                Field::Transport(offset) => {
                    object.insert(format!("transport_{offset}"), self.values(*field, values));
                }
                _ => {
                    object.insert(field.name().to_owned(), self.values(*field, values));
                }
            }
        }
        for (field, values) in cuboid {
            if let Field::Member(number) = field {
                self.member(&mut object, *number, values);
            }
        }
        kinds.into_iter().map(|kind| object.iter().map(|(key, value)| (key.clone(), value.clone())).chain(kind).collect()).collect()
    }

    /// The values of one field: a string, or an array of strings where they are several intervals.
    #[must_use]
    pub fn values(&self, field: Field, values: &Values) -> Value {
        let mut words = self.words(field, values);
        match words.len() {
            1 => Value::String(words.swap_remove(0)),
            _ => words.into(),
        }
    }

    /// The values of one field, each in the operator's syntax.
    #[must_use]
    pub fn words(&self, field: Field, values: &Values) -> Vec<String> {
        let host = &self.site.lowered(self.version).host;
        let words = Words { version: self.version, interfaces: &host.interfaces };
        let masked = |(mask, value)| vec![format!("mask:{}={}", words.value(field, mask), words.value(field, value))];
        if field == Field::TcpFlags
            && values.single().is_none()
            && let Some(mask) = values.as_mask()
        {
            return masked(mask);
        }
        let intervals =
            |ranges: Vec<(u128, u128)>| ranges.into_iter().flat_map(|range| self.range(words, field, range)).collect::<Vec<String>>();
        if let Some(ranges) = values.ranges(FEW_INTERVALS) {
            return intervals(ranges);
        }
        if let Some(mask) = values.as_mask() {
            return masked(mask);
        }
        if let Some(ranges) = values.ranges(MANY_INTERVALS) {
            return intervals(ranges);
        }
        match values.may_be_of_masks(MOST_NODES).then(|| masks(values)).flatten() {
            Some(masks) => masks.into_iter().flat_map(masked).collect(),
            None => values.ranges(MOST_INTERVALS).map_or_else(|| vec![format!("more than {MOST_INTERVALS} intervals")], intervals),
        }
    }

    /// One interval: prefixes for addresses that are few of them, names where values have names.
    fn range(&self, words: Words<'_>, field: Field, (low, high): (u128, u128)) -> Vec<String> {
        let named = matches!(field, Field::InInterface | Field::OutInterface | Field::TcpFlags | Field::CtState | Field::Protocol);
        if low == high {
            return vec![words.value(field, low)];
        }
        if named && high - low < 256 {
            let host = &self.site.lowered(self.version).host;
            let interface = matches!(field, Field::InInterface | Field::OutInterface);
            let real = |value: &u128| !interface || host.interfaces.iter().any(|each| u128::from(each.index) == *value);
            return (low..=high).filter(real).map(|value| words.value(field, value)).collect();
        }
        if matches!(field, Field::Source | Field::Destination | Field::CtOriginalSource | Field::CtOriginalDestination) {
            return vec![value::addresses(self.version, low, high)];
        }
        vec![format!("{low}-{high}")]
    }

    /// Membership in a set that is too big to hold, under the fields that are looked up in it. Where they are constrained besides, both hold.
    fn member(&self, object: &mut Map<String, Value>, number: u32, values: &Values) {
        let Some(member) = self.undecided.membership(number) else { return };
        let inside = values.single() == Some(1);
        let name = format!("{}{}", if inside { "" } else { "!" }, self.set_name(member));
        let fields: Vec<&str> = member.key.iter().flat_map(crate::model::Bits::fields).map(Field::name).collect();
        let both = |one: &Value| Value::String(format!("{} & {name}", one.as_str().unwrap_or_default()));
        let value = match object.get(&fields.join(" . ")) {
            None => name.clone().into(),
            Some(Value::Array(list)) => list.iter().map(both).collect(),
            Some(one) => both(one),
        };
        object.insert(fields.join(" . "), value);
    }

    /// `@inet filter blocklist`.
    #[must_use]
    pub fn set_name(&self, member: &Member) -> String {
        let sets = &self.site.lowered(self.version).host.sets;
        sets.get(member.set.0 as usize).map_or_else(String::new, |set| match set.keeper {
            Keeper::NfTables => format!("@{} {} {}", family_name(set.family), set.table, set.name),
            Keeper::Ipset { .. } => format!("@ipset {}", set.name),
        })
    }
}

/// Beyond so many intervals a mask reads better.
const FEW_INTERVALS: usize = 16;

/// Beyond so many intervals a few masks read better.
const MANY_INTERVALS: usize = 2_000;

/// More masks than this are no better than intervals.
const MOST_MASKS: usize = 512;

/// A diagram of more nodes than this is not searched for masks: each of the cuts goes through all of it.
const MOST_NODES: usize = 4096;

/// Disjoint masks that make up a set. It is cut bit by bit: at a bit that leaves nothing or one mask on a side, else at the highest one.
fn masks(values: &Values) -> Option<Vec<(u128, u128)>> {
    let width = values.width();
    let simple = |part: &Values| part.is_empty() || part.as_mask().is_some();
    let mut masks = Vec::new();
    let mut open = vec![(0_u128, 0_u128)];
    while let Some((mask, value)) = open.pop() {
        let part = |mask, value| values.and(&Values::masked(width, mask, value));
        let within = part(mask, value);
        if within.is_empty() {
            continue;
        }
        if let Some(found) = within.as_mask() {
            masks.push(found);
            continue;
        }
        let bits = (0..width).rev().map(|bit| 1_u128 << bit).filter(|bit| mask & bit == 0);
        let telling = bits.clone().find(|bit| simple(&part(mask | bit, value)) || simple(&part(mask | bit, value | bit)));
        let bit = telling.or_else(|| bits.clone().next())?;
        open.push((mask | bit, value | bit));
        open.push((mask | bit, value));
        if masks.len() + open.len() > MOST_MASKS {
            return None;
        }
    }
    Some(masks)
}

/// nft's word for an `NFPROTO_*`.
#[must_use]
pub const fn family_name(family: u8) -> &'static str {
    match family {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        _ => "?",
    }
}

fn is_icmp(protocols: &Values) -> bool {
    protocols.single().and_then(|number| u8::try_from(number).ok()).is_some_and(|number| Protocol(number).is_icmp())
}

/// First and last ICMP type, and the ranges of codes.
type IcmpKinds = (u128, u128, Vec<(u128, u128)>);

/// The first two bytes of an ICMP header as type and code, one object for each run of types with the same codes.
fn icmp_kinds(values: &Values) -> Vec<Map<String, Value>> {
    let mut kinds: Vec<IcmpKinds> = Vec::new();
    for (low, high) in values.ranges(MOST_INTERVALS).unwrap_or_default() {
        for kind in low >> 8..=high >> 8 {
            let codes = (low.max(kind << 8) & 0xff, high.min(kind << 8 | 0xff) & 0xff);
            match kinds.last_mut() {
                Some((_, last, of)) if *last == kind => of.push(codes),
                _ => kinds.push((kind, kind, vec![codes])),
            }
        }
    }
    let mut runs: Vec<IcmpKinds> = Vec::new();
    for (first, last, codes) in kinds {
        match runs.last_mut() {
            Some((_, end, of)) if *end + 1 == first && *of == codes => *end = last,
            _ => runs.push((first, last, codes)),
        }
    }
    let interval = |(low, high): (u128, u128)| if low == high { low.to_string() } else { format!("{low}-{high}") };
    let object = |(first, last, codes): IcmpKinds| {
        let mut object = Map::new();
        if (first, last) != (0, 255) {
            object.insert("icmp_type".into(), interval((first, last)).into());
        }
        match codes.as_slice() {
            [(0, 255)] => {}
            [one] => _ = object.insert("icmp_code".into(), interval(*one).into()),
            several => _ = object.insert("icmp_code".into(), several.iter().copied().map(interval).collect::<Vec<_>>().into()),
        }
        object
    };
    runs.into_iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_is_a_prefix_is_written_as_one() {
        assert_eq!(value::addresses(IpVersion::V4, 0x0a00_0000, 0x0aff_ffff), "10.0.0.0/8");
        assert_eq!(value::addresses(IpVersion::V4, 0, 0xffff_ffff), "0.0.0.0/0");
        assert_eq!(value::addresses(IpVersion::V4, 0x0a00_0001, 0x0a00_0002), "10.0.0.1-10.0.0.2");
        assert_eq!(value::addresses(IpVersion::V6, 0, u128::MAX), "::/0");
    }

    #[test]
    fn a_mask_within_prefixes_is_told_by_masks() {
        let odd = Values::masked(32, 1, 1);
        let without = odd.minus(&Values::range(32, 0, 0x7fff_ffff));
        assert_eq!(masks(&without), Some(vec![(0x8000_0001, 0x8000_0001)]));
        let mut expected = Values::none(32);
        let scattered = Values::masked(32, 3, 1).complement().minus(&Values::range(32, 0xcb00_7100, 0xcb00_71ff));
        let told = masks(&scattered).expect("few masks");
        for (mask, value) in &told {
            let one = Values::masked(32, *mask, *value);
            assert!(expected.and(&one).is_empty(), "disjoint");
            expected = expected.or(&one);
        }
        assert_eq!(expected, scattered);
        assert!(told.len() < 60, "{}", told.len());
    }

    #[test]
    fn icmp_types_with_the_same_codes_are_one_run() {
        let kinds = icmp_kinds(&Values::from_ranges(16, [(0, 0x02ff), (0x0801, 0x0802)]));
        let json = serde_json::to_string(&kinds).expect("maps of strings");
        assert_eq!(json, r#"[{"icmp_type":"0-2"},{"icmp_code":"1-2","icmp_type":"8"}]"#);
    }
}
