//! `frontend`, `backend` and `listen`: who listens, who uses whom, and the servers behind.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    super::{Address as Bound, Configuration, Group, Host, Member, Place, Purpose, Resolution, Target, Transport, Upstream},
    address::{self, Address, Kind, Port},
    bind,
    environment::Environment,
    sections::{Line, Section},
    server::{self, Options},
    settings::Settings,
};

/// A frontend, a backend, or both.
pub struct Proxy {
    name: Arc<str>,
    place: Place,
    settings: Settings,
    /// Whether it can listen, and whether it can have servers.
    front: bool,
    back: bool,
    /// The ports that it listens on.
    ports: Vec<(u16, u16)>,
    /// The backends that it hands on to, and where that stands.
    uses: Vec<(String, Place)>,
    /// It hands on to a backend that only a request names.
    dynamic: Option<Place>,
    servers: Vec<Server>,
}

struct Server {
    name: String,
    address: Address,
    options: Options,
    place: Place,
}

/// Ports that a server takes over from its clients beyond these are not told one by one.
const MOST_PORTS: usize = 64;

/// Places that ask for a backend beyond these are not kept.
const MOST_PLACES: usize = 100;

impl Proxy {
    /// Reads a section; `settings` are those that it inherits.
    pub fn of(section: &Section, settings: Settings, environment: &Environment<'_>, configuration: &mut Configuration) -> Self {
        let kind = section.kind();
        let mut proxy = Self {
            name: section.name().into(),
            place: section.head.place(),
            settings,
            front: kind != "backend",
            back: kind != "frontend",
            ports: Vec::new(),
            uses: Vec::new(),
            dynamic: None,
            servers: Vec::new(),
        };
        let from = configuration.listens.len();
        for line in &section.lines {
            match line.word(0) {
                "bind" if proxy.front => match bind::listens(line, environment) {
                    Ok(listens) => {
                        proxy.ports.extend(listens.iter().filter_map(|listen| match listen.address {
                            Bound::Ip(_, low, high) | Bound::Name(_, low, high) => Some((low, high)),
                            _ => None,
                        }));
                        configuration.listens.extend(listens);
                    }
                    Err((word, what)) => configuration.refuse(line.place_of(word), what),
                },
                "use_backend" if proxy.front => proxy.hands_on(line),
                "server" | "dispatch" if proxy.back => proxy.server(line, environment, configuration),
                "server-template" if proxy.back => proxy.template(line, environment, configuration),
                // These only warn: the section is of the other kind.
                "bind" | "server" | "server-template" | "dispatch" | "use_backend" => {}
                _ => {
                    proxy.settings.take(line, kind, environment, configuration);
                    proxy.odd(line, configuration);
                }
            }
        }
        if proxy.settings.disabled {
            configuration.listens.truncate(from);
        }
        if let Some((backend, place)) = proxy.settings.default_backend.clone().filter(|_| proxy.front) {
            proxy.uses.push((backend, place));
        }
        proxy
    }

    /// What makes it connect where no server line says.
    fn odd(&self, line: &Line, configuration: &mut Configuration) {
        let what = match (line.word(0), line.word(1)) {
            ("option", "transparent" | "http_proxy") | ("transparent", _) if self.back && !line.negated => {
                "it connects to the address that the client asked for: that leg is not audited"
            }
            ("http-request", action) if action.starts_with("lua.") => {
                "Lua code may open connections of its own: those legs are not audited"
            }
            ("use-fcgi-app", _) => return,
            _ => return,
        };
        configuration.doubt(line.place(), what);
    }

    fn hands_on(&mut self, line: &Line) {
        let name = line.word(1);
        if name.contains("%[") || line.words.get(1).is_some_and(|word| word.unknown) {
            self.dynamic = Some(line.place());
        } else {
            self.uses.push((name.to_owned(), line.place()));
        }
    }

    fn server(&mut self, line: &Line, environment: &Environment<'_>, configuration: &mut Configuration) {
        // `dispatch` has no name.
        let at = if line.is("dispatch") { 1 } else { 2 };
        let name = if line.is("dispatch") { "" } else { line.word(1) };
        let Some(word) = line.words.get(at).filter(|word| !word.text.is_empty()) else {
            configuration.refuse(line.place(), format!("'{}' expects <name> and <addr>[:<port>] as arguments.", line.word(0)));
            return;
        };
        let who = format!("'server {}/{name}'", self.name);
        let takes = if line.is("dispatch") { address::Takes { port: true, ..address::PLAIN } } else { address::SERVER };
        let address = match address::parse(word, takes, environment) {
            Ok(address) => address,
            Err(what) => return configuration.refuse(line.place_of(at), format!("{who} : {what}")),
        };
        let mut options = if line.is("dispatch") { Options::default() } else { self.settings.options.clone() };
        if let Err((word, what)) = server::options(line, at + 1, &mut options, environment) {
            return configuration.refuse(line.place_of(word), format!("{who} : {what}"));
        }
        if self.servers.iter().rev().take(1000).any(|other| other.name == name && !name.is_empty()) {
            let what = format!("backend '{}', another server named '{name}' was already defined", self.name);
            configuration.refuse(line.place_of(1), what);
        }
        self.servers.push(Server { name: name.to_owned(), address, options, place: line.place() });
    }

