//! What random rules do.

use super::{matches::addresses, ruleset::Place};
use crate::generate::{Random, pool::MARKS};
use crate::lab::iptables::Version;

/// A target that its table and chains allow; may be none.
pub fn target(random: &mut Random, place: &Place) -> String {
    let only = |wanted: &[&str]| place.hooks.iter().all(|hook| wanted.contains(hook));
    if !place.below.is_empty() && random.percent(25) {
        let chain = &place.below[random.below(place.below.len())];
        return format!("{} {chain}", random.pick(&["-j", "-j", "-g"]));
    }
    let mark = random.one(MARKS);
    match random.below(20) {
        0..=2 => String::new(),
        3..=5 => "-j ACCEPT".to_owned(),
        6..=8 if place.table != "nat" => "-j DROP".to_owned(),
        9 | 10 => "-j RETURN".to_owned(),
        11 | 12 if place.table == "mangle" => match random.below(6) {
            0 => format!("-j MARK --set-mark {mark:#x}"),
            1 => format!("-j MARK --set-xmark {mark:#x}/0xff00"),
            2 => format!("-j MARK --and-mark {mark:#x}"),
            3 => format!("-j MARK --or-mark {mark:#x}"),
            4 => format!("-j DSCP --set-dscp {}", random.one(&[0, 8, 46])),
            _ => format!("-j TOS --set-tos {}", random.pick(&["0x10", "0x08/0xfc"])),
        },
        11..=14 => match random.below(5) {
            0 => format!("-j MARK --set-mark {mark:#x}"),
            1 => format!("-j CONNMARK --set-mark {mark:#x}"),
            2 => "-j CONNMARK --save-mark".to_owned(),
            3 => "-j CONNMARK --restore-mark --mask 0xff".to_owned(),
            _ => "-j LOG --log-prefix \"seen \"".to_owned(),
        },
        15 | 16 if place.table == "raw" => "-j CT --notrack".to_owned(),
        15 | 16 if place.table == "filter" => reject(random, place),
        16 if place.table == "mangle" && only(&["PREROUTING"]) && matches!(place.protocol, Some("tcp" | "udp")) => {
            format!("-j TPROXY --on-port 1 --tproxy-mark {mark:#x}")
        }
        17 if place.table != "nat" => {
            let set = if place.version == Version::V4 { "learned4" } else { "learned6" };
            format!("-j SET --{} {set} {}", random.pick(&["add-set", "del-set"]), random.pick(&["src", "dst"]))
        }
        15 if place.table == "mangle" => match place.version {
            Version::V4 => random.pick(&["-j TTL --ttl-set 9", "-j TTL --ttl-inc 1"]).to_owned(),
            Version::V6 => random.pick(&["-j HL --hl-set 9", "-j HL --hl-dec 1"]).to_owned(),
        },
        6..=8 | 15..=19 if place.table == "nat" && only(&["PREROUTING", "OUTPUT"]) => destination(random, place),
        6..=8 | 15..=19 if place.table == "nat" && only(&["POSTROUTING", "INPUT"]) => source(random, place),
        _ => "-j ACCEPT".to_owned(),
    }
}

fn reject(random: &mut Random, place: &Place) -> String {
    let kinds: &[&str] = match place.version {
        Version::V4 => &["icmp-port-unreachable", "icmp-admin-prohibited", "icmp-host-unreachable"],
        Version::V6 => &["icmp6-port-unreachable", "icmp6-adm-prohibited", "icmp6-no-route"],
    };
    match place.protocol {
        Some("tcp") if random.percent(40) => "-j REJECT --reject-with tcp-reset".to_owned(),
        _ => format!("-j REJECT --reject-with {}", random.pick(kinds)),
    }
}

/// Ports need a protocol that has them.
fn with_port(random: &mut Random, place: &Place, address: &str) -> String {
    match (place.protocol, place.version) {
        (Some("tcp" | "udp"), Version::V4) if random.percent(40) => format!("{address}:8080"),
        (Some("tcp" | "udp"), Version::V6) if random.percent(40) => format!("[{address}]:8080"),
        _ => address.to_owned(),
    }
}

fn destination(random: &mut Random, place: &Place) -> String {
    let pool = addresses(place.version);
    if random.percent(15) {
        return netmap(random, place, &["10.2.0.0/24", "10.3.0.0/28"], &["fd00:2::/64", "fd00:3::/120"]);
    }
    let to = if random.percent(50) { random.pick(pool.remote("eth1")) } else { random.pick(pool.own()) };
    match (place.protocol, random.below(4)) {
        (Some("tcp" | "udp"), 0) => "-j REDIRECT --to-ports 8443".to_owned(),
        (_, 0) => "-j REDIRECT".to_owned(),
        _ => format!("-j DNAT --to-destination {}", with_port(random, place, to)),
    }
}

fn netmap(random: &mut Random, place: &Place, four: &[&'static str], six: &[&'static str]) -> String {
    format!("-j NETMAP --to {}", random.pick(if place.version == Version::V4 { four } else { six }))
}

fn source(random: &mut Random, place: &Place) -> String {
    if random.percent(30) && place.hooks == ["POSTROUTING"] {
        return "-j MASQUERADE".to_owned();
    }
    if random.percent(15) {
        return netmap(random, place, &["10.2.0.0/24", "10.2.0.0/28"], &["fd00:2::/64", "fd00:2::/120"]);
    }
    let to = random.pick(addresses(place.version).own());
    format!("-j SNAT --to-source {}", with_port(random, place, to))
}
