//! Directives that hand requests on: `reverse_proxy`, `php_fastcgi`, `forward_auth`.

use std::time::Duration;

use super::{
    super::{Configuration, Group, Host, Member, Place, Purpose, Resolution, Target, Timeouts, Transport, Upstream},
    address,
    segments::Segment,
};

/// How long Caddy waits for a connection (`defaultDialTimeout`).
pub const DIAL: Duration = Duration::from_secs(3);

/// Blocks in blocks beyond this are no configuration.
const DEEPEST: usize = 32;

/// An upstream of which only the target and the place are known.
#[must_use]
pub fn upstream(target: Target, speaks: &'static str, purpose: Purpose, transport: Transport, place: Place) -> Upstream {
    Upstream {
        target,
        transport,
        speaks,
        purpose,
        resolution: Resolution::Running,
        member: None,
        from: None,
        timeouts: Timeouts { connect: Some(DIAL), send: None, read: None },
        place,
        wanted_by: Vec::new(),
    }
}

/// Adds upstreams: several make a group.
pub fn add(found: Vec<Upstream>, name: &str, place: Place, configuration: &mut Configuration) {
    let several = found.iter().filter(|each| each.purpose == Purpose::Traffic).count() > 1;
    let group = configuration.groups.len();
    if several {
        configuration.groups.push(Group { name: name.to_owned(), place });
    }
    let member = several.then_some(Member { group, backup: false, down: false, weight: 1 });
    configuration.upstreams.extend(found.into_iter().map(|each| {
        let member = member.filter(|_| each.purpose == Purpose::Traffic);
        Upstream { member, ..each }
    }));
}

/// All that the lines of a site hand on; `name` is the site's address.
pub fn site(lines: &[Segment], name: &str, configuration: &mut Configuration, depth: usize) {
    for line in lines {
        match line.word(0) {
            "reverse_proxy" | "forward_auth" => proxy(line, "http", name, configuration),
            "php_fastcgi" => proxy(line, "fastcgi", name, configuration),
            "log" => log(line, configuration),
            "handle" | "handle_path" | "handle_errors" | "route" | "intercept" | "handle_response" if depth < DEEPEST => {
                site(line.inside(), name, configuration, depth + 1);
            }
            _ => {}
        }
    }
}

fn proxy(line: &Segment, speaks: &'static str, name: &str, configuration: &mut Configuration) {
    let mut found = Vec::new();
    let is_matcher = |text: &str| text == "*" || text.starts_with('/') || text.starts_with('@');
    let first = 1 + usize::from(line.words.len() > 1 && is_matcher(line.word(1)));
    let mut addresses: Vec<(&Segment, usize)> = (first..line.words.len()).map(|index| (line, index)).collect();
    for inside in line.inside().iter().filter(|inside| inside.word(0) == "to") {
        addresses.extend((1..inside.words.len()).map(|index| (inside, index)));
    }
    let transport = Carried::of(line.inside(), configuration);
    for (at, index) in addresses {
        let default = (speaks == "http").then_some(80);
        match address::upstream(at.word(index), default) {
            Ok((targets, secure)) => found.extend(targets.into_iter().map(|target| Upstream {
                timeouts: transport.timeouts,
                from: transport.from.clone(),
                ..upstream(
                    target,
                    if secure || transport.secure { "https" } else { speaks },
                    Purpose::Traffic,
                    Transport::Tcp,
                    at.place_of(index),
                )
            })),
            Err(what) => configuration.refuse(at.place_of(index), what),
        }
    }
    for inside in line.inside() {
        match inside.word(0) {
            "dynamic" => found.extend(dynamic(inside)),
            "health_port" => {
                let port = inside.word(1).parse::<u16>().ok();
                let checks: Vec<Upstream> = found
                    .iter()
                    .filter_map(|each| match (&each.target, port) {
                        (Target::Host(host, _), Some(port)) => {
                            Some(Upstream { target: Target::Host(host.clone(), port), purpose: Purpose::Check, ..each.clone() })
                        }
                        _ => None,
                    })
                    .collect();
                found.extend(checks);
            }
            // What comes of an answer may hand on again.
            "handle_response" => site(inside.inside(), name, configuration, 1),
            _ => {}
        }
    }
    add(found, name, line.place(), configuration);
}

