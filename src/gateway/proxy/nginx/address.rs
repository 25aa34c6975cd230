//! Addresses as nginx writes them (`ngx_parse_url`): `host`, `host:port`, `[v6]:port`, `unix:/path`, with a path behind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::Host;

/// An address of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// Host, and port if one is written.
    Host(Host, Option<u16>),
    /// A socket file.
    Unix(String),
}

/// The bytes of a socket's path (`sun_path`), with the zero at its end.
const LONGEST_PATH: usize = 108;

/// Reads where to connect to. With `path` a path may follow. What is wrong with it, in nginx' words.
pub fn upstream(text: &str, path: bool) -> Result<Parsed, &'static str> {
    if let Some(socket) = unix(text) {
        return unix_path(if path { socket.split(':').next().unwrap_or_default() } else { socket }).map(Parsed::Unix);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').ok_or("invalid host")?;
        let rest = without_path(rest, path)?;
        let port = match rest.strip_prefix(':') {
            Some(digits) => Some(port(digits)?),
            None if rest.is_empty() => None,
            None => return Err("invalid host"),
        };
        let address = v6(address)?;
        return Ok(Parsed::Host(Host::Ip(address), port));
    }
    let rest = without_path(text, path)?;
    let (host, port) = match rest.split_once(':') {
        Some((host, digits)) => (host, Some(port(digits)?)),
        None => (rest, None),
    };
    if host.is_empty() {
        return Err("no host");
    }
    Ok(Parsed::Host(self::host(host), port))
}

/// An address or a name.
#[must_use]
pub fn host(text: &str) -> Host {
    v4(text).map_or_else(|| Host::Name(text.to_owned()), |address| Host::Ip(address.into()))
}

/// A port. What is wrong with it, in nginx' words.
pub fn port(digits: &str) -> Result<u16, &'static str> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|&port| port != 0 && plain).ok_or("invalid port")
}

/// The path of `unix:path`, in any case (`ngx_strncasecmp`).
#[must_use]
pub fn unix(text: &str) -> Option<&str> {
    let (scheme, path) = text.split_at_checked("unix:".len())?;
    scheme.eq_ignore_ascii_case("unix:").then_some(path)
}

/// A socket file's path.
pub fn unix_path(path: &str) -> Result<String, &'static str> {
    match path.len() {
        0 => Err("no path in the unix domain socket"),
        LONGEST_PATH.. => Err("too long path in the unix domain socket"),
        _ => Ok(path.to_owned()),
    }
}

/// Four numbers (`ngx_inet_addr`), which may have leading zeros.
#[must_use]
pub fn v4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse::<u8>().ok()?;
    }
    // 255.255.255.255 is INADDR_NONE: to nginx it is no address.
    (parts.next().is_none() && octets != [255; 4]).then(|| octets.into())
}

/// An IPv6 address. What is wrong with it, in nginx' words.
pub fn v6(text: &str) -> Result<IpAddr, &'static str> {
    if text.is_empty() {
        return Err("no host");
    }
    text.parse::<Ipv6Addr>().map(IpAddr::from).map_err(|_| "invalid IPv6 address")
}

fn without_path(text: &str, path: bool) -> Result<&str, &'static str> {
    let separators: &[char] = &['/', '?'];
    match text.find(separators) {
        Some(_) if !path => Err("invalid host"),
        Some(at) => Ok(text.get(..at).unwrap_or_default()),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_to_connect_to() {
        let name = |name: &str, port| Ok(Parsed::Host(Host::Name(name.into()), port));
        let ip = |ip: &str, port| Ok(Parsed::Host(Host::Ip(ip.parse().expect("an address")), port));
        assert_eq!(upstream("app/x:1", true), name("app", None));
        assert_eq!(upstream("app:8080/x", true), name("app", Some(8080)));
        assert_eq!(upstream("app?x", true), name("app", None));
        assert_eq!(upstream("10.0.0.1:80", false), ip("10.0.0.1", Some(80)));
        assert_eq!(upstream("[fd00::1]:80/", true), ip("fd00::1", Some(80)));
        assert_eq!(upstream("[fd00::1]", false), ip("fd00::1", None));
        assert_eq!(upstream("unix:/run/a.sock:/x", true), Ok(Parsed::Unix("/run/a.sock".into())));
        assert_eq!(upstream("UNIX:/run/a:b", false), Ok(Parsed::Unix("/run/a:b".into())));
        assert_eq!(upstream("1.2.3", true), name("1.2.3", None));
        for (text, what) in [
            ("app/x", "invalid host"),
            ("app:0", "invalid port"),
            ("app:80a", "invalid port"),
            (":80", "no host"),
            ("", "no host"),
            ("[::1", "invalid host"),
            ("[x]:1", "invalid IPv6 address"),
            ("unix:", "no path in the unix domain socket"),
        ] {
            assert_eq!(upstream(text, false), Err(what), "{text}");
        }
    }
}
