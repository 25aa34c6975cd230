//! Addresses as `str2sa_range` reads them: `host:port`, `host:low-high`, `host:+offset`, sockets, with family and protocol before an `@`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{super::Host, environment::Environment, lexer::Word};

/// An address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host, port, and whether it was forced to be a datagram's.
    Ip(Host, Port, Kind),
    /// A socket file; abstract if it starts with `@`.
    Unix(String),
    /// A socket that was there before haproxy started (`fd@3`, `sockpair@4`), or a connection turned round (`rhttp@`).
    Inherited(String),
    /// A variable in it is not known.
    Unknown(String),
}

/// What stands after the last colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    None,
    One(u16),
    Range(u16, u16),
    /// So much more or less than the port that the client connected to.
    Offset(i32),
}

/// How it is spoken with, if the address says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Default,
    Stream,
    Datagram,
    Quic,
}

/// What may stand where the address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// A port has to be there.
    pub port: bool,
    /// A range of ports may be there.
    pub range: bool,
    /// An offset may be there.
    pub offset: bool,
}

/// For `bind`.
pub const BIND: Takes = Takes { port: true, range: true, offset: false };
/// For `server`.
pub const SERVER: Takes = Takes { port: false, range: false, offset: true };
/// For `source`.
pub const SOURCE: Takes = Takes { port: false, range: true, offset: false };
/// For everything else.
pub const PLAIN: Takes = Takes { port: false, range: false, offset: false };

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Any,
    V4,
    V6,
}

/// Reads an address. What is wrong with it, in haproxy's words.
pub fn parse(word: &Word, takes: Takes, environment: &Environment<'_>) -> Result<Address, String> {
    if word.unknown {
        return Ok(Address::Unknown(word.text.clone()));
    }
    match environment.expanded(&word.text) {
        Some(text) => read(&text, takes),
        None => Ok(Address::Unknown(word.text.clone())),
    }
}

/// Reads an address without variables.
pub fn read(text: &str, takes: Takes) -> Result<Address, String> {
    if text.is_empty() {
        return Err("invalid address: ''".into());
    }
    let (mut kind, mut rest) = (Kind::Default, text);
    for (prefix, forced) in [("stream+", Kind::Stream), ("dgram+", Kind::Datagram)] {
        if let Some(after) = rest.strip_prefix(prefix) {
            (kind, rest) = (forced, after);
        }
    }
    let prefixes = [
        ("ip@", Family::Any, Kind::Default),
        ("ipv4@", Family::V4, Kind::Default),
        ("ipv6@", Family::V6, Kind::Default),
        ("tcp@", Family::Any, Kind::Stream),
        ("tcp4@", Family::V4, Kind::Stream),
        ("tcp6@", Family::V6, Kind::Stream),
        ("mptcp@", Family::Any, Kind::Stream),
        ("mptcp4@", Family::V4, Kind::Stream),
        ("mptcp6@", Family::V6, Kind::Stream),
        ("udp@", Family::Any, Kind::Datagram),
        ("udp4@", Family::V4, Kind::Datagram),
        ("udp6@", Family::V6, Kind::Datagram),
        ("quic@", Family::Any, Kind::Quic),
        ("quic4@", Family::V4, Kind::Quic),
        ("quic6@", Family::V6, Kind::Quic),
    ];
    let mut family = Family::Any;
    let known = prefixes.iter().find_map(|(prefix, family, kind)| Some((rest.strip_prefix(prefix)?, *family, *kind)));
    if let Some((after, of, forced)) = known {
        (rest, family) = (after, of);
        kind = if forced == Kind::Default { kind } else { forced };
    } else if let Some(path) = ["unix@", "uxst@", "uxdg@"].iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        return Ok(Address::Unix(path.to_owned()));
    } else if let Some(name) = ["abns@", "abnsz@"].iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        return Ok(Address::Unix(format!("@{name}")));
    } else if ["fd@", "sockpair@", "rhttp@", "rev@"].iter().any(|prefix| rest.starts_with(prefix)) {
        return Ok(Address::Inherited(rest.to_owned()));
    } else if rest.starts_with('/') {
        return Ok(Address::Unix(rest.to_owned()));
    }
    let (host, port) = match rest.rfind([':', ']']) {
        Some(at) if rest.as_bytes().get(at) == Some(&b':') => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        _ => (rest, ""),
    };
    let port = self::port(port, text, takes)?;
    Ok(Address::Ip(self::host(host, family, text)?, port, kind))
}

