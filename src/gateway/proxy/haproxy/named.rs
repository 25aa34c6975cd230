//! What haproxy connects to and listens on besides: peers, name servers, mail and log hosts, its own control socket.

use super::{
    super::{Address as Bound, Configuration, Files, Host, Listen, Place, Purpose, Resolution, Target, Timeouts, Transport, Upstream},
    address::{self, Address, Kind, Port},
    bind,
    environment::Environment,
    sections::{Line, Section},
};

/// Where a host keeps its name servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// What one kind of connection is.
#[derive(Clone, Copy)]
struct Kindred {
    speaks: &'static str,
    purpose: Purpose,
    transport: Transport,
    /// The port where none is written.
    port: Option<u16>,
}

const LOG: Kindred = Kindred { speaks: "syslog", purpose: Purpose::Peer, transport: Transport::Udp, port: Some(514) };
const NAMES: Kindred = Kindred { speaks: "dns", purpose: Purpose::Resolver, transport: Transport::Udp, port: None };
const PEER: Kindred = Kindred { speaks: "peers", purpose: Purpose::Peer, transport: Transport::Tcp, port: None };
const MAIL: Kindred = Kindred { speaks: "smtp", purpose: Purpose::Peer, transport: Transport::Tcp, port: None };

fn upstream(kindred: Kindred, target: Target, transport: Transport, place: Place) -> Upstream {
    Upstream {
        target,
        transport,
        speaks: kindred.speaks,
        purpose: kindred.purpose,
        resolution: Resolution::StartFirst,
        member: None,
        from: None,
        timeouts: Timeouts::default(),
        place,
        wanted_by: Vec::new(),
    }
}

/// Adds what a word of a line names.
fn add(line: &Line, at: usize, kindred: Kindred, environment: &Environment<'_>, configuration: &mut Configuration) {
    let Some(word) = line.words.get(at).filter(|word| !word.text.is_empty()) else {
        return configuration.refuse(line.place(), format!("'{}' expects an address", line.word(0)));
    };
    let (target, transport) = match address::parse(word, address::PLAIN, environment) {
        Ok(Address::Ip(host, port, kind)) => {
            let transport = match kind {
                Kind::Stream => Transport::Tcp,
                Kind::Datagram => Transport::Udp,
                Kind::Quic => Transport::Quic,
                Kind::Default => kindred.transport,
            };
            let port = if let Port::One(port) = port { Some(port) } else { kindred.port };
            let Some(port) = port else {
                let what = format!("'{}' : missing port specification in '{}'", line.word(0), word.text);
                return configuration.refuse(line.place_of(at), what);
            };
            (Target::Host(host, port), transport)
        }
        Ok(Address::Unix(path)) => (Target::Unix(path), kindred.transport),
        Ok(Address::Inherited(_)) => return,
        Ok(Address::Unknown(text)) => (Target::Unknown(text), kindred.transport),
        Err(what) => return configuration.refuse(line.place_of(at), format!("'{}' : {what}", line.word(0))),
    };
    configuration.upstreams.push(upstream(kindred, target, transport, line.place()));
}

/// Facilities of syslog, as `get_log_facility` knows them.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp", "ntp", "audit", "alert", "cron2",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

/// `log 10.0.0.9:514 local0` of any section.
pub fn log(line: &Line, environment: &Environment<'_>, configuration: &mut Configuration) {
    let to = line.word(1);
    let local = ["global", "stdout", "stderr"].contains(&to)
        || ["ring@", "fd@", "buf@", "backend@", "/"].iter().any(|prefix| to.starts_with(prefix));
    if line.negated || to == "global" {
        return;
    }
    let mut facility = 2;
    while ["len", "format", "sample", "profile"].contains(&line.word(facility)) {
        facility += 2;
    }
    let name = line.word(facility);
    if !FACILITIES.contains(&name) && !line.words.get(facility).is_some_and(|word| word.unknown) {
        configuration.refuse(line.place_of(facility), format!("log : unknown log facility '{name}'"));
    } else if !local {
        add(line, 1, LOG, environment, configuration);
    }
}

