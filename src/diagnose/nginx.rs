//! nginx's error log: `… upstream timed out (110: …) while connecting to upstream, client: …, upstream: "http://10.0.0.5:80/"`
//! (`ngx_http_upstream_log_error`).

use super::{Event, Phase, envelope};

/// How messages about upstreams begin.
const ABOUT: [&str; 9] = [
    "connect()",
    "upstream timed out",
    "upstream prematurely closed",
    "no live upstreams",
    "recv() failed",
    "readv() failed",
    "writev() failed",
    "send() failed",
    "peer closed connection in SSL handshake",
];

/// Reads a line about an upstream with an address.
pub(super) fn read(line: &str) -> Option<Event> {
    let line = own_words(envelope::open(line).message)?;
    // What the client chose stands behind its address.
    let (message, rest) = line.split_once(", client: ")?;
    let (what, doing) = message.rsplit_once(" while ")?;
    let phase = match doing {
        "connecting to upstream" => Phase::Connecting,
        "reading response header from upstream"
        | "reading upstream"
        | "sending request to upstream"
        | "sending to upstream"
        | "SSL handshaking to upstream"
        | "proxying connection"
        | "proxying upgraded connection" => Phase::Waiting,
        _ => return None,
    };
    let errno = match what.strip_suffix(')') {
        Some(numbered) => Some(numbered.rsplit_once('(')?.1.split_once(": ")?.0.parse().ok()?),
        // The service ended the connection, or every server of a group is taken for dead.
        None => None,
    };
    // Request line and referrer are the client's own words, unescaped: two upstreams mean that one is made up.
    let mut parts = rest.split(", upstream: \"");
    let (Some(_), Some(url), None) = (parts.next(), parts.next(), parts.next()) else { return None };
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    if let Some(path) = authority.strip_prefix("unix:") {
        return Some(Event::of_socket("nginx", phase, errno, path.split([':', '"']).next()?));
    }
    let end = authority.find(['/', '"', '?'])?;
    let authority = authority.get(..end)?;
    if what == "no live upstreams" {
        return Some(Event::of_group("nginx", phase, authority));
    }
    Some(Event::of_proxy("nginx", phase, errno, authority.parse().ok()?))
}

/// A message without date, level and process, which stand before it in a log: `2026/01/02 03:04:05 [error] 7#7: *1 `.
fn own_words(line: &str) -> Option<&str> {
    let begins = |text: &str| ABOUT.iter().any(|about| text.starts_with(about));
    if begins(line) {
        return Some(line);
    }
    let (stamp, rest) = line.split_once('[')?;
    let dated = stamp.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b':' | b' '));
    let (level, rest) = rest.split_once("] ")?;
    let (process, message) = rest.split_once(": ")?;
    let of_nginx =
        dated && level.bytes().all(|byte| byte.is_ascii_lowercase()) && process.bytes().all(|byte| byte.is_ascii_digit() || byte == b'#');
    let message = match message.strip_prefix('*') {
        Some(numbered) => numbered.split_once(' ').filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))?.1,
        None => message,
    };
    (of_nginx && begins(message)).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"2026/01/02 03:04:05 [error] 7#7: *1 upstream timed out (110: Connection timed out) while connecting to upstream, client: 192.0.2.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.0.0.5:8080/", host: "x""#;

    #[test]
    fn phase_number_and_upstream_are_read() {
        let to = "10.0.0.5:8080".parse().expect("an address");
        assert_eq!(read(LINE), Some(Event::of_proxy("nginx", Phase::Connecting, Some(110), to)));
        let of_musl = LINE.replace("Connection timed out", "Operation timed out").replace("10.0.0.5:", "[2001:db8::5]:");
        assert_eq!(read(&of_musl).map(|event| event.flow()), Some("tcp local -> [2001:db8::5]:8080".into()));
        let waiting = LINE.replace("connecting to upstream", "reading response header from upstream");
        assert_eq!(read(&waiting).map(|event| event.phase), Some(Phase::Waiting));
        let handshake = LINE.replace("connecting to upstream", "SSL handshaking to upstream");
        assert_eq!(read(&handshake).map(|event| event.phase), Some(Phase::Waiting));
        let socket = LINE.replace("http://10.0.0.5:8080/", "http://unix:/run/x:/").replace("110:", "2:");
        assert_eq!(read(&socket).map(|event| (event.to(), event.errno)), Some(("unix:/run/x".into(), Some(2))));
        let by_syslog = format!("Jan  2 03:04:05 web nginx: {LINE}");
        assert_eq!(read(&by_syslog), read(LINE));
    }

    #[test]
    fn closed_connections_and_dead_groups_have_no_number() {
        let closed = LINE
            .replace("timed out (110: Connection timed out)", "prematurely closed connection")
            .replace("connecting to", "reading response header from");
        assert_eq!(read(&closed).map(|event| (event.phase, event.errno)), Some((Phase::Waiting, None)));
        let dead = LINE.replace("upstream timed out (110: Connection timed out)", "no live upstreams").replace("10.0.0.5:8080", "app");
        assert_eq!(read(&dead).and_then(|event| event.group), Some("app".into()));
    }

    #[test]
    fn a_request_is_no_message() {
        let line = r#"2026/01/02 03:04:05 [error] 7#7: *1 open() "/x" failed (2: No such file or directory), client: 192.0.2.1, request: "GET /) while connecting to upstream, client: x, upstream: "http://10.0.0.5:80/""#;
        assert_eq!(read(line), None);
        let two = r#"[error] 7#7: *1 connect() failed (111: x) while connecting to upstream, client: 192.0.2.1, request: "GET /", upstream: "http://10.0.0.5:80/", referrer: "a, upstream: "http://10.0.0.6:80/""#;
        assert_eq!(read(two), None);
        let message = LINE.split_once("*1 ").expect("a message").1;
        assert_eq!(
            read(&format!(r#"192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 5 "-" "[error] 7#7: {message}""#)),
            None
        );
    }
}
