//! Keys of one to three fields of every kind, to look up in sets, maps and verdict maps.

use super::network::version;
use super::pool::{DSCP, MARKS, PORT_RANGES, PORTS, TTL, Version};
use super::random::Random;
use super::scope::{Family, Scope};

/// A key: its text in nft's syntax, and values for it of which no two overlap.
#[derive(Debug, Clone)]
pub struct Key {
    pub text: String,
    pub values: Vec<String>,
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

/// A key of several fields, or of one that is not asked for elsewhere.
pub fn key(random: &mut Random, scope: &mut Scope) -> Key {
    let mut fields: Vec<Key> = Vec::new();
    for _ in 0..random.one(&[1, 2, 2, 2, 3]) {
        let next = field(random, scope);
        if fields.iter().all(|field| field.text != next.text) {
            fields.push(next);
        }
    }
    if let [single] = &mut fields[..]
        && random.percent(40)
        && let Some(one) = alone(random, scope)
    {
        *single = one;
    }
    let text = fields.iter().map(|field| field.text.as_str()).collect::<Vec<_>>().join(" . ");
    let (first, others) = fields.split_first().expect("a key has a field");
    let chosen: Vec<&str> = random.some(&first.values.iter().map(String::as_str).collect::<Vec<_>>());
    let mut values = Vec::new();
    for value in chosen.into_iter().take(8) {
        let rest = others.iter().map(|field| field.values[random.below(field.values.len())].as_str());
        values.push(std::iter::once(value).chain(rest).collect::<Vec<_>>().join(" . "));
    }
    Key { text, values }
}

fn marks(random: &mut Random) -> Vec<String> {
    match random.below(3) {
        0 => texts(&["0x0-0x1", "0x2-0xff", "0x100-0x1ff", "0xff00-0xffffffff"]),
        _ => MARKS.iter().map(|mark| format!("{mark:#x}")).collect(),
    }
}

/// One field that may stand beside others.
fn field(random: &mut Random, scope: &mut Scope) -> Key {
    let of = |text: &str, values: Vec<String>| Key { text: text.to_owned(), values };
    let ports = |random: &mut Random| if random.percent(50) { texts(PORTS) } else { texts(PORT_RANGES) };
    match random.below(14) {
        0..=2 => {
            let version = version(random, scope);
            let values =
                if random.percent(70) { texts(version.ranges()) } else { texts(&[version.remote("eth0"), version.own()].concat()) };
            Key { text: format!("{} {}", version.word(), random.pick(&["saddr", "daddr"])), values }
        }
        3..=5 if scope.transport.is_none_or(|protocol| protocol == "tcp" || protocol == "udp") => {
            let protocol = *scope.transport.get_or_insert_with(|| random.one(&["tcp", "udp"]));
            let values = ports(random);
            Key { text: format!("{protocol} {}", random.pick(&["dport", "dport", "sport"])), values }
        }
        6 if scope.transport.is_none() => of("meta l4proto", texts(&["tcp", "udp", "icmp", "icmpv6", "sctp", "47"])),
        7 if scope.only(&["prerouting", "input", "forward", "ingress"]) => of("iifname", texts(&["\"eth0\"", "\"eth1\"", "\"lo\""])),
        7 if scope.only(&["output", "postrouting", "forward"]) => of("oifname", texts(&["\"eth0\"", "\"eth1\"", "\"lo\""])),
        8 if scope.inet() => of("ct state", texts(&["new", "established", "related", "invalid", "untracked"])),
        10 if scope.only(&["prerouting", "input"]) => {
            of("ether saddr", texts(&["02:00:00:00:00:11", "02:00:00:00:00:12", "02:00:00:00:00:13"]))
        }
        12 if scope.family == Family::Inet => of("meta nfproto", texts(&["ipv4", "ipv6"])),
        _ => {
            let values = marks(random);
            of("meta mark", values)
        }
    }
}

/// A field that stands by itself.
fn alone(random: &mut Random, scope: &mut Scope) -> Option<Key> {
    let of = |text: &str, values: Vec<String>| Some(Key { text: text.to_owned(), values });
    // nft 1.0.6 can't list numbers without a type of their own beside others.
    match random.below(13) {
        11 if scope.inet() => of("meta length", texts(&["0-39", "40", "41-60", "61-1500"])),
        12 => {
            let version = version(random, scope);
            of(if version == Version::V4 { "ip ttl" } else { "ip6 hoplimit" }, texts(TTL))
        }
        0 => {
            let version = version(random, scope);
            Some(Key { text: format!("{} dscp", version.word()), values: texts(DSCP) })
        }
        1 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            of("tcp flags", texts(&["syn", "ack", "syn | ack", "rst", "fin | ack", "psh | ack"]))
        }
        2 if scope.transport.is_none() => match version(random, scope) {
            Version::V4 => {
                scope.transport = Some("icmp");
                of("icmp type", texts(&["echo-request", "echo-reply", "destination-unreachable", "12-15"]))
            }
            Version::V6 => {
                scope.transport = Some("icmpv6");
                of("icmpv6 type", texts(&["echo-request", "echo-reply", "destination-unreachable", "3", "136"]))
            }
        },
        3 => of("meta pkttype", texts(&["host", "broadcast", "multicast"])),
        4 if scope.inet() => of("ct direction", texts(&["original", "reply"])),
        5 if scope.inet() => of("ct mark", texts(&["0x0", "0x1", "0x2-0xffff"])),
        6 if scope.inet() => of("fib daddr type", texts(&["local", "unicast", "broadcast", "multicast"])),
        7 if scope.transport.is_none() && version(random, scope) == Version::V6 => {
            of("ip6 nexthdr", texts(&["tcp", "udp", "icmpv6", "44"]))
        }
        8 if scope.transport.is_none() && version(random, scope) == Version::V4 => {
            of("ip protocol", texts(&["tcp", "udp", "icmp", "47-50"]))
        }
        9 if scope.only(&["output"]) => of("meta skuid", texts(&["0", "1-999", "1000"])),
        10 if scope.inet() => {
            of("meta iif", texts(&["\"eth0\"", "\"eth1\"", "\"lo\""])).filter(|_| scope.only(&["prerouting", "input", "forward"]))
        }
        _ => None,
    }
}

/// A match of a key in an anonymous set.
pub fn on_key(random: &mut Random, scope: &mut Scope) -> String {
    let Key { text, values } = key(random, scope);
    format!("{text} {}{{ {} }}", random.pick(&["", "", "!= "]), values.join(", "))
}

/// Something that is set to what a key leads to.
pub fn set_by_key(random: &mut Random, scope: &mut Scope) -> String {
    let Key { text, values } = key(random, scope);
    let (what, data): (&str, Vec<String>) = match random.below(6) {
        0 if scope.inet() => ("ct mark set", texts(MARKS)),
        1 if scope.transport == Some("tcp") => ("tcp dport set", texts(PORTS)),
        _ => ("meta mark set", texts(MARKS)),
    };
    let mut elements: Vec<String> = values.iter().map(|value| format!("{value} : {}", data[random.below(data.len())])).collect();
    if !text.contains(" . ") && random.percent(15) {
        elements.push(format!("* : {}", data[random.below(data.len())]));
    }
    format!("{what} {text} map {{ {} }}", elements.join(", "))
}
