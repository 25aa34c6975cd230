//! Name servers of the host, which its programs ask.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{Files, Host, Place, Proxy, Purpose, Resolution, Target, Timeouts, flows, names};
use crate::{
    gateway::{
        Flow, Role,
        expression::{Hosts, Protocol},
        proxy::Wanted,
    },
    model::IpVersion,
    world::World,
};

/// Where a host keeps its name servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Proxies that ask the host's name servers also while they run: Go's resolver and c-ares read the same file.
pub(super) const ASKING: [&str; 3] = ["caddy", "traefik", "envoy"];

/// So many places that have a name are told.
const MOST_PLACES: usize = 100;

/// The legs to the host's name servers that a proxy needs for the names in its configuration: over UDP, and over TCP where an answer is long.
/// A name that the hosts file tells needs none. Where systemd-resolved answers for them, those that it asks are legs, too.
#[must_use]
pub fn legs(proxy: &Proxy, world: &dyn World, root: Option<u32>) -> Vec<Flow> {
    let files = Files::new(world, root);
    let asks = |upstream: &&super::Upstream| upstream.resolution != Resolution::Running || ASKING.contains(&proxy.reader.kind);
    let mut named = proxy.configuration.upstreams.iter().filter(asks).filter_map(|upstream| match &upstream.target {
        Target::Host(Host::Name(name), _) => Some((name, upstream)),
        _ => None,
    });
    let Some(first) = named.next() else { return Vec::new() };
    let hosts = files.read(names::HOSTS).unwrap_or_default();
    let unknown: Vec<_> = std::iter::once(first).chain(named).filter(|(name, _)| names::in_hosts(&hosts, name).is_empty()).collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    // At the start it is the one who started it who asks.
    let running = unknown.iter().all(|(_, upstream)| upstream.resolution == Resolution::Running);
    let uid = if running { proxy.uid } else { proxy.process.as_ref().map(|process| process.uid) };
    let wanted_by: Vec<Place> = unknown.iter().take(MOST_PLACES).map(|(_, upstream)| upstream.place.clone()).collect();
    let leg = |server: &Server, by: Option<u32>, wanted_by: &[Place], protocol: Protocol| {
        let mut flow = Flow::new(
            flows::expression(protocol, Hosts::Local, Hosts::address(server.address), (server.port, server.port)),
            Role::Resolver,
        );
        flow.version = Some(if server.address.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 });
        flow.program = Some(proxy.reader.kind.to_owned());
        flow.uid = by;
        flow.wanted = Some(Wanted {
            proxy: proxy.reader.kind,
            label: None,
            speaks: "dns",
            purpose: Purpose::Resolver,
            place: server.place.clone(),
            wanted_by: wanted_by.to_vec(),
            groups: Vec::new(),
            timeouts: Timeouts::default(),
            unresolved: None,
            differing: None,
            file: None,
            unheard: false,
        });
        flow
    };
    let text = files.read(RESOLV_CONF).unwrap_or_default();
    let asked = in_file(RESOLV_CONF, &text);
    let stub = asked.iter().any(|server| STUBS.contains(&server.address));
    let mut legs: Vec<Flow> =
        asked.iter().flat_map(|server| [Protocol::UDP, Protocol::TCP].map(|protocol| leg(server, uid, &wanted_by, protocol))).collect();
    if stub {
        let by = files.uid(RESOLVED_USER);
        for (server, protocols) in behind_the_stub(&files) {
            legs.extend(protocols.iter().map(|protocol| leg(&server, by, &wanted_by, *protocol)));
        }
    }
    legs
}

/// Where systemd-resolved answers for the name servers that it asks itself.
const STUBS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 53)), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 54))];

/// Which ones these are.
const BEHIND: &str = "/run/systemd/resolve/resolv.conf";

/// As whom it asks.
const RESOLVED_USER: &str = "systemd-resolve";

/// A name server, and the line that names it.
struct Server {
    address: IpAddr,
    port: u16,
    place: Place,
}

fn in_file(file: &str, text: &str) -> Vec<Server> {
    let server = |(line, address)| Server { address, port: 53, place: Place { file: file.into(), line, column: 1 } };
    servers(text).into_iter().map(server).collect()
}

/// The name servers that systemd-resolved asks, and how. With `DNSOverTLS=yes` it asks by TLS alone (port 853), with `opportunistic` also in plain where
/// TLS fails; what a link's own configuration says of it is not read.
fn behind_the_stub(files: &Files<'_>) -> Vec<(Server, &'static [Protocol])> {
    let mut drop_ins: Vec<String> =
        RESOLVED_CONF.iter().filter_map(|folder| files.paths(&format!("{folder}/resolved.conf.d/*.conf")).ok()).flatten().collect();
    drop_ins.sort_by(|a, b| a.rsplit('/').next().cmp(&b.rsplit('/').next()));
    let main = RESOLVED_CONF.iter().rev().map(|folder| format!("{folder}/resolved.conf")).find(|path| files.read(path).is_ok());
    let mut tls = false;
    for path in main.into_iter().chain(drop_ins) {
        let text = files.read(&path).unwrap_or_default();
        let of_key =
            |line: &str| line.split_once('=').filter(|(key, _)| key.trim() == "DNSOverTLS").map(|(_, value)| value.trim().to_owned());
        if let Some(value) = text.lines().filter_map(of_key).next_back() {
            tls = matches!(value.as_str(), "yes" | "true" | "on" | "1");
        }
    }
    let text = files.read(BEHIND).unwrap_or_default();
    let ask = |server: Server| match tls {
        true => (Server { port: 853, ..server }, &[Protocol::TCP][..]),
        false => (server, &[Protocol::UDP, Protocol::TCP][..]),
    };
    in_file(BEHIND, &text).into_iter().map(ask).collect()
}

