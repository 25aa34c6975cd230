//! Random hosts and lookups from a seed.

use clearway::{
    model::IpVersion,
    network::{PolicyAction, PolicyRule},
};

use crate::lookup::Lookup;

/// A small generator, the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % limit.max(1) as u64).expect("it is below a usize")
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// What a random host is made of: commands of `ip`, sysctls and the same rules as data.
#[derive(Debug, Default)]
pub struct Setting {
    pub commands: Vec<String>,
    pub sysctls: Vec<(String, String)>,
    pub rules: Vec<PolicyRule>,
}

const TABLES: [u32; 4] = [254, 100, 101, 102];

pub fn setting(random: &mut Random, version: IpVersion) -> Setting {
    let mut setting = Setting::default();
    for _ in 0..random.below(40) + 8 {
        setting.commands.push(route(random, version));
    }
    if !random.one_in(4) {
        let mut priorities: Vec<u32> = (0..random.below(9) + 1).map(|at| 100 + 10 * u32::try_from(at).unwrap_or(0)).collect();
        priorities.push(500);
        for (at, priority) in priorities.iter().enumerate() {
            let (command, rule) = rule(random, version, *priority, &priorities[at + 1..]);
            setting.commands.push(command);
            setting.rules.push(rule);
        }
    }
    if version == IpVersion::V4 {
        for interface in ["all", "e0", "e1", "e2"] {
            for (key, values) in
                [("rp_filter", 3), ("accept_local", 2), ("route_localnet", 2), ("src_valid_mark", 2), ("send_redirects", 2)]
            {
                let value = if random.one_in(3) { random.below(values) } else { 0 };
                setting.sysctls.push((format!("net/ipv4/conf/{interface}/{key}"), value.to_string()));
            }
            if interface != "all" {
                setting.sysctls.push((format!("net/ipv4/conf/{interface}/forwarding"), usize::from(!random.one_in(5)).to_string()));
            }
        }
    } else {
        setting.sysctls.push(("net/ipv6/conf/all/forwarding".into(), "1".into()));
    }
    setting
}

fn address(random: &mut Random, version: IpVersion) -> String {
    let hosts = [0, 1, 2, 7, 9, 200, 255];
    match version {
        IpVersion::V4 if random.one_in(24) => {
            random.pick(&["127.0.0.1", "127.3.0.1", "0.0.0.7", "255.255.255.255", "240.1.2.3", "99.0.0.1"]).into()
        }
        IpVersion::V4 => format!("10.{}.{}.{}", random.below(9), random.below(3), random.pick(&hosts)),
        IpVersion::V6 if random.one_in(24) => random.pick(&["2001:db8::1", "fd00::", "::7"]).into(),
        IpVersion::V6 => format!("fd00:{}:{}::{:x}", random.below(9), random.below(3), random.pick(&hosts)),
    }
}

fn prefix(random: &mut Random, version: IpVersion) -> String {
    if random.one_in(12) {
        return if version == IpVersion::V4 { "0.0.0.0/0".into() } else { "::/0".into() };
    }
    let lengths: &[u8] = if version == IpVersion::V4 { &[8, 14, 16, 16, 24, 24, 31, 32] } else { &[16, 32, 32, 48, 48, 64, 127, 128] };
    let length = random.pick(lengths);
    let net: ipnet::IpNet = format!("{}/{length}", address(random, version)).parse().expect("a prefix");
    net.trunc().to_string()
}

fn route(random: &mut Random, version: IpVersion) -> String {
    let gateway = |interface: usize| match version {
        IpVersion::V4 => format!("via 10.{interface}.0.2 dev e{interface}"),
        IpVersion::V6 => format!("via fd00:{interface}:0::2 dev e{interface}"),
    };
    let kind = random.below(12);
    let interface = random.below(3);
    let destination = prefix(random, version);
    let (before, mut after) = match kind {
        0 => ("blackhole ", String::new()),
        1 => ("unreachable ", String::new()),
        2 => ("prohibit ", String::new()),
        3 => ("throw ", String::new()),
        4 => ("local ", "dev lo".into()),
        // One nexthop is dead once e3 goes down.
        5 | 6 => ("", format!("nexthop {} nexthop {}", gateway(interface), gateway(3))),
        7 | 8 => ("", format!("dev e{}", random.below(4))),
        _ => ("", gateway(interface)),
    };
    let table = random.pick(&TABLES);
    let metric = if random.one_in(3) { format!(" metric {}", random.below(5) + 1) } else { String::new() };
    let tos = if version == IpVersion::V4 && random.one_in(6) { " tos 0x10" } else { "" };
    let from = if version == IpVersion::V6 && random.one_in(6) { format!(" from {}", prefix(random, version)) } else { String::new() };
    if kind == 4 && random.one_in(2) {
        after.push_str(" table 255");
    } else {
        after = format!("table {table} {after}");
    }
    format!("route add {before}{destination}{from}{tos}{metric} {after}")
}

