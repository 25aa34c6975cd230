//! `upstream` blocks.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{
    super::{Configuration, Group, Host, Member, Place, Purpose, Resolution, Target, Timeouts, Transport, Upstream},
    address::{self, Parsed},
    tree::Directive,
};

/// The groups of http or of stream.
#[derive(Default)]
pub struct Groups<'a> {
    by_name: FxHashMap<String, Named<'a>>,
    /// Names in the order in which they stand.
    order: Vec<String>,
}

struct Named<'a> {
    /// Index in the configuration.
    number: usize,
    directive: &'a Directive,
    wanted: BTreeMap<Transport, Wanted>,
    /// Health checks at a port of their own.
    checks: Vec<(u16, Place)>,
}

/// How those who ask for a group speak with its servers.
#[derive(Clone)]
pub struct Wanted {
    pub speaks: &'static str,
    pub timeouts: Timeouts,
    pub from: Option<Host>,
    pub by: Vec<Place>,
}

/// So many places that ask for a group are kept.
const MOST_PLACES: usize = 100;

impl<'a> Groups<'a> {
    /// The groups that stand in the block of http or stream.
    pub fn of(module: &'a [Directive], configuration: &mut Configuration) -> Self {
        let mut groups = Self::default();
        for directive in module.iter().filter(|each| each.is("upstream")) {
            let name = directive.argument(0).unwrap_or_default();
            let key = name.to_lowercase();
            if groups.by_name.contains_key(&key) {
                configuration.refuse(directive.refused_at(), format!("duplicate upstream \"{name}\""));
                continue;
            }
            let number = configuration.groups.len();
            configuration.groups.push(Group { name: name.to_owned(), place: directive.place() });
            groups.by_name.insert(key.clone(), Named { number, directive, wanted: BTreeMap::new(), checks: Vec::new() });
            groups.order.push(key);
        }
        groups
    }

    /// Whether there is such a group.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(&name.to_lowercase())
    }

    /// Notes that something asks for a group.
    pub fn want(&mut self, name: &str, transport: Transport, wanted: Wanted) {
        let Some(group) = self.by_name.get_mut(&name.to_lowercase()) else { return };
        match group.wanted.get_mut(&transport) {
            Some(known) if known.by.len() < MOST_PLACES => known.by.extend(wanted.by),
            Some(_) => {}
            None => {
                group.wanted.insert(transport, wanted);
            }
        }
    }

    /// Notes that the servers of a group are checked at this port.
    pub fn check(&mut self, name: &str, port: u16, place: Place) {
        if let Some(group) = self.by_name.get_mut(&name.to_lowercase()) {
            group.checks.push((port, place));
        }
    }

    /// The servers of all groups. `any` is set where something asks for a group that is not known before a request comes: then all may be
    /// meant. Without a default port each server has to name its own.
    pub fn upstreams(&self, any: Option<&(Transport, Wanted)>, default: Option<u16>, configuration: &mut Configuration) {
        for name in &self.order {
            let Some(group) = self.by_name.get(name) else { continue };
            let mut wanted = group.wanted.clone();
            if let Some((transport, who)) = any {
                wanted.entry(*transport).or_insert_with(|| who.clone());
            }
            let servers: Vec<_> = servers(group.directive, default, configuration);
            if servers.is_empty() {
                continue;
            }
            if wanted.is_empty() {
                let what = format!("nothing asks for the upstream group '{name}': its servers are not audited");
                configuration.doubt(group.directive.place(), what);
            }
            if let Some(code) = group.directive.children().iter().find(|each| each.name.text.starts_with("balancer_by_lua")) {
                let text = format!("servers of {name} that {} chooses", code.name.text);
                add(configuration, group, &wanted, &Server { target: Target::Unknown(text), ..Server::at(code.place()) });
                continue;
            }
            for server in &servers {
                add(configuration, group, &wanted, server);
            }
        }
    }
}

