//! The flows that proxies need: clients to what they listen on, they to their upstreams and resolvers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rustc_hash::FxHashMap;

use super::{
    Address, Host, Listen, Place, Proxy, Purpose, Target, Upstream,
    names::{Differing, Names, Unresolved},
    resolvers,
    socket_file::{self, SocketFile},
};
use crate::{
    gateway::{
        Expression, Flow, Role,
        expression::{Endpoint, Hosts, Protocol},
        listeners,
    },
    model::IpVersion,
    network::Network,
    world::World,
};

/// What a proxy's configuration says about a flow.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The kind of the proxy.
    pub proxy: &'static str,
    /// The group that it is of, or whom it serves, as the configuration calls it.
    pub label: Option<String>,
    /// What is spoken with it, in the proxy's words.
    pub speaks: &'static str,
    pub purpose: Purpose,
    /// Where its address stands; the first of several places that name the same one.
    pub place: Place,
    /// Who asks for it.
    pub wanted_by: Vec<Place>,
    /// The groups in which others can stand in for it, by number, and whether it is only a backup there.
    pub groups: Vec<(usize, bool)>,
    /// How long the proxy waits.
    pub timeouts: super::Timeouts,
    /// Why its name has no address.
    pub unresolved: Option<Unresolved>,
    /// Its name, where not all who are asked say the same of it.
    pub differing: Option<Differing>,
    /// How its socket file fares, where it is one.
    pub file: Option<SocketFile>,
    /// It never leaves the proxy's own network namespace, which is another one, and nothing listens on it there.
    pub unheard: bool,
}

/// Flows, each once, with all the places that ask for it.
#[derive(Default)]
struct Found {
    flows: Vec<Flow>,
    known: FxHashMap<(Expression, Option<IpVersion>, Sender, Role), usize>,
}

/// The user and the network namespace that send something.
type Sender = (Option<u32>, Option<usize>);

/// So many places are kept for one flow.
const MOST_PLACES: usize = 100;

impl Found {
    fn add(&mut self, flow: Flow) {
        let key = (flow.expression.clone(), flow.version, (flow.uid, flow.namespace), flow.role);
        let Some(known) = self.known.get(&key).and_then(|&at| self.flows.get_mut(at)) else {
            self.known.insert(key, self.flows.len());
            self.flows.push(flow);
            return;
        };
        let (Some(old), Some(new)) = (&mut known.wanted, flow.wanted) else { return };
        for place in std::iter::once(new.place).chain(new.wanted_by) {
            if place != old.place && old.wanted_by.len() < MOST_PLACES && !old.wanted_by.contains(&place) {
                old.wanted_by.push(place);
            }
        }
        for group in new.groups {
            if !old.groups.contains(&group) {
                old.groups.push(group);
            }
        }
    }
}

/// The flows of all proxies to their upstreams and resolvers. Names are asked through `world`.
#[must_use]
pub fn upstreams(proxies: &[Proxy], world: &dyn World) -> Vec<Flow> {
    let mut found = Found::default();
    let mut groups = Groups::default();
    for (number, proxy) in proxies.iter().enumerate() {
        let root = proxy.process.as_ref().filter(|process| process.own_root).map(|process| process.pid);
        let names = Names::new(world, root, own_servers(proxy));
        for upstream in &proxy.configuration.upstreams {
            to_upstream(number, proxy, upstream, &names, &mut groups, &mut found);
        }
        resolvers::legs(proxy, world, root).into_iter().for_each(|flow| found.add(sent_by(proxy, flow)));
    }
    let mut flows = found.flows;
    for flow in &mut flows {
        flow.source = source(flow);
    }
    flows
}

/// The name servers that a proxy asks by itself while it runs; none where it asks as the system does, hosts file first.
fn own_servers(proxy: &Proxy) -> Vec<SocketAddr> {
    if resolvers::ASKING.contains(&proxy.reader.kind) {
        return Vec::new();
    }
    let servers = proxy.configuration.upstreams.iter().filter(|upstream| upstream.purpose == Purpose::Resolver);
    let mut own: Vec<SocketAddr> = Vec::new();
    for upstream in servers {
        if let Target::Host(Host::Ip(address), port) = &upstream.target
            && !own.contains(&SocketAddr::new(*address, *port))
        {
            own.push(SocketAddr::new(*address, *port));
        }
    }
    own
}

/// Numbers groups, those of the configuration and those that several addresses of one name make.
#[derive(Default)]
struct Groups(FxHashMap<(usize, Standing), usize>);

/// What makes upstreams a group.
#[derive(PartialEq, Eq, Hash)]
enum Standing {
    /// The configuration does: its index there.
    Configured(usize),
    /// They are the addresses of one name and port.
    Named(String, u16),
}

