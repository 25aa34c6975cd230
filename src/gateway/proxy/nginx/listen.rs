//! `listen` in all its forms, of http, stream and mail servers.

use std::net::{IpAddr, Ipv4Addr};

use super::{
    super::{Address, Configuration, Listen, Place, Transport},
    address,
    known::Context,
    tree::Directive,
};

/// Parameters without a value, and those of which a value follows; what else there is nginx refuses.
const PLAIN: [&str; 15] = [
    "default_server",
    "default",
    "bind",
    "deferred",
    "reuseport",
    "ssl",
    "http2",
    "spdy",
    "http3",
    "quic",
    "proxy_protocol",
    "udp",
    "multipath",
    "transparent",
    "on",
];
const VALUED: [&str; 9] =
    ["setfib=", "fastopen=", "backlog=", "rcvbuf=", "sndbuf=", "accept_filter=", "so_keepalive=", "ipv6only=", "protocol="];

/// The sockets of a server. `unprivileged` says that someone else than root starts it.
pub fn of_server(server: &Directive, context: Context, unprivileged: bool, configuration: &mut Configuration) -> Vec<Listen> {
    let mut listens: Vec<Listen> = Vec::new();
    for directive in server.children().iter().filter(|each| each.is("listen")) {
        match listen(directive, context) {
            Ok(listen) => {
                let same = |other: &&Listen| other.address == listen.address && other.transport == listen.transport;
                if listens.iter().any(|other| same(&other)) {
                    let text = directive.argument(0).unwrap_or_default();
                    configuration.refuse(directive.refused_at(), format!("a duplicate listen {text}"));
                }
                listens.push(listen);
            }
            Err(what) => {
                let text = directive.argument(0).unwrap_or_default();
                let what =
                    if what.starts_with("invalid parameter") { what } else { format!("{what} in \"{text}\" of the \"listen\" directive") };
                configuration.refuse(directive.refused_at(), what);
            }
        }
    }
    if listens.is_empty() && context == Context::Http && !server.children().iter().any(|each| each.is("listen")) {
        let port = if unprivileged { 8000 } else { 80 };
        listens.push(Listen {
            address: Address::Ip(Ipv4Addr::UNSPECIFIED.into(), port, port),
            transport: Transport::Tcp,
            tls: server.children().iter().any(|each| each.is("ssl") && each.argument(0) == Some("on")),
            v6only: None,
            device: None,
            place: server.place(),
        });
    }
    listens
}

fn listen(directive: &Directive, context: Context) -> Result<Listen, String> {
    let text = directive.argument(0).unwrap_or_default();
    let address = socket(text, (context == Context::Http).then_some(80))?;
    let mut parameters = directive.arguments.iter().skip(1).map(|word| word.text.as_str());
    let has = |name: &str| directive.arguments.iter().skip(1).any(|word| word.text == name);
    if let Some(odd) = parameters.find(|word| !PLAIN.contains(word) && !VALUED.iter().any(|name| word.starts_with(name))) {
        return Err(format!("invalid parameter \"{odd}\""));
    }
    let transport = match (has("quic") || has("http3"), has("udp")) {
        (true, _) => Transport::Quic,
        (_, true) => Transport::Udp,
        _ => Transport::Tcp,
    };
    // Since 1.3.4 an IPv6 socket takes no IPv4 unless it is told to.
    let v6only = !has("ipv6only=off");
    let place: Place = directive.place();
    Ok(Listen { address, transport, tls: has("ssl") || has("quic") || has("http3"), v6only: Some(v6only), device: None, place })
}

/// `ngx_parse_url` with `u->listen`; without a default a port has to be given.
fn socket(text: &str, default: Option<u16>) -> Result<Address, String> {
    if let Some(path) = address::unix(text) {
        return Ok(Address::Unix(address::unix_path(path)?));
    }
    let no_port = || "no port".to_owned();
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, rest) = rest.split_once(']').ok_or("invalid host")?;
        let (low, high) = match rest.strip_prefix(':') {
            Some(range) => ports(range)?,
            None if rest.is_empty() => default.map(|port| (port, port)).ok_or_else(no_port)?,
            None => return Err("invalid host".into()),
        };
        return Ok(Address::Ip(address::v6(ip)?, low, high));
    }
    if text.contains('/') || text.contains('?') {
        return Err("invalid host".into());
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        let (low, high) = ports(text)?;
        return Ok(Address::Ip(Ipv4Addr::UNSPECIFIED.into(), low, high));
    }
    let (host, (low, high)) = match text.split_once(':') {
        Some((host, range)) => (host, ports(range)?),
        None => (text, default.map(|port| (port, port)).ok_or_else(no_port)?),
    };
    match host {
        "" => Err("no host".into()),
        "*" => Ok(Address::Ip(Ipv4Addr::UNSPECIFIED.into(), low, high)),
        host => {
            Ok(address::v4(host).map_or_else(|| Address::Name(host.to_owned(), low, high), |ip| Address::Ip(IpAddr::V4(ip), low, high)))
        }
    }
}

fn ports(range: &str) -> Result<(u16, u16), String> {
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    let (low, high) = (address::port(low)?, address::port(high)?);
    if low > high { Err("invalid port range".into()) } else { Ok((low, high)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_in_all_forms() {
        let ip = |text: &str, low, high| Ok(Address::Ip(text.parse().expect("an address"), low, high));
        for (text, address) in [
            ("80", ip("0.0.0.0", 80, 80)),
            ("*:81", ip("0.0.0.0", 81, 81)),
            ("*", ip("0.0.0.0", 80, 80)),
            ("10.0.0.1", ip("10.0.0.1", 80, 80)),
            ("10.0.0.1:8000-8003", ip("10.0.0.1", 8000, 8003)),
            ("9000-9001", ip("0.0.0.0", 9000, 9001)),
            ("[::]:443", ip("::", 443, 443)),
            ("[::1]", ip("::1", 80, 80)),
            ("localhost:8080", Ok(Address::Name("localhost".into(), 8080, 8080))),
            ("unix:/run/x", Ok(Address::Unix("/run/x".into()))),
            ("0", Err("invalid port".to_owned())),
            ("70000", Err("invalid port".to_owned())),
            ("9-8", Err("invalid port range".to_owned())),
            ("a/b", Err("invalid host".to_owned())),
            (":80", Err("no host".to_owned())),
        ] {
            assert_eq!(socket(text, Some(80)), address, "{text}");
        }
        assert_eq!(socket("127.0.0.1", None), Err("no port".to_owned()));
    }
}