/// What `transport` says.
struct Carried {
    timeouts: Timeouts,
    from: Option<Host>,
    secure: bool,
}

impl Carried {
    fn of(lines: &[Segment], configuration: &mut Configuration) -> Self {
        let mut carried = Self { timeouts: Timeouts { connect: Some(DIAL), send: None, read: None }, from: None, secure: false };
        let transports = lines.iter().filter(|line| line.word(0) == "transport").flat_map(Segment::inside);
        // php_fastcgi takes some of these in its own block.
        for line in transports.chain(lines) {
            match line.word(0) {
                "dial_timeout" => carried.timeouts.connect = duration(line.word(1)).or(carried.timeouts.connect),
                "response_header_timeout" | "read_timeout" => carried.timeouts.read = duration(line.word(1)),
                "write_timeout" => carried.timeouts.send = duration(line.word(1)),
                "local_address" => carried.from = line.word(1).parse().ok().map(Host::Ip),
                "tls" | "tls_insecure_skip_verify" | "tls_server_name" | "tls_client_auth" | "tls_trust_pool" => carried.secure = true,
                "resolvers" => resolvers(line, configuration),
                "forward_proxy_url" | "network_proxy" => {
                    configuration.doubt(line.place(), "it connects through another proxy: that leg is not audited");
                }
                _ => {}
            }
        }
        carried
    }
}

fn resolvers(line: &Segment, configuration: &mut Configuration) {
    for index in 1..line.words.len() {
        let text = line.word(index);
        let text = text.strip_prefix("udp/").or_else(|| text.strip_prefix("tcp/")).unwrap_or(text);
        if let Ok((targets, _)) = address::upstream(text, Some(53)) {
            for target in targets {
                for transport in [Transport::Udp, Transport::Tcp] {
                    configuration.upstreams.push(upstream(target.clone(), "dns", Purpose::Resolver, transport, line.place_of(index)));
                }
            }
        }
    }
}

/// `dynamic a app 9000` is a name and a port; `srv` and others are known only when a request comes.
fn dynamic(line: &Segment) -> Vec<Upstream> {
    let of = |name: &str| line.inside().iter().find(|inside| inside.word(0) == name).map(|inside| inside.word(1));
    let make = |target: Target| upstream(target, "http", Purpose::Traffic, Transport::Tcp, line.place());
    let text = line.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    if line.word(1) != "a" {
        return vec![make(Target::Unknown(text))];
    }
    let name = of("name").unwrap_or_else(|| line.word(2));
    let port = of("port").unwrap_or_else(|| line.word(3));
    let port = if port.is_empty() { Some(80) } else { port.parse().ok() };
    match port {
        Some(port) if !name.is_empty() && !name.contains('{') => vec![make(Target::Host(host(name), port))],
        _ => vec![make(Target::Unknown(text))],
    }
}

fn host(text: &str) -> Host {
    text.parse().map_or_else(|_| Host::Name(text.to_owned()), Host::Ip)
}

/// `log { output net 10.0.0.9:514 }`
pub fn log(line: &Segment, configuration: &mut Configuration) {
    for output in line.inside().iter().filter(|inside| inside.word(0) == "output" && inside.word(1) == "net") {
        let text = output.word(2);
        let transport = if text.starts_with("udp/") { Transport::Udp } else { Transport::Tcp };
        match address::upstream(text, None) {
            Ok((targets, _)) => {
                let peers = targets.into_iter().map(|target| upstream(target, "log", Purpose::Peer, transport, output.place()));
                configuration.upstreams.extend(peers);
            }
            Err(what) => configuration.refuse(output.place_of(2), what),
        }
    }
}

/// `1m30s`, `500ms`, `1d` (`caddy.ParseDuration`).
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (digits, after) = rest.split_at_checked(end)?;
        let number: f64 = digits.parse().ok()?;
        let units = [("ms", 0.001), ("us", 0.000_001), ("ns", 0.000_000_001), ("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, seconds) = units.iter().find(|(unit, _)| after.starts_with(unit))?;
        whole = whole.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = after.get(unit.len()..)?;
    }
    Some(whole).filter(|_| !text.is_empty())
}
