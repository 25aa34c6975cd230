//! Addresses of Caddy: those of sites, of listeners (`tcp4/0.0.0.0:80`) and of upstreams.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::{Address, Host, Target, Transport};

/// `scheme://host:port/path` of a site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    pub scheme: String,
    pub host: String,
    pub port: Option<u16>,
    /// A placeholder of which nothing is known.
    pub unknown: bool,
}

/// Reads a site's address (`ParseAddress`). What is wrong with it, in Caddy's words.
pub fn site(text: &str) -> Result<Site, String> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    match scheme {
        "" | "http" | "https" => {}
        "ws" | "wss" => {
            return Err(format!("the scheme {scheme}:// is only supported in browsers; use {}:// instead", scheme.replace("ws", "http")));
        }
        other => return Err(format!("unsupported URL scheme {other}://")),
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = split(authority);
    let mut site = Site { scheme: scheme.to_owned(), host: host.to_owned(), port: None, unknown: authority.contains("{$") };
    if !port.is_empty() && !site.unknown && !port.contains('{') {
        let number: i64 = port.parse().map_err(|_| format!("invalid port '{port}'"))?;
        site.port = Some(u16::try_from(number).map_err(|_| format!("port {port} is out of range"))?);
    }
    Ok(site)
}

/// Host and port; an IPv6 address with a port stands in brackets, which are taken off.
fn split(text: &str) -> (&str, &str) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').unwrap_or_default());
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.contains('{') => (host, port),
        _ => (text, ""),
    }
}

/// `tcp4/0.0.0.0:80`, `:8000-8010`, `unix//run/x`, `fd/3`: where a listener is bound, and what it takes (`ParseNetworkAddress`). Without a
/// port `default` is meant.
#[must_use]
pub fn listener(text: &str, default: u16) -> (Address, Transport, Option<bool>) {
    let known =
        ["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "unixgram", "unixpacket", "unix+h2c", "fd", "fdgram", "ip", "ip4", "ip6"];
    let (network, rest) = match text.split_once('/') {
        Some((network, rest)) if known.contains(&network) => (network, rest),
        _ => ("tcp", text),
    };
    let transport = if network.starts_with("udp") || network == "fdgram" { Transport::Udp } else { Transport::Tcp };
    if network.starts_with("unix") {
        // Permissions may follow the path.
        return (Address::Unix(rest.split('|').next().unwrap_or_default().to_owned()), transport, None);
    }
    if network.starts_with("fd") || rest.contains('{') {
        return (Address::Unknown(text.to_owned()), transport, None);
    }
    let (host, port) = split(rest);
    let (low, high) = if port.is_empty() { (Some(default), Some(default)) } else { range(port) };
    let (Some(low), Some(high)) = (low, high) else { return (Address::Unknown(text.to_owned()), transport, None) };
    let address = match host {
        "" if network.ends_with('4') => Address::Ip(Ipv4Addr::UNSPECIFIED.into(), low, high),
        "" => Address::Ip(Ipv6Addr::UNSPECIFIED.into(), low, high),
        host => host.parse::<IpAddr>().map_or_else(|_| Address::Name(host.to_owned(), low, high), |ip| Address::Ip(ip, low, high)),
    };
    // Go makes one socket for both versions of a wildcard without a version.
    let both = matches!(address, Address::Ip(IpAddr::V6(ip), ..) if ip.is_unspecified()) && !network.ends_with('6');
    (address, transport, Some(!both))
}

fn range(text: &str) -> (Option<u16>, Option<u16>) {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    (low.parse().ok(), high.parse().ok())
}

/// Ports of one upstream beyond these are not told one by one.
const MOST_PORTS: u16 = 1000;

/// Where an upstream of `reverse_proxy` is (`parseUpstreamDialAddress`), and whether TLS is spoken; `default` is the port where none is
/// written. What is wrong with it, in Caddy's words.
pub fn upstream(text: &str, default: Option<u16>) -> Result<(Vec<Target>, bool), String> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let default = match scheme {
        "http" | "h2c" => Some(80),
        "https" => Some(443),
        _ => default,
    };
    let secure = scheme == "https";
    if let Some((network, path)) = rest.split_once('/').filter(|(network, _)| network.starts_with("unix")) {
        let _ = network;
        return Ok((vec![Target::Unix(path.to_owned())], secure));
    }
    let rest = match scheme {
        "" => ["tcp/", "tcp4/", "tcp6/", "udp/"].iter().find_map(|network| rest.strip_prefix(network)).unwrap_or(rest),
        _ if rest.trim_end_matches('/').contains('/') => {
            return Err(format!("for now, URLs for proxy upstreams only support scheme, host, and port components: {text}"));
        }
        _ => rest.trim_end_matches('/'),
    };
    let unknown = || Ok((vec![Target::Unknown(text.to_owned())], secure));
    let (host, port) = split_placeholders(rest);
    if host.contains('{') || port.contains('{') {
        return unknown();
    }
    let (low, high) = if port.is_empty() { (default, default) } else { range(port) };
    let (Some(low), Some(high)) = (low, high) else { return Err(format!("invalid dial address {text}: missing or invalid port")) };
    if low > high || high - low > MOST_PORTS {
        return unknown();
    }
    let host = match host {
        // Go dials the loopback address of version 4 then.
        "" => Host::Ip(Ipv4Addr::LOCALHOST.into()),
        host => host.parse::<IpAddr>().map_or_else(|_| Host::Name(host.to_owned()), Host::Ip),
    };
    Ok(((low..=high).map(|port| Target::Host(host.clone(), port)).collect(), secure))
}