/// A `server` of a group.
struct Server {
    target: Target,
    backup: bool,
    down: bool,
    weight: u32,
    resolution: Resolution,
    place: Place,
}

impl Server {
    const fn at(place: Place) -> Self {
        let target = Target::Unknown(String::new());
        Self { target, backup: false, down: false, weight: 1, resolution: Resolution::StartConfigured, place }
    }
}

fn servers(group: &Directive, default: Option<u16>, configuration: &mut Configuration) -> Vec<Server> {
    let mut servers = Vec::new();
    let lines = || group.children().iter().filter(|each| each.is("server"));
    for directive in lines() {
        match server(directive, default) {
            Ok(server) => servers.push(server),
            Err(what) => configuration.refuse(directive.refused_at(), what),
        }
    }
    let foreign = group.children().iter().any(|each| each.is("state") || each.is("zone"));
    if lines().next().is_none() && !foreign {
        let at = group.children().last().map_or(group.end, |last| last.end);
        let place = Place { file: std::sync::Arc::clone(&group.file), line: at.line, column: at.column };
        configuration.refuse(place, "no servers are inside upstream");
    }
    if let Some(state) = group.children().iter().find(|each| each.is("state")) {
        configuration.doubt(state.place(), "servers of this group are kept in a state file and change while nginx runs");
    }
    servers
}

/// `ngx_http_upstream_server`, `ngx_stream_upstream_server`.
fn server(directive: &Directive, default: Option<u16>) -> Result<Server, String> {
    let text = directive.argument(0).unwrap_or_default();
    let mut server = Server::at(directive.place());
    let mut by_service = false;
    for word in directive.arguments.iter().skip(1).map(|word| word.text.as_str()) {
        let invalid = || format!("invalid parameter \"{word}\"");
        match word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value))) {
            ("weight", Some(value)) => server.weight = value.parse().ok().filter(|&weight| weight > 0).ok_or_else(invalid)?,
            ("max_conns" | "max_fails", Some(value)) => _ = value.parse::<u32>().map_err(|_| invalid())?,
            ("fail_timeout" | "slow_start", Some(value)) => _ = super::time::duration(value).ok_or_else(invalid)?,
            ("route", Some(_)) | ("drain", None) => {}
            ("service", Some(_)) => by_service = true,
            ("backup", None) => server.backup = true,
            ("down", None) => server.down = true,
            ("resolve", None) => server.resolution = Resolution::Running,
            _ => return Err(invalid()),
        }
    }
    server.target = match address::upstream(text, false).map_err(|what| format!("{what} in upstream \"{text}\""))? {
        Parsed::Unix(path) => Target::Unix(path),
        Parsed::Host(Host::Name(name), None) if by_service => Target::Unknown(format!("{name}, whose port a SRV record tells")),
        Parsed::Host(host, port) => Target::Host(host, port.or(default).ok_or_else(|| format!("no port in upstream \"{text}\""))?),
    };
    Ok(server)
}

fn add(configuration: &mut Configuration, group: &Named<'_>, wanted: &BTreeMap<Transport, Wanted>, server: &Server) {
    let member = Member { group: group.number, backup: server.backup, down: server.down, weight: server.weight };
    for (transport, who) in wanted {
        let upstream = Upstream {
            target: server.target.clone(),
            transport: *transport,
            speaks: who.speaks,
            purpose: Purpose::Traffic,
            resolution: server.resolution,
            member: Some(member),
            from: who.from.clone(),
            timeouts: who.timeouts,
            place: server.place.clone(),
            wanted_by: who.by.clone(),
        };
        for (port, place) in &group.checks {
            if let Target::Host(host, _) = &upstream.target {
                let target = Target::Host(host.clone(), *port);
                let wanted_by = vec![place.clone()];
                configuration.upstreams.push(Upstream { target, purpose: Purpose::Check, member: None, wanted_by, ..upstream.clone() });
            }
        }
        configuration.upstreams.push(upstream);
    }
}