    /// `server-template app 3 app.internal:80`: slots for the addresses of one name.
    fn template(&mut self, line: &Line, environment: &Environment<'_>, configuration: &mut Configuration) {
        let who = format!("'server-template {}/{}'", self.name, line.word(1));
        let Some(word) = line.words.get(3) else {
            return configuration.refuse(line.place(), "'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.");
        };
        if server::count(line.word(2)).is_none() && !line.words.iter().any(|word| word.unknown) {
            return configuration.refuse(line.place_of(2), format!("{who} : wrong range '{}'", line.word(2)));
        }
        let mut options = self.settings.options.clone();
        let read = address::parse(word, address::SERVER, environment).map_err(|what| (3, what));
        let read = read.and_then(|address| server::options(line, 4, &mut options, environment).map(|()| address));
        match read {
            Ok(address) => self.servers.push(Server { name: String::new(), address, options, place: line.place() }),
            Err((word, what)) => configuration.refuse(line.place_of(word), format!("{who} : {what}")),
        }
    }
}

/// Refuses names that stand twice, backends and resolvers that are not there; then adds the servers of all.
///
/// `lenient` is `ssl-server-verify none`.
pub fn upstreams(proxies: &[Proxy], resolvers: &[&str], lenient: bool, configuration: &mut Configuration) {
    // haproxy looks for certificates only where all else was right.
    let mut late = Vec::new();
    let mut backends: FxHashMap<&str, &Proxy> = FxHashMap::default();
    let mut frontends: FxHashMap<&str, &Proxy> = FxHashMap::default();
    for proxy in proxies {
        let known = (proxy.front).then(|| frontends.insert(&proxy.name, proxy)).flatten();
        let known = known.or((proxy.back).then(|| backends.insert(&proxy.name, proxy)).flatten());
        if let Some(other) = known {
            let what = format!("'{}' has the same name as the one declared at {}", proxy.name, other.place.long());
            configuration.refuse(proxy.place.clone(), what);
        }
    }
    let mut users: FxHashMap<&str, Vec<(&Proxy, &Place)>> = FxHashMap::default();
    for proxy in proxies.iter().filter(|proxy| proxy.front && !proxy.settings.disabled) {
        for (name, place) in &proxy.uses {
            if !backends.contains_key(name.as_str()) {
                configuration.refuse(place.clone(), format!("unable to find required backend: '{name}'"));
            }
            users.entry(name).or_default().push((proxy, place));
        }
    }
    let dynamic: Vec<(&Proxy, &Place)> = proxies.iter().filter_map(|proxy| Some((proxy, proxy.dynamic.as_ref()?))).collect();
    for proxy in proxies.iter().filter(|proxy| proxy.back && !proxy.servers.is_empty() && !proxy.settings.disabled) {
        let mut by: Vec<(&Proxy, &Place)> = users.remove(&*proxy.name).unwrap_or_default();
        by.extend(dynamic.iter().copied());
        for server in &proxy.servers {
            if server.options.tls && !server.options.verified && !lenient {
                let what = format!("'server {}/{}' : verify is enabled by default but no CA file specified.", proxy.name, server.name);
                late.push((server.place.clone(), what));
            }
            // Later versions have one of their own by this name, which asks the host's name servers.
            let missing = server.options.resolvers.as_deref().filter(|name| *name != "default" && !resolvers.contains(name));
            if let Some(name) = missing {
                configuration.refuse(server.place.clone(), format!("server '{}': unable to find required resolvers '{name}'", server.name));
            }
        }
        proxy.add(&by, configuration);
    }
    if configuration.faults.is_empty() {
        late.into_iter().for_each(|(place, what)| configuration.refuse(place, what));
    }
}

