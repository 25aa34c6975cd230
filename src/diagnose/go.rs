//! What Go's `net` says when it can't connect, in the logs of Caddy, Traefik and whatever else is written in Go: `dial tcp 10.0.3.12:8080: connect: connection refused`
//! (`net.OpError`). Its words for error numbers are a table of its own (`syscall/zerrors_linux_*.go`), the same everywhere.

use super::{Event, Phase};

/// The words that come after an address, and their numbers.
const WORDS: [(&str, u32); 8] = [
    ("i/o timeout", 110),
    ("connect: connection refused", 111),
    ("connect: no route to host", 113),
    ("connect: network is unreachable", 101),
    ("connect: permission denied", 13),
    ("connect: operation not permitted", 1),
    ("connect: protocol not available", 92),
    ("connect: connection timed out", 110),
];

/// Reads a line about a connection that did not come about.
pub(super) fn read(line: &str) -> Option<Event> {
    let (_, rest) = line.split_once("dial tcp ")?;
    // The own address, if one was asked for: `10.0.0.1:0->10.0.0.5:80`.
    let (address, why) = rest.split_once(": ")?;
    let address = address.rsplit("->").next()?.parse().ok()?;
    let (_, errno) = WORDS.iter().find(|(words, _)| why.starts_with(words))?;
    Some(Event::of_proxy("go", Phase::Connecting, Some(*errno), address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_caddy_and_traefik() {
        let caddy = r#"{"level":"error","ts":1.5,"logger":"http.log.error","msg":"dial tcp 10.0.3.12:8080: connect: connection refused","status":502}"#;
        assert_eq!(read(caddy).map(|event| (event.flow(), event.errno)), Some(("tcp local -> 10.0.3.12:8080".into(), Some(111))));
        let traefik = r#"time="2026-01-02T03:04:05Z" level=debug msg="'502 Bad Gateway' caused by: dial tcp [2001:db8::5]:80: connect: no route to host""#;
        assert_eq!(read(traefik).map(|event| (event.flow(), event.errno)), Some(("tcp local -> [2001:db8::5]:80".into(), Some(113))));
        assert_eq!(read("dial tcp 10.0.0.1:0->10.0.0.5:80: i/o timeout").and_then(|event| event.errno), Some(110));
        assert_eq!(read("dial tcp: lookup app: no such host"), None);
        assert_eq!(read("dial tcp 10.0.0.5:80: something else"), None);
    }
}
