//! URLs of mod_proxy: `http://host:port/path`, `unix:/path|fcgi://host/`, `balancer://name`.

use std::net::IpAddr;

use super::super::{Host, Target};

/// Where a URL leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Led {
    To(Target, &'static str),
    Balancer(String),
    /// Nowhere: it is handed on to nobody (`!`, a path of this server).
    Nowhere,
}

/// Schemes with their default ports and what is spoken (`ap_proxy_port_of_scheme`, `ap_proxy_canon_netloc`).
const SCHEMES: [(&str, u16); 16] = [
    ("http", 80),
    ("https", 443),
    ("ws", 80),
    ("wss", 443),
    ("h2", 443),
    ("h2c", 80),
    ("ajp", 8009),
    ("fcgi", 8000),
    ("scgi", 4000),
    ("uwsgi", 3031),
    ("ftp", 21),
    ("ldap", 389),
    ("ldaps", 636),
    ("connect", 443),
    ("gopher", 70),
    ("tcp", 0),
];

/// What decides at a request: captures, variables, maps.
const VARIABLE: [char; 2] = ['$', '%'];

/// Reads a URL. What is wrong with it, in httpd's words.
pub fn read(url: &str) -> Result<Led, String> {
    if url == "!" {
        return Ok(Led::Nowhere);
    }
    if let Some((socket, rest)) = url.get(..5).filter(|start| start.eq_ignore_ascii_case("unix:")).and_then(|_| url.split_once('|')) {
        let path = socket.get(5..).unwrap_or_default();
        let speaks = rest.split_once(':').map_or("http", |(scheme, _)| speaks(scheme));
        let target = if path.contains(VARIABLE) { Target::Unknown(url.to_owned()) } else { Target::Unix(path.to_owned()) };
        return Ok(Led::To(target, speaks));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return match url.contains(VARIABLE) {
            true => Ok(Led::To(Target::Unknown(url.to_owned()), "http")),
            false => Err("ProxyPass|ProxyPassMatch unable to parse URL".into()),
        };
    };
    let scheme = scheme.to_lowercase();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if scheme == "balancer" {
        return Ok(Led::Balancer(authority.to_lowercase()));
    }
    let Some((known, default)) = SCHEMES.iter().find(|(name, _)| *name == scheme) else {
        return Ok(Led::To(Target::Unknown(url.to_owned()), "tcp"));
    };
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let unknown = || Ok(Led::To(Target::Unknown(url.to_owned()), known));
    let (host, port) = split(authority);
    // A capture right behind a whole port or host only brings the path.
    let host = match host.find(VARIABLE) {
        Some(_) => return unknown(),
        None => host,
    };
    let port = match port.find(VARIABLE) {
        Some(at) if at > 0 && rest.starts_with(authority) => port.get(..at).unwrap_or_default(),
        Some(_) => return unknown(),
        None => port,
    };
    if host.is_empty() {
        return Err("ProxyPass|ProxyPassMatch unable to parse URL".into());
    }
    let port = match port {
        "" => *default,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(port) => port,
            Err(_) => return unknown(),
        },
        _ => return Err("ProxyPass|ProxyPassMatch unable to parse URL".into()),
    };
    let host = host.parse::<IpAddr>().map_or_else(|_| Host::Name(host.to_owned()), Host::Ip);
    Ok(Led::To(Target::Host(host, port), known))
}

fn speaks(scheme: &str) -> &'static str {
    SCHEMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme)).map_or("http", |(name, _)| name)
}

fn split(authority: &str) -> (&str, &str) {
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').unwrap_or_default());
    }
    authority.split_once(':').unwrap_or((authority, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_mod_proxy() {
        let ip = |ip: &str, port, speaks| Ok(Led::To(Target::Host(Host::Ip(ip.parse().expect("an address")), port), speaks));
        let name = |name: &str, port, speaks| Ok(Led::To(Target::Host(Host::Name(name.into()), port), speaks));
        for (url, led) in [
            ("http://10.0.0.1:8080/x", ip("10.0.0.1", 8080, "http")),
            ("https://App.example/", name("App.example", 443, "https")),
            ("fcgi://127.0.0.1:9000/var/www/$1", ip("127.0.0.1", 9000, "fcgi")),
            ("http://[fd00::1]:81", ip("fd00::1", 81, "http")),
            ("ajp://app", name("app", 8009, "ajp")),
            ("http://app:8080$1", name("app", 8080, "http")),
            ("http://user:pass@app:81/", name("app", 81, "http")),
            ("balancer://Cluster/x", Ok(Led::Balancer("cluster".into()))),
            ("unix:/run/php.sock|fcgi://localhost/", Ok(Led::To(Target::Unix("/run/php.sock".into()), "fcgi"))),
            ("http://%{HTTP_HOST}/x", Ok(Led::To(Target::Unknown("http://%{HTTP_HOST}/x".into()), "http"))),
            ("http://$1:80/", Ok(Led::To(Target::Unknown("http://$1:80/".into()), "http"))),
            ("!", Ok(Led::Nowhere)),
        ] {
            assert_eq!(read(url), led, "{url}");
        }
        assert!(read("foo").is_err() && read("http:///x").is_err() && read("http://a:x/").is_err());
    }
}
