//! A network namespace with four links, filled with routes and asked with `ip route get`.

use std::{
    collections::BTreeMap,
    io::Write as _,
    net::IpAddr,
    process::{Command, Output, Stdio},
};

use clearway::{
    lower::{self, Rules},
    model::{Host, IpVersion},
    network::{Address, Link, Network, Nexthop, PolicyAction, PolicyRule, Route, RouteKind},
    ruleset::nft::Ruleset,
    snapshot::Snapshot,
};
use serde_json::Value;

use crate::{generate::Setting, lookup::Lookup};

pub struct Lab {
    name: String,
    links: Vec<Link>,
}

impl Lab {
    pub fn build(name: &str) -> Result<Self, String> {
        let name = format!("routing-{}-{name}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output().map_err(|error| error.to_string())?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).trim().to_owned());
        }
        let mut lab = Self { name, links: Vec::new() };
        let mut commands = vec!["link set lo up".to_owned()];
        for number in 0..4 {
            commands.push(format!("link add e{number} type veth peer name p{number}"));
            commands.push(format!("link set e{number} up"));
            commands.push(format!("link set p{number} up"));
            commands.push(format!("addr add 10.{number}.0.1/24 brd + dev e{number}"));
            commands.push(format!("addr add fd00:{number}:0::1/64 dev e{number} nodad"));
        }
        commands.push("addr add 10.2.0.9/24 dev e2".into());
        let output = lab.batch(&commands, None);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        lab.links = lab.read_links();
        Ok(lab)
    }

    /// Makes the namespace so, and gives its model.
    pub fn set_up(&self, setting: &Setting, version: IpVersion) -> Host {
        // A route that the kernel refuses (a duplicate) is none for us either: routes are read back.
        let refused = self.batch(&setting.commands, Some(version));
        for line in String::from_utf8_lossy(&refused.stderr).lines().filter_map(|line| line.strip_prefix("Command failed -:")) {
            let at: usize = line.trim().parse().expect("a line number");
            assert!(!setting.commands[at - 1].starts_with("rule"), "refused: {}", setting.commands[at - 1]);
        }
        self.batch(&["link set e3 down".into()], None);
        for (path, value) in &setting.sysctls {
            self.inside("sh", &["-c", &format!("echo {value} > /proc/sys/{path}")]);
        }
        let network = self.network(setting, version);
        let snapshot = Snapshot { sysctls: self.sysctls(version), ..Snapshot::default() };
        lower::host(
            Rules { nft: &Ruleset::default(), xtables: &clearway::ruleset::xtables::Ruleset::default(), ipsets: &Default::default() },
            &network,
            &snapshot,
            version,
        )
        .host
    }

    /// What the kernel says to each.
    pub fn ask(&self, lookups: &[Lookup], version: IpVersion) -> Vec<(String, Option<IpAddr>)> {
        let commands: Vec<String> = lookups.iter().map(|lookup| lookup.command(version)).collect();
        let output = self.batch(&commands, Some(version));
        let mut failed = BTreeMap::new();
        let mut error = String::new();
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            if let Some(number) = line.strip_prefix("Command failed -:") {
                failed.insert(number.trim().parse::<usize>().expect("a line number"), std::mem::take(&mut error));
            } else {
                line.clone_into(&mut error);
            }
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut found = text.lines().filter(|line| !line.trim().is_empty()).map(|line| (told(line), source(line)));
        let answers = (1..=commands.len()).map(|number| match failed.get(&number) {
            Some(error) => (named(error), None),
            None => found.next().unwrap_or_else(|| ("nothing".into(), None)),
        });
        answers.collect()
    }

    pub fn index(&self, name: &str) -> u32 {
        self.links.iter().find(|link| link.name == name).map_or(0, |link| link.index)
    }

    pub fn name(&self, index: u32) -> &str {
        self.links.iter().find(|link| link.index == index).map_or("?", |link| &link.name)
    }

    fn network(&self, setting: &Setting, version: IpVersion) -> Network {
        let mut rules = vec![default_rule(version, 0, 255)];
        rules.extend(setting.rules.iter().cloned());
        rules.push(default_rule(version, 32766, 254));
        if version == IpVersion::V4 {
            rules.push(default_rule(version, 32767, 253));
        }
        let routes = self.json(&["route", "show", "table", "all"], version).iter().map(|route| self.route(route, version)).collect();
        let addresses = self.json(&["addr", "show"], version).iter().flat_map(|link| self.addresses(link)).collect();
        Network { links: self.links.clone(), addresses, routes, rules, ..Network::default() }
    }