/// `stats socket ipv4@127.0.0.1:9999 level admin` of the global section.
pub fn control(line: &Line, environment: &Environment<'_>, configuration: &mut Configuration) {
    if line.word(1) != "socket" {
        return;
    }
    let Some(word) = line.words.get(2) else { return };
    match address::parse(word, address::BIND, environment) {
        Ok(Address::Ip(Host::Ip(ip), Port::One(port), _)) => configuration.listens.push(Listen {
            address: Bound::Ip(ip, port, port),
            transport: Transport::Tcp,
            tls: false,
            v6only: None,
            device: None,
            place: line.place_of(2),
        }),
        Ok(_) => {}
        // A name without a slash is a socket file there.
        Err(_) if !word.text.contains(':') => {}
        Err(what) => configuration.refuse(line.place_of(2), format!("'stats socket' : {what}")),
    }
}

/// `resolvers`.
pub fn resolvers(section: &Section, files: &Files<'_>, environment: &Environment<'_>, configuration: &mut Configuration) {
    for line in &section.lines {
        match line.word(0) {
            "nameserver" => add(line, 2, NAMES, environment, configuration),
            "parse-resolv-conf" => {
                let text = files.read(RESOLV_CONF).unwrap_or_default();
                for (number, server) in super::super::resolvers::servers(&text) {
                    let place = Place { file: RESOLV_CONF.into(), line: number, column: 1 };
                    let mut found = upstream(NAMES, Target::Host(Host::Ip(server), 53), Transport::Udp, place);
                    found.wanted_by.push(line.place());
                    configuration.upstreams.push(found);
                }
            }
            _ => {}
        }
    }
}

/// `mailers`.
pub fn mailers(section: &Section, environment: &Environment<'_>, configuration: &mut Configuration) {
    for line in section.lines.iter().filter(|line| line.is("mailer")) {
        add(line, 2, MAIL, environment, configuration);
    }
}

/// `ring`, whose servers are log hosts; and `log-forward`, which also listens.
pub fn rings(section: &Section, environment: &Environment<'_>, configuration: &mut Configuration) {
    for line in &section.lines {
        match line.word(0) {
            "server" => add(line, 2, Kindred { transport: Transport::Tcp, ..LOG }, environment, configuration),
            "log" => log(line, environment, configuration),
            "bind" | "dgram-bind" if section.kind() == "log-forward" => listen(line, environment, configuration),
            _ => {}
        }
    }
}

/// `peers`: the one that has this instance's own name is where it listens. Without that name every peer may be another.
pub fn peers(section: &Section, own: Option<&str>, environment: &Environment<'_>, configuration: &mut Configuration) {
    for line in &section.lines {
        match line.word(0) {
            "bind" => listen(line, environment, configuration),
            "peer" | "server" if line.words.len() > 2 && own == Some(line.word(1)) => {
                let Some(word) = line.words.get(2) else { continue };
                if let Ok(Address::Ip(Host::Ip(ip), Port::One(port), _)) = address::parse(word, address::BIND, environment) {
                    let address = Bound::Ip(ip, port, port);
                    let place = line.place_of(2);
                    configuration.listens.push(Listen {
                        address,
                        transport: Transport::Tcp,
                        tls: false,
                        v6only: None,
                        device: None,
                        place,
                    });
                }
            }
            // Without a port or an address haproxy takes it as well, and never reaches it.
            "peer" if !line.word(2).contains(':') => {}
            "peer" => add(line, 2, PEER, environment, configuration),
            // Without an address it is this instance itself, which a `bind` tells of.
            "server" if line.words.len() > 2 => add(line, 2, PEER, environment, configuration),
            _ => {}
        }
    }
}

fn listen(line: &Line, environment: &Environment<'_>, configuration: &mut Configuration) {
    match bind::listens(line, environment) {
        Ok(listens) => configuration.listens.extend(listens),
        Err((word, what)) => configuration.refuse(line.place_of(word), what),
    }
}