impl Groups {
    fn number(&mut self, proxy: usize, group: Standing) -> usize {
        let next = self.0.len();
        *self.0.entry((proxy, group)).or_insert(next)
    }
}

fn to_upstream(number: usize, proxy: &Proxy, upstream: &Upstream, names: &Names<'_>, groups: &mut Groups, found: &mut Found) {
    if upstream.member.is_some_and(|member| member.down) {
        return;
    }
    let group = upstream.member.and_then(|member| proxy.configuration.groups.get(member.group));
    let mut wanted = Wanted {
        proxy: proxy.reader.kind,
        label: group.map(|group| group.name.clone()),
        speaks: upstream.speaks,
        purpose: upstream.purpose,
        place: upstream.place.clone(),
        wanted_by: upstream.wanted_by.iter().take(MOST_PLACES).cloned().collect(),
        groups: upstream
            .member
            .map(|member| (groups.number(number, Standing::Configured(member.group)), member.backup))
            .into_iter()
            .collect(),
        timeouts: upstream.timeouts,
        unresolved: None,
        differing: None,
        file: None,
        unheard: false,
    };
    let (host, port) = match &upstream.target {
        Target::Host(host, port) => (host, port),
        Target::Unix(path) => {
            wanted.file = socket_file::ask(path, proxy, names);
            if wanted.file.is_some() {
                found.add(to_socket(proxy, upstream, path, wanted));
            }
            return;
        }
        // What is not known is told with the unknowns.
        Target::Unknown(_) => return,
    };
    let addresses = match host {
        Host::Ip(address) => vec![*address],
        Host::Name(name) => {
            let meaning = names.resolve(name, upstream.resolution);
            let sayings = meaning.differing;
            wanted.differing = (!sayings.is_empty()).then(|| Differing { name: name.clone(), sayings });
            match meaning.addresses {
                Ok(addresses) => addresses,
                Err(why) => {
                    wanted.unresolved = Some(why);
                    let hosts = Hosts::Named(name.clone());
                    found.add(flow(proxy, upstream, hosts, *port, None, wanted));
                    return;
                }
            }
        }
        Host::Unknown(_) => return,
    };
    if let ([_, _, ..], Host::Name(name), true) = (&addresses[..], host, wanted.groups.is_empty()) {
        wanted.groups.push((groups.number(number, Standing::Named(name.clone(), *port)), false));
    }
    for address in addresses {
        let version = if address.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 };
        // A connection to the wildcard goes to this host (`ip_route_output_key_hash_rcu`, `tcp_v6_connect`).
        let address = match address {
            IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(address) if address.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
            address => address,
        };
        found.add(flow(proxy, upstream, Hosts::address(address), *port, Some(version), wanted.clone()));
    }
}

fn flow(proxy: &Proxy, upstream: &Upstream, hosts: Hosts, port: u16, version: Option<IpVersion>, wanted: Wanted) -> Flow {
    let from = match &upstream.from {
        Some(Host::Ip(address)) if !address.is_unspecified() => Hosts::address(*address),
        _ => Hosts::Local,
    };
    let role = if upstream.purpose == Purpose::Resolver { Role::Resolver } else { Role::Upstream };
    let mut flow = Flow::new(expression(upstream.transport.protocol(), from, hosts, (port, port)), role);
    flow.version = version;
    flow.program = Some(proxy.reader.kind.to_owned());
    flow.uid = proxy.uid;
    flow.wanted = Some(wanted);
    sent_by(proxy, flow)
}

/// What comes in from another network namespace has no sender that a rule here could read.
fn sent_by(proxy: &Proxy, flow: Flow) -> Flow {
    Flow { namespace: proxy.namespace, uid: flow.uid.filter(|_| proxy.namespace.is_none()), ..flow }
}

/// What goes to a socket file.
fn to_socket(proxy: &Proxy, upstream: &Upstream, path: &str, wanted: Wanted) -> Flow {
    let mut flow = flow(proxy, upstream, Hosts::Socket(path.to_owned()), 0, Some(IpVersion::V4), wanted);
    flow.expression.destination.ports.clear();
    flow
}

pub(super) fn expression(protocol: Protocol, source: Hosts, destination: Hosts, ports: (u16, u16)) -> Expression {
    Expression {
        protocol,
        source: Endpoint { hosts: source, ports: Vec::new() },
        destination: Endpoint { hosts: destination, ports: vec![ports] },
        incoming: None,
        outgoing: None,
        mark: None,
        state: None,
    }
}