/// Where its configuration may lie, the weakest first.
const RESOLVED_CONF: [&str; 3] = ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"];

/// The name servers that a name is asked of past the hosts file: those of `resolv.conf`, or those behind systemd-resolved, which reads that file, too.
#[must_use]
pub fn addresses(files: &Files<'_>) -> Vec<SocketAddr> {
    let text = files.read(RESOLV_CONF).unwrap_or_default();
    let asked = in_file(RESOLV_CONF, &text);
    let plain = |(server, protocols): (Server, &[Protocol])| protocols.contains(&Protocol::UDP).then_some(server);
    let servers: Vec<Server> = match asked.iter().any(|server| STUBS.contains(&server.address)) {
        true => behind_the_stub(files).into_iter().filter_map(plain).collect(),
        false => asked,
    };
    servers.into_iter().map(|server| SocketAddr::new(server.address, server.port)).collect()
}

/// The whole names that the C library's resolver asks for, in order (`__res_context_search`): with `ndots` dots or more as it is first, else with the domains of
/// `search` first.
#[must_use]
pub fn candidates(files: &Files<'_>, name: &str) -> Vec<String> {
    const MOST_DOMAINS: usize = 6;
    let text = files.read(RESOLV_CONF).unwrap_or_default();
    let last = |key: &str| text.lines().filter_map(|line| line.strip_prefix(key).filter(|rest| rest.starts_with([' ', '\t']))).next_back();
    let domains = last("search").or(last("domain")).unwrap_or_default().split_whitespace().take(MOST_DOMAINS);
    let ndots = last("options").and_then(|options| options.split_whitespace().find_map(|word| word.strip_prefix("ndots:")?.parse().ok()));
    let whole = name.trim_end_matches('.').to_owned();
    if name.ends_with('.') {
        return vec![whole];
    }
    let searched = domains.map(|domain| format!("{whole}.{}", domain.trim_matches('.')));
    match name.matches('.').count() >= ndots.unwrap_or(1) {
        true => std::iter::once(whole.clone()).chain(searched).collect(),
        false => searched.chain([whole.clone()]).collect(),
    }
}

/// The name servers of a `resolv.conf`, with their lines, as `res_init` reads them.
#[must_use]
pub fn servers(text: &str) -> Vec<(u32, IpAddr)> {
    let server = |(number, line): (u32, &str)| {
        let rest = line.strip_prefix("nameserver")?;
        let address = rest.split_whitespace().next().filter(|_| rest.starts_with([' ', '\t']))?;
        // A zone of a link-local address is no matter of packets.
        Some((number, address.split('%').next()?.parse().ok()?))
    };
    (1..).zip(text.lines()).filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_of_a_resolv_conf() {
        let text = "# x\nsearch example\nnameserver 127.0.0.53\nnameserver fe80::1%eth0 \nnameservers 1.1.1.1\n nameserver 9.9.9.9\n";
        assert_eq!(servers(text), [(3, "127.0.0.53".parse().expect("v4")), (4, "fe80::1".parse().expect("v6"))]);
    }

    #[test]
    fn who_is_asked_behind_the_stub() {
        let told = |texts: &[(&str, &str)]| {
            let world = super::super::texts::Texts(texts);
            let found = behind_the_stub(&Files::new(&world, None));
            found
                .iter()
                .map(|(server, protocols)| format!("{}:{}/{}", server.address, server.port, protocols.len()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let servers = (BEHIND, "nameserver 9.9.9.9\n");
        let [packaged, own] = ["/usr/lib/systemd/resolved.conf", "/etc/systemd/resolved.conf"];
        let drop_in = "/etc/systemd/resolved.conf.d/tls.conf";
        assert_eq!(told(&[servers]), "9.9.9.9:53/2");
        assert_eq!(told(&[servers, (own, "[Resolve]\nDNSOverTLS=yes\n")]), "9.9.9.9:853/1");
        assert_eq!(told(&[servers, (packaged, "DNSOverTLS=yes\n"), (own, "#DNSOverTLS=no\n")]), "9.9.9.9:53/2", "one main file counts");
        assert_eq!(told(&[servers, (own, "DNSOverTLS=opportunistic\n")]), "9.9.9.9:53/2");
        assert_eq!(told(&[servers, (own, "DNSOverTLS=no\n"), (drop_in, "DNSOverTLS=yes\n")]), "9.9.9.9:853/1");
        assert_eq!(told(&[]), "");
    }
}