impl Proxy {
    fn add(&self, by: &[(&Self, &Place)], configuration: &mut Configuration) {
        let group = configuration.groups.len();
        configuration.groups.push(Group { name: self.name.to_string(), place: self.place.clone() });
        let own = self.front.then_some(self);
        let mut ports: Vec<(u16, u16)> = by.iter().map(|(proxy, _)| *proxy).chain(own).flat_map(|proxy| &proxy.ports).copied().collect();
        ports.sort_unstable();
        ports.dedup();
        let wanted_by: Vec<Place> = by.iter().take(MOST_PLACES).map(|(_, place)| (*place).clone()).collect();
        for server in &self.servers {
            let member =
                Member { group, backup: server.options.backup, down: server.options.disabled, weight: server.options.weight.unwrap_or(1) };
            let transport = match server.address {
                Address::Ip(_, _, Kind::Datagram) => Transport::Udp,
                Address::Ip(_, _, Kind::Quic) => Transport::Quic,
                _ => Transport::Tcp,
            };
            let base = Upstream {
                target: Target::Unknown(String::new()),
                transport,
                speaks: match (self.settings.http, server.options.tls) {
                    (true, false) => "http",
                    (true, true) => "https",
                    (false, false) => "tcp",
                    (false, true) => "tls",
                },
                purpose: Purpose::Traffic,
                resolution: if server.options.resolvers.is_some() { Resolution::Running } else { Resolution::StartFirst },
                member: Some(member),
                from: server.options.source.clone().or_else(|| self.settings.source.clone()),
                timeouts: self.settings.timeouts(),
                place: server.place.clone(),
                wanted_by: wanted_by.clone(),
            };
            if let Some(namespace) = &server.options.namespace {
                let what = format!("this server is in the network namespace '{namespace}': that leg is not audited");
                configuration.doubt(server.place.clone(), what);
                continue;
            }
            let targets = server.targets(&ports);
            for target in server.checks(&targets, &self.settings) {
                configuration.upstreams.push(Upstream { target, purpose: Purpose::Check, member: None, ..base.clone() });
            }
            configuration.upstreams.extend(targets.into_iter().map(|target| Upstream { target, ..base.clone() }));
        }
    }
}

impl Server {
    /// Where it is connected to; `ports` are those on which its clients come in.
    fn targets(&self, ports: &[(u16, u16)]) -> Vec<Target> {
        if let Some((host, port)) = &self.options.socks {
            return vec![Target::Host(host.clone(), *port)];
        }
        let (host, port) = match &self.address {
            Address::Unix(path) => return vec![Target::Unix(path.clone())],
            Address::Inherited(text) | Address::Unknown(text) => return vec![Target::Unknown(text.clone())],
            Address::Ip(host, port, _) => (host, *port),
        };
        match host {
            Host::Ip(ip) if ip.is_unspecified() => return vec![Target::Unknown("the address that the client asked for".into())],
            Host::Name(name) if name.starts_with('_') => return vec![Target::Unknown(format!("{name}, whose servers SRV records tell"))],
            _ => {}
        }
        let offset = match port {
            Port::One(port) | Port::Range(port, _) => return vec![Target::Host(host.clone(), port)],
            Port::None => 0,
            Port::Offset(offset) => offset,
        };
        let text = || match host {
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) | Host::Unknown(name) => name.clone(),
        };
        let count: usize = ports.iter().map(|(low, high)| usize::from(high - low) + 1).sum();
        if count == 0 || count > MOST_PORTS {
            return vec![Target::Unknown(format!("{}, at the port that the client asked for", text()))];
        }
        let moved = |port: u16| u16::try_from(i32::from(port) + offset).ok().filter(|&port| port > 0);
        ports.iter().flat_map(|(low, high)| *low..=*high).filter_map(moved).map(|port| Target::Host(host.clone(), port)).collect()
    }

    /// Where its checks connect to, if elsewhere.
    fn checks(&self, targets: &[Target], settings: &Settings) -> Vec<Target> {
        let mut places: Vec<(Option<u16>, Option<Host>)> = Vec::new();
        if self.options.check {
            let own = || (self.options.check_port, self.options.check_host.clone());
            if settings.checks.is_empty() {
                places.push(own());
            }
            places.extend(settings.checks.iter().map(|(port, host)| (port.or(own().0), host.clone().or(own().1))));
        }
        if self.options.agent {
            places.push((self.options.agent_port, self.options.agent_host.clone()));
        }
        let elsewhere = |(port, host): (Option<u16>, Option<Host>)| {
            let (at, number) = match targets.first() {
                Some(Target::Host(host, port)) => (Some(host.clone()), Some(*port)),
                _ => (None, None),
            };
            // Without a port of its own the server's name or address still tells where a check goes to.
            let written = match &self.address {
                Address::Ip(host, ..) => Some(host.clone()),
                _ => None,
            };
            let target = Target::Host(host.or(at).or(written)?, port.or(number)?);
            (!targets.contains(&target)).then_some(target)
        };
        let mut found: Vec<Target> = places.into_iter().filter_map(elsewhere).collect();
        found.dedup();
        found
    }
}