/// `app, /etc/nginx/conf.d/app.conf:3, wanted by /etc/nginx/sites-enabled/web.conf:21 and 4 more`.
fn source(flow: &Flow) -> String {
    let Some(wanted) = &flow.wanted else { return flow.source.clone() };
    let label = wanted.label.as_deref().unwrap_or(wanted.proxy);
    let by = match &wanted.wanted_by[..] {
        [] => String::new(),
        [one] => format!(", wanted by {}", one.long()),
        [one, more @ ..] => format!(", wanted by {} and {} more", one.long(), more.len()),
    };
    format!("{label}, {}{by}", wanted.place.long())
}

/// Names the proxy and the place in the flows of clients that were found by sockets, and adds those of listens that have no socket.
pub fn listens(proxies: &[Proxy], network: &Network, flows: &mut Vec<Flow>) {
    let here = proxies.iter().filter(|proxy| proxy.namespace.is_none());
    let listens = here.flat_map(|proxy| proxy.configuration.listens.iter().map(move |listen| (proxy, listen)));
    let mut by_port: FxHashMap<(Protocol, u16), Vec<(&Proxy, &Listen)>> = FxHashMap::default();
    for (proxy, listen) in listens.clone() {
        if let Address::Ip(_, low, high) | Address::Name(_, low, high) = listen.address {
            for port in low..=high {
                by_port.entry((listen.transport.protocol(), port)).or_default().push((proxy, listen));
            }
        }
    }
    for flow in flows.iter_mut() {
        let (Some(socket), Some(program)) = (flow.socket, &flow.program) else { continue };
        let candidates = by_port.get(&(flow.expression.protocol, socket.port()));
        let here = candidates.into_iter().flatten().find(|(proxy, listen)| {
            let names = |name: &&str| name.get(..15).unwrap_or(name) == program;
            proxy.reader.programs.iter().any(names) && is_bound(listen, socket.ip())
        });
        let Some((proxy, listen)) = here else { continue };
        flow.source = format!("{}, {}", flow.source, listen.place.long());
        flow.wanted = Some(of_listen(proxy, listen));
    }
    let mut found = Found::default();
    for (proxy, listen) in listens {
        without_socket(proxy, listen, network, &mut found);
    }
    flows.extend(found.flows);
}

fn is_bound(listen: &Listen, address: IpAddr) -> bool {
    match &listen.address {
        // Where the host has no IPv6, a socket for both versions is one of IPv4.
        Address::Ip(ip, ..) if ip.is_unspecified() && listen.v6only == Some(false) => address.is_unspecified(),
        Address::Ip(ip, ..) => *ip == address,
        Address::Name(..) => true,
        Address::Unix(_) | Address::Unknown(_) => false,
    }
}

fn of_listen(proxy: &Proxy, listen: &Listen) -> Wanted {
    Wanted {
        proxy: proxy.reader.kind,
        label: None,
        speaks: "",
        purpose: Purpose::Traffic,
        place: listen.place.clone(),
        wanted_by: Vec::new(),
        groups: Vec::new(),
        timeouts: super::Timeouts::default(),
        unresolved: None,
        differing: None,
        file: None,
        unheard: false,
    }
}

/// Clients of an address on which nothing listens yet.
fn without_socket(proxy: &Proxy, listen: &Listen, network: &Network, found: &mut Found) {
    let &Address::Ip(address, low, high) = &listen.address else { return };
    let protocol = listen.transport.protocol();
    let served = |port: u16| {
        let takes = |socket: &crate::network::ListeningSocket| {
            socket.protocol == protocol.0 && socket.port == port && (socket.address == address || socket.address.is_unspecified())
        };
        network.sockets.iter().any(takes)
    };
    if address.is_loopback() || (high - low < 64 && (low..=high).all(served)) {
        return;
    }
    let both = address.is_unspecified() && listen.v6only == Some(false);
    let versions = [(IpVersion::V4, address.is_ipv4() || both), (IpVersion::V6, address.is_ipv6())];
    for (version, _) in versions.into_iter().filter(|(_, meant)| *meant) {
        let bound = (!address.is_unspecified()).then(|| Hosts::address(address));
        let Some(own) = bound.or_else(|| listeners::own_hosts(version, network)) else { continue };
        let mut flow = Flow::new(expression(protocol, Hosts::Any, own, (low, high)), Role::Client);
        flow.version = Some(version);
        flow.expression.incoming.clone_from(&listen.device);
        flow.program = Some(proxy.reader.kind.to_owned());
        flow.source = format!("{} is to listen there, {}", proxy.reader.kind, listen.place.long());
        flow.wanted = Some(of_listen(proxy, listen));
        found.add(flow);
    }
}