fn port(written: &str, text: &str, takes: Takes) -> Result<Port, String> {
    let number = |digits: &str| {
        // `atoi` stops at what is no digit.
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        let value = digits.get(..end).unwrap_or_default().parse::<u32>().unwrap_or(u32::MAX);
        u16::try_from(value).map_err(|_| format!("invalid port '{digits}'"))
    };
    let offset = |digits: &str, sign: i32| match digits.parse::<i32>() {
        Ok(number) if takes.offset && number < 65536 => Ok(Port::Offset(sign * number)),
        Ok(_) => Err(format!("port offset not permitted here in '{text}'")),
        Err(_) => Err(format!("invalid port offset in '{text}'")),
    };
    match written.chars().next() {
        None if takes.port => Err(format!("missing port specification in '{text}'")),
        None => Ok(Port::None),
        Some('0'..='9') => match written.split_once('-') {
            Some(_) if !takes.range => Err(format!("port range not permitted here in '{text}'")),
            Some((low, high)) => {
                let (low, high) = (number(low)?, number(high)?);
                match (low, high) {
                    (0, _) => Err("invalid port '0'".into()),
                    (low, high) if low > high => Err(format!("invalid port range '{low}-{high}'")),
                    (low, high) => Ok(Port::Range(low, high)),
                }
            }
            None => match number(written)? {
                0 if takes.port => Err("invalid port '0'".into()),
                // As if none were written.
                0 => Ok(Port::None),
                one => Ok(Port::One(one)),
            },
        },
        Some('+') => offset(written.get(1..).unwrap_or_default(), 1),
        Some('-') => offset(written.get(1..).unwrap_or_default(), -1),
        Some(other) => Err(format!("invalid character '{other}' in port number '{written}' in '{text}'")),
    }
}

/// `str2ip2`.
fn host(written: &str, family: Family, text: &str) -> Result<Host, String> {
    let invalid = || format!("invalid address: '{written}' in '{text}'");
    let plain = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(written);
    if matches!(plain, "" | "*") {
        return Ok(Host::Ip(if family == Family::V6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }));
    }
    if family != Family::V4
        && let Ok(address) = plain.parse::<Ipv6Addr>()
    {
        return Ok(Host::Ip(address.into()));
    }
    if family != Family::V6
        && let Ok(address) = plain.parse::<Ipv4Addr>()
    {
        return Ok(Host::Ip(address.into()));
    }
    let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let fits = plain.len() <= 255 && plain.split('.').all(|label| label.len() <= 63) && plain.chars().all(letter);
    // Numbers and dots alone are no name to the resolver either, unless it takes them for an address in short.
    let address = plain.parse::<IpAddr>().is_ok();
    if fits && !address { Ok(Host::Name(plain.to_owned())) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_all_forms() {
        let ip = |ip: &str, port| Ok(Address::Ip(Host::Ip(ip.parse().expect("an address")), port, Kind::Default));
        let name = |name: &str, port| Ok(Address::Ip(Host::Name(name.into()), port, Kind::Default));
        for (text, takes, address) in [
            (":80", BIND, ip("0.0.0.0", Port::One(80))),
            ("*:80-82", BIND, ip("0.0.0.0", Port::Range(80, 82))),
            (":::80", BIND, ip("::", Port::One(80))),
            ("[::]:80", BIND, ip("::", Port::One(80))),
            ("ipv6@:80", BIND, ip("::", Port::One(80))),
            ("ipv4@10.0.0.1:80", BIND, ip("10.0.0.1", Port::One(80))),
            ("2001:db8::1:443", BIND, ip("2001:db8::1", Port::One(443))),
            ("/run/x.sock", BIND, Ok(Address::Unix("/run/x.sock".into()))),
            ("abns@x", BIND, Ok(Address::Unix("@x".into()))),
            ("fd@3", BIND, Ok(Address::Inherited("fd@3".into()))),
            ("10.0.0.1", BIND, Err("missing port specification in '10.0.0.1'".to_owned())),
            ("*:99999", BIND, Err("invalid port '99999'".to_owned())),
            ("*:9-8", BIND, Err("invalid port range '9-8'".to_owned())),
            ("*:x", BIND, Err("invalid character 'x' in port number 'x' in '*:x'".to_owned())),
            ("app.example", SERVER, name("app.example", Port::None)),
            ("10.0.0.1:+10", SERVER, ip("10.0.0.1", Port::Offset(10))),
            ("10.0.0.1:-10", SERVER, ip("10.0.0.1", Port::Offset(-10))),
            ("a/b:1", SERVER, Err("invalid address: 'a/b' in 'a/b:1'".to_owned())),
        ] {
            assert_eq!(read(text, takes), address, "{text}");
        }
        assert!(matches!(read("quic4@:443", BIND), Ok(Address::Ip(_, Port::One(443), Kind::Quic))));
        assert!(matches!(read("udp@10.0.0.1:514", PLAIN), Ok(Address::Ip(_, Port::One(514), Kind::Datagram))));
    }
}