fn rule(random: &mut Random, version: IpVersion, priority: u32, later: &[u32]) -> (String, PolicyRule) {
    let mut rule = PolicyRule {
        ip_version: if version == IpVersion::V4 { 4 } else { 6 },
        priority,
        invert: random.one_in(8),
        source: None,
        destination: None,
        tos: 0,
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
        action: PolicyAction::Table(random.pick(&TABLES)),
        opaque: Vec::new(),
    };
    let mut words = vec![format!("rule add priority {priority}")];
    if rule.invert {
        words.push("not".into());
    }
    for _ in 0..random.below(3) {
        match random.below(9) {
            0 => rule.source = prefix(random, version).parse().ok(),
            1 => rule.destination = prefix(random, version).parse().ok(),
            2 => rule.iif = Some(random.pick(&["e0", "e1", "lo", "none0"]).into()),
            3 => rule.mark = Some(random.pick(&[(1, 0xffff_ffff), (1, 1), (0, 2)])),
            4 => rule.tos = 0x10,
            5 => rule.protocol = Some(random.pick(&[6, 17])),
            6 => rule.source_ports = Some(random.pick(&[(1000, 2000), (53, 53)])),
            7 => rule.destination_ports = Some(random.pick(&[(80, 80), (1, 1023)])),
            _ => rule.uids = Some(random.pick(&[(0, 0), (7, 1000)])),
        }
    }
    let text = |net: ipnet::IpNet| net.to_string();
    words.extend(rule.source.map(|net| format!("from {}", text(net))));
    words.extend(rule.destination.map(|net| format!("to {}", text(net))));
    words.extend(rule.iif.as_ref().map(|name| format!("iif {name}")));
    words.extend(rule.mark.map(|(value, mask)| format!("fwmark {value}/{mask:#x}")));
    words.extend((rule.tos != 0).then(|| "tos 0x10".to_owned()));
    words.extend(rule.protocol.map(|protocol| format!("ipproto {protocol}")));
    words.extend(rule.source_ports.map(|(low, high)| format!("sport {low}-{high}")));
    words.extend(rule.destination_ports.map(|(low, high)| format!("dport {low}-{high}")));
    words.extend(rule.uids.map(|(low, high)| format!("uidrange {low}-{high}")));
    match random.below(10) {
        0 => rule.action = PolicyAction::Blackhole,
        1 => rule.action = PolicyAction::Unreachable,
        2 => rule.action = PolicyAction::Prohibit,
        3 if !later.is_empty() => rule.action = PolicyAction::Goto(random.pick(later)),
        4 => rule.suppress_prefix_length = Some(random.pick(&[0, 8, 16])),
        _ => {}
    }
    words.push(match rule.action {
        PolicyAction::Table(table) => format!("table {table}"),
        PolicyAction::Goto(target) => format!("goto {target}"),
        PolicyAction::Blackhole => "blackhole".into(),
        PolicyAction::Unreachable => "unreachable".into(),
        _ => "prohibit".into(),
    });
    words.extend(rule.suppress_prefix_length.map(|length| format!("suppress_prefixlength {length}")));
    (words.join(" "), rule)
}

pub fn lookup(random: &mut Random, version: IpVersion) -> Lookup {
    let incoming = (!random.one_in(4)).then(|| random.below(3));
    let own = match version {
        IpVersion::V4 => ["10.0.0.1", "10.1.0.1", "10.2.0.9"],
        IpVersion::V6 => ["fd00:0:0::1", "fd00:1:0::1", "fd00:2:0::1"],
    };
    let source = match incoming {
        Some(_) => Some(address(random, version)),
        None => (!random.one_in(3)).then(|| random.pick(&own).to_owned()),
    };
    let mut destination = address(random, version);
    // By which interface a broadcast leaves is the sender's choice: not modelled, and said so.
    while incoming.is_none() && destination == "255.255.255.255" {
        destination = address(random, version);
    }
    Lookup {
        destination,
        source,
        incoming,
        mark: random.pick(&[0, 0, 1, 2, 3]),
        tos: random.pick(&[0, 0x10]),
        protocol: random.pick(&[6, 17]),
        ports: (random.pick(&[53, 1500, 40000]), random.pick(&[80, 443, 8080])),
        uid: if incoming.is_some() { 0 } else { random.pick(&[0, 7, 1000, 1001]) },
    }
}
