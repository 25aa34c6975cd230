//! What the clients of a proxy see when one of its legs is stopped, and what the proxy logs: measured for nginx 1.22, haproxy 2.6, httpd 2.4 and
//! Caddy 2.6, told by the sources of Traefik and Envoy.

use std::time::Duration;

use serde::Serialize;

use super::judge::{Judged, Leg};
use crate::gateway::{Role, proxy::Purpose};

/// What is seen of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// The status of HTTP; none where the proxy speaks no HTTP with its clients, or answers by another server.
    pub status: Option<u16>,
    /// Seconds after which it comes; none for at once, or where nothing limits it.
    pub after: Option<f64>,
    /// The setting that decides how long it takes.
    pub setting: Option<&'static str>,
    /// What the proxy's log holds.
    pub log: Option<String>,
}

const TIMEOUT: u32 = 110;

/// How a leg fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// No connection in time.
    NoConnection,
    /// The kernel says no at once.
    Refused(u32),
    /// A connection, and then no answer.
    NoAnswer,
}

/// How a sender gets to know that its packets are stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// `connect` itself fails: no packet is ever sent.
    AtConnect,
    /// By a packet, or the kernel's patience, so long after the first packet.
    After(Duration),
}

/// What one proxy makes of it: status, setting, log.
type Answer = (u16, &'static str, String);

/// What the clients of the proxy that sends this see.
#[must_use]
pub fn of(judged: &Judged, leg: Leg, errno: u32, telling: Telling) -> Option<Seen> {
    let wanted = judged.flow.wanted.as_ref().filter(|wanted| judged.flow.role == Role::Upstream && wanted.purpose == Purpose::Traffic)?;
    // Who loses patience before the kernel does never hears it.
    let too_late = matches!(telling, Telling::After(delay) if wanted.timeouts.connect.is_some_and(|limit| limit <= delay));
    let failure = match (leg, errno) {
        (Leg::Rest, _) => Failure::NoAnswer,
        (_, TIMEOUT) => Failure::NoConnection,
        _ if too_late => Failure::NoConnection,
        (_, errno) => Failure::Refused(errno),
    };
    let (status, setting, log) = match wanted.proxy {
        "nginx" => nginx(failure, wanted.speaks, (telling == Telling::AtConnect).then(|| judged.to()).as_deref()),
        "haproxy" => haproxy(failure),
        "apache" => apache(failure),
        "caddy" => caddy(failure),
        "traefik" => traefik(failure),
        "envoy" => envoy(failure),
        _ => return None,
    };
    let limit = match failure {
        Failure::NoConnection => wanted.timeouts.connect,
        Failure::Refused(_) => None,
        Failure::NoAnswer => wanted.timeouts.read,
    };
    let http = !matches!(wanted.speaks, "tcp" | "tls" | "udp");
    // Without a limit an answer is waited for as long as the client does.
    let hangs = failure == Failure::NoAnswer && limit.is_none();
    Some(Seen {
        status: Some(status).filter(|_| http && !hangs),
        after: limit.as_ref().map(Duration::as_secs_f64),
        setting: limit.map(|_| setting),
        log: Some(log).filter(|_| !hangs),
    })
}

/// `strerror` of glibc.
fn words(errno: u32) -> &'static str {
    match errno {
        1 => "Operation not permitted",
        2 => "No such file or directory",
        13 => "Permission denied",
        22 => "Invalid argument",
        92 => "Protocol not available",
        101 => "Network is unreachable",
        110 => "Connection timed out",
        111 => "Connection refused",
        113 => "No route to host",
        _ => "error",
    }
}

/// `to` is the upstream where `connect` itself fails (`ngx_event_connect_peer`), none where the kernel tells later.
fn nginx(failure: Failure, speaks: &str, to: Option<&str>) -> Answer {
    let settings = match speaks {
        "fastcgi" => ["fastcgi_connect_timeout", "fastcgi_read_timeout"],
        "uwsgi" | "suwsgi" => ["uwsgi_connect_timeout", "uwsgi_read_timeout"],
        "scgi" => ["scgi_connect_timeout", "scgi_read_timeout"],
        "grpc" | "grpcs" => ["grpc_connect_timeout", "grpc_read_timeout"],
        "memcached" => ["memcached_connect_timeout", "memcached_read_timeout"],
        "tcp" | "udp" => ["proxy_connect_timeout", "proxy_timeout"],
        _ => ["proxy_connect_timeout", "proxy_read_timeout"],
    };
    let [connect, read] = settings;
    match failure {
        Failure::NoConnection => (504, connect, "upstream timed out (110: Connection timed out) while connecting to upstream".into()),
        Failure::Refused(errno) => {
            let to = to
                .map(|to| if to.starts_with("unix:") { to } else { to.split('/').next().unwrap_or(to) })
                .map_or_else(String::new, |to| format!("to {to} "));
            (502, connect, format!("connect() {to}failed ({errno}: {}) while connecting to upstream", words(errno)))
        }
        Failure::NoAnswer => {
            (504, read, "upstream timed out (110: Connection timed out) while reading response header from upstream".into())
        }
    }
}