    fn route(&self, route: &Value, version: IpVersion) -> Route {
        let text = |key: &str| route[key].as_str();
        let any = if version == IpVersion::V4 { "0.0.0.0/0" } else { "::/0" };
        let net = |text: &str| match text {
            "default" | "all" => any.parse().ok(),
            _ => text.parse().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.into())),
        };
        let dead = |of: &Value| of["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == "dead"));
        let hop = |of: &Value| Nexthop {
            link: of["dev"].as_str().map_or(0, |name| self.index(name)),
            gateway: of["gateway"].as_str().and_then(|gateway| gateway.parse().ok()),
            weight: 1,
            dead: dead(of),
        };
        let nexthops = route["nexthops"].as_array().map_or_else(|| vec![hop(route)], |hops| hops.iter().map(hop).collect());
        Route {
            table: match text("table") {
                None | Some("main") => 254,
                Some("local") => 255,
                Some("default") => 253,
                Some(number) => number.parse().expect("a table"),
            },
            kind: match text("type") {
                None | Some("unicast") => RouteKind::Unicast,
                Some("local") => RouteKind::Local,
                Some("broadcast") => RouteKind::Broadcast,
                Some("anycast") => RouteKind::Anycast,
                Some("multicast") => RouteKind::Multicast,
                Some("blackhole") => RouteKind::Blackhole,
                Some("unreachable") => RouteKind::Unreachable,
                Some("prohibit") => RouteKind::Prohibit,
                Some("throw") => RouteKind::Throw,
                Some(other) => panic!("a route of type {other}"),
            },
            destination: text("dst").and_then(net).expect("a destination"),
            source: text("from").and_then(net),
            tos: text("tos").map_or(0, |tos| u8::from_str_radix(tos.trim_start_matches("0x"), 16).expect("a TOS")),
            metric: route["metric"].as_u64().and_then(|metric| u32::try_from(metric).ok()).unwrap_or(0),
            scope: 0,
            preferred_source: text("prefsrc").and_then(|source| source.parse().ok()),
            nexthops,
            opaque: Vec::new(),
        }
    }

    fn addresses(&self, link: &Value) -> Vec<Address> {
        let index = link["ifname"].as_str().map_or(0, |name| self.index(name));
        let infos = link["addr_info"].as_array().cloned().unwrap_or_default();
        let address = |info: &Value| {
            let local = format!("{}/{}", info["local"].as_str()?, info["prefixlen"]).parse().ok()?;
            Some(Address { link: index, local, peer: None, broadcast: None, scope: 0, flags: 0 })
        };
        infos.iter().filter_map(address).collect()
    }

    fn read_links(&self) -> Vec<Link> {
        let links = self.json(&["link", "show"], IpVersion::V4);
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        let link = |of: &Value| {
            let name = of["ifname"].as_str().unwrap_or_default().to_owned();
            Link { index: number(&of["ifindex"]), loopback: name == "lo", name, up: true, mtu: number(&of["mtu"]), ..Link::default() }
        };
        links.iter().map(link).collect()
    }

    fn sysctls(&self, version: IpVersion) -> BTreeMap<String, String> {
        let folder = if version == IpVersion::V4 { "ipv4" } else { "ipv6" };
        let output = self.inside("sh", &["-c", &format!("grep -rs . /proc/sys/net/{folder}/conf")]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let pairs = text.lines().filter_map(|line| line.strip_prefix("/proc/sys/")?.split_once(':'));
        pairs.map(|(path, value)| (path.to_owned(), value.to_owned())).collect()
    }

    fn json(&self, words: &[&str], version: IpVersion) -> Vec<Value> {
        let output = Command::new("ip").args(["-n", &self.name, "-j", family(version)]).args(words).output().expect("ip runs");
        serde_json::from_slice(&output.stdout).expect("ip writes JSON")
    }

    fn batch(&self, commands: &[String], version: Option<IpVersion>) -> Output {
        let mut child = Command::new("ip")
            .args(["-n", &self.name, "-j"])
            .args(version.map(family))
            .args(["-force", "-batch", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ip runs");
        let text = commands.join("\n") + "\n";
        let mut input = child.stdin.take().expect("it is piped");
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("ip ends");
        writer.join().expect("the writer ends").expect("ip reads");
        output
    }

    fn inside(&self, program: &str, words: &[&str]) -> Output {
        Command::new("ip").args(["netns", "exec", &self.name, program]).args(words).output().expect("ip runs")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let removed = Command::new("ip").args(["netns", "del", &self.name]).status();
        drop(removed);
    }
}

fn family(version: IpVersion) -> &'static str {
    match version {
        IpVersion::V4 => "-4",
        IpVersion::V6 => "-6",
    }
}

/// A found route in short.
fn told(line: &str) -> String {
    let answer: Value = serde_json::from_str(line).expect("ip writes JSON");
    let route = &answer[0];
    let device = route["dev"].as_str().unwrap_or("?");
    match route["type"].as_str().unwrap_or("unicast") {
        "local" | "anycast" => "local".into(),
        "broadcast" if device == "lo" || route["iif"].is_string() => "local".into(),
        "blackhole" => "EINVAL".into(),
        "unreachable" => "EHOSTUNREACH".into(),
        "prohibit" => "EACCES".into(),
        _ if device == "lo" => "local".into(),
        _ => format!("out {device}"),
    }
}

/// The source that the kernel chose, where it sends to another host.
fn source(line: &str) -> Option<IpAddr> {
    let answer: Value = serde_json::from_str(line).expect("ip writes JSON");
    let sent = answer[0]["iif"].is_null() && matches!(answer[0]["from"].as_str(), None | Some("::")) && answer[0]["dev"] != "lo";
    answer[0]["prefsrc"].as_str().filter(|_| sent)?.parse().ok()
}

/// The name of an error that `ip` tells in words.
fn named(error: &str) -> String {
    let names = [
        ("Network is unreachable", "ENETUNREACH"),
        ("No route to host", "EHOSTUNREACH"),
        ("Permission denied", "EACCES"),
        ("Invalid argument", "EINVAL"),
        ("Invalid cross-device link", "EINVAL"),
    ];
    names.iter().find(|(words, _)| error.contains(words)).map_or_else(|| error.to_owned(), |(_, name)| (*name).to_owned())
}

fn default_rule(version: IpVersion, priority: u32, table: u32) -> PolicyRule {
    PolicyRule {
        ip_version: if version == IpVersion::V4 { 4 } else { 6 },
        priority,
        invert: false,
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
        action: PolicyAction::Table(table),
        opaque: Vec::new(),
    }
}
