//! The parts of a URL that decide where a connection goes to.

use std::net::IpAddr;

use super::Host;

/// `scheme://host:port/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    pub scheme: String,
    pub host: Host,
    pub port: Option<u16>,
}

/// Reads a URL, or `host:port` alone. None if there is no host or no number where the port is.
#[must_use]
pub fn read(text: &str) -> Option<Url> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) => Some(digits.parse().ok()?),
    };
    if host.is_empty() && port.is_none() {
        return None;
    }
    let host = match host {
        "" => Host::Ip(std::net::Ipv4Addr::LOCALHOST.into()),
        host => host.parse::<IpAddr>().map_or_else(|_| Host::Name(host.to_owned()), Host::Ip),
    };
    Some(Url { scheme: scheme.to_lowercase(), host, port })
}

impl Url {
    /// The port, or the one that the scheme stands for.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port.or(match self.scheme.as_str() {
            "http" | "ws" | "h2c" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let of = |text: &str| read(text).map(|url| (url.host.clone(), url.port()));
        assert_eq!(of("https://u:p@app/x?y"), Some((Host::Name("app".into()), Some(443))));
        assert_eq!(of("[::1]:80"), Some((Host::Ip("::1".parse().expect("v6")), Some(80))));
        assert_eq!(of("10.0.0.1"), Some((Host::Ip("10.0.0.1".parse().expect("v4")), None)));
        assert_eq!(of("http://a:x"), None);
        assert_eq!(of(""), None);
    }
}