/// A placeholder may hold colons.
fn split_placeholders(text: &str) -> (&str, &str) {
    if text.starts_with('{') && text.ends_with('}') && text.matches('{').count() == 1 { (text, "") } else { split(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites() {
        let of = |text: &str| site(text).map(|site| (site.scheme, site.host, site.port));
        assert_eq!(of("example.com"), Ok(("".into(), "example.com".into(), None)));
        assert_eq!(of("http://[::1]:81/x"), Ok(("http".into(), "::1".into(), Some(81))));
        assert_eq!(of(":8080"), Ok(("".into(), "".into(), Some(8080))));
        assert_eq!(of("a:70000"), Err("port 70000 is out of range".into()));
        assert_eq!(of("foo://a"), Err("unsupported URL scheme foo://".into()));
    }

    #[test]
    fn upstreams_and_listeners() {
        let ip = |ip: &str, port| Target::Host(Host::Ip(ip.parse().expect("an address")), port);
        let name = |name: &str, port| Target::Host(Host::Name(name.into()), port);
        for (text, targets) in [
            ("10.0.0.1:80", vec![ip("10.0.0.1", 80)]),
            ("app", vec![name("app", 80)]),
            (":9000", vec![ip("127.0.0.1", 9000)]),
            ("https://app", vec![name("app", 443)]),
            ("[::1]:81", vec![ip("::1", 81)]),
            ("app:1-2", vec![name("app", 1), name("app", 2)]),
            ("unix//run/x", vec![Target::Unix("/run/x".into())]),
            ("{http.x}:80", vec![Target::Unknown("{http.x}:80".into())]),
        ] {
            assert_eq!(upstream(text, Some(80)).expect("it is taken").0, targets, "{text}");
        }
        assert!(upstream("http://a/x", None).is_err());
        let any = |low, high| Address::Ip("::".parse().expect("any"), low, high);
        assert_eq!(listener(":80-81", 1), (any(80, 81), Transport::Tcp, Some(false)));
        assert_eq!(listener("udp/:53", 1), (any(53, 53), Transport::Udp, Some(false)));
        assert_eq!(listener("tcp4/0.0.0.0", 443).0, Address::Ip("0.0.0.0".parse().expect("any"), 443, 443));
        assert_eq!(listener("unix//run/x|0200", 443).0, Address::Unix("/run/x".into()));
    }
}