fn haproxy(failure: Failure) -> Answer {
    match failure {
        Failure::NoConnection => (503, "timeout connect, with retries", "sC--".into()),
        Failure::Refused(_) => (503, "timeout connect", "SC--".into()),
        Failure::NoAnswer => (504, "timeout server", "sH--".into()),
    }
}

fn apache(failure: Failure) -> Answer {
    let expired = "(70007)The timeout specified has expired";
    match failure {
        Failure::NoConnection => (503, "connectiontimeout, else ProxyTimeout or Timeout", format!("{expired}: AH00957")),
        Failure::Refused(errno) => (503, "connectiontimeout", format!("({errno}){}: AH00957", words(errno))),
        Failure::NoAnswer => (502, "timeout, else ProxyTimeout or Timeout", format!("{expired}: AH01102")),
    }
}

fn caddy(failure: Failure) -> Answer {
    match failure {
        Failure::NoConnection => (502, "dial_timeout", "i/o timeout".into()),
        Failure::Refused(errno) => (502, "dial_timeout", format!("connect: {}", words(errno).to_lowercase())),
        Failure::NoAnswer => (504, "response_header_timeout", "net/http: timeout awaiting response headers".into()),
    }
}

fn traefik(failure: Failure) -> Answer {
    match failure {
        Failure::NoConnection => (504, "dialTimeout", "i/o timeout".into()),
        Failure::Refused(errno) => (502, "dialTimeout", format!("connect: {}", words(errno).to_lowercase())),
        Failure::NoAnswer => (504, "responseHeaderTimeout", "net/http: timeout awaiting response headers".into()),
    }
}

fn envoy(failure: Failure) -> Answer {
    match failure {
        Failure::NoConnection => (503, "connect_timeout", "UF connection timeout".into()),
        Failure::Refused(errno) => (503, "connect_timeout", format!("UF delayed connect error: {errno}")),
        Failure::NoAnswer => (504, "the route's timeout", "UT".into()),
    }
}

impl Seen {
    /// `504 after 60 s (proxy_connect_timeout); log: …`; empty if nothing is known.
    #[must_use]
    pub fn words(&self) -> String {
        let status = self.status.map_or_else(|| "the connection is closed".to_owned(), |status| status.to_string());
        let after = self.after.map_or_else(String::new, |after| format!(" after {after} s"));
        let setting = self.setting.map_or_else(String::new, |setting| format!(" ({setting})"));
        let log = self.log.as_ref().map_or_else(String::new, |log| format!("; log: {log}"));
        if self.status.is_none() && self.log.is_none() {
            "no answer, as nothing limits the wait".into()
        } else {
            format!("{status}{after}{setting}{log}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_told() {
        assert_eq!(nginx(Failure::NoConnection, "fastcgi", None).1, "fastcgi_connect_timeout");
        let at_once = nginx(Failure::Refused(13), "http", Some("10.0.0.1:80/tcp")).2;
        assert_eq!(at_once, "connect() to 10.0.0.1:80 failed (13: Permission denied) while connecting to upstream");
        assert_eq!(nginx(Failure::Refused(113), "http", None).2, "connect() failed (113: No route to host) while connecting to upstream");
        assert_eq!([haproxy(Failure::NoConnection).0, apache(Failure::NoAnswer).0, caddy(Failure::Refused(111)).0], [503, 502, 502]);
        let log = Some("sC--".to_owned());
        let seen = Seen { status: Some(503), after: Some(20.0), setting: Some("timeout connect, with retries"), log };
        assert_eq!(seen.words(), "503 after 20 s (timeout connect, with retries); log: sC--");
    }
}
