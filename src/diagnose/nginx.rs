//! nginx's error log: `… upstream timed out (110: …) while connecting to upstream, client: …, upstream: "http://10.0.0.5:80/"`
//! (`ngx_http_upstream_log_error`).

use super::{Event, Phase};

/// Reads a line about an upstream with an address.
pub(super) fn read(line: &str) -> Option<Event> {
    // What the client chose stands behind its address.
    let (message, rest) = line.split_once(", client: ")?;
    let (_, doing) = message.rsplit_once(") while ")?;
    let phase = match doing {
        "connecting to upstream" => Phase::Connecting,
        "reading response header from upstream" | "reading upstream" | "sending request to upstream" => Phase::Waiting,
        _ => return None,
    };
    let errno = message.rsplit_once('(')?.1.split_once(": ")?.0.parse().ok()?;
    // Request line and referrer are the client's own words, unescaped: two upstreams mean that one is made up.
    let mut parts = rest.split(", upstream: \"");
    let (Some(_), Some(url), None) = (parts.next(), parts.next(), parts.next()) else { return None };
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    if let Some(path) = authority.strip_prefix("unix:") {
        return Some(Event::of_socket("nginx", phase, Some(errno), path.split([':', '"']).next()?));
    }
    let end = authority.find(['/', '"', '?'])?;
    let destination = authority.get(..end)?.parse().ok()?;
    Some(Event::of_proxy("nginx", phase, Some(errno), destination))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phase_number_and_upstream_are_read() {
        let line = r#"2026/01/02 03:04:05 [error] 7#7: *1 upstream timed out (110: Connection timed out) while connecting to upstream, client: 192.0.2.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.0.0.5:8080/", host: "x""#;
        let to = "10.0.0.5:8080".parse().expect("an address");
        assert_eq!(read(line), Some(Event::of_proxy("nginx", Phase::Connecting, Some(110), to)));
        let of_musl = line.replace("Connection timed out", "Operation timed out").replace("10.0.0.5:", "[2001:db8::5]:");
        assert_eq!(read(&of_musl).map(|event| event.flow()), Some("tcp local -> [2001:db8::5]:8080".into()));
        let waiting = line.replace("connecting to upstream", "reading response header from upstream");
        assert_eq!(read(&waiting).map(|event| event.phase), Some(Phase::Waiting));
        let socket = line.replace("http://10.0.0.5:8080/", "http://unix:/run/x:/").replace("110:", "2:");
        assert_eq!(read(&socket).map(|event| (event.to(), event.errno)), Some(("unix:/run/x".into(), Some(2))));
    }

    #[test]
    fn a_request_is_no_message() {
        let line = r#"2026/01/02 03:04:05 [error] 7#7: *1 open() "/x" failed (2: No such file or directory), client: 192.0.2.1, request: "GET /) while connecting to upstream, client: x, upstream: "http://10.0.0.5:80/""#;
        assert_eq!(read(line), None);
        let two = r#"[error] 7#7: *1 connect() failed (111: x) while connecting to upstream, client: 192.0.2.1, request: "GET /", upstream: "http://10.0.0.5:80/", referrer: "a, upstream: "http://10.0.0.6:80/""#;
        assert_eq!(read(two), None);
    }
}
