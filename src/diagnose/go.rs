//! What Go's `net` says when it can't connect, in the logs of Caddy, Traefik and whatever else is written in Go: `dial tcp 10.0.3.12:8080: connect: connection refused`
//! (`net.OpError`). Its words for error numbers are a table of its own (`syscall/zerrors_linux_*.go`), the same everywhere.

use serde_json::{Map, Value};

use super::{Event, Phase, envelope};

/// The words that come after an address, and their numbers.
const WORDS: [(&str, u32); 9] = [
    ("i/o timeout", 110),
    ("connect: connection refused", 111),
    ("connect: no route to host", 113),
    ("connect: network is unreachable", 101),
    ("connect: permission denied", 13),
    ("connect: operation not permitted", 1),
    ("connect: protocol not available", 92),
    ("connect: connection timed out", 110),
    ("connect: invalid argument", 22),
];

/// What stands before an error in the message of a proxy.
const BEFORE: [&str; 5] =
    ["", "http: proxy error: ", "'502 Bad Gateway' caused by: ", "'504 Gateway Timeout' caused by: ", "502 Bad Gateway: "];

/// Reads a line about a connection that did not come about. The error is looked for where the program itself writes it; requests, which are
/// logged beside it, are the client's words.
pub(super) fn read(line: &str) -> Option<Event> {
    let message = envelope::open(line).message.trim();
    if message.starts_with('{') {
        let fields: Map<String, Value> = serde_json::from_str(message).ok()?;
        return ["error", "msg", "message"].iter().find_map(|key| error(fields.get(*key)?.as_str()?));
    }
    // Caddy's console: time, level, logger, message, fields.
    if let [time, _, _, told, ..] = message.split('\t').collect::<Vec<_>>().as_slice()
        && starts_with_date(time)
    {
        return error(told);
    }
    if message.starts_with("time=\"") {
        // Traefik 2: `time="…" level=debug msg="…"`; nothing of a request comes before.
        let (_, told) = message.split_once(" msg=\"")?;
        return error(told);
    }
    if starts_with_date(message) {
        // Traefik 3: `2026-01-02T03:04:05Z DBG …proxy.go:121 > 502 Bad Gateway error="…"`.
        if let Some((before, told)) = message.split_once(" error=\"")
            && before.contains(".go:")
        {
            return error(told);
        }
        // Go's own log: date, time, message.
        return error(message.splitn(3, ' ').nth(2)?);
    }
    error(message)
}

fn error(told: &str) -> Option<Event> {
    let rest = BEFORE.iter().find_map(|before| told.strip_prefix(before)?.strip_prefix("dial tcp "))?;
    // The own address, if one was asked for: `10.0.0.1:0->10.0.0.5:80`.
    let (address, why) = rest.split_once(": ")?;
    let address = address.rsplit("->").next()?.parse().ok()?;
    let (_, errno) = WORDS.iter().find(|(words, _)| why.starts_with(words))?;
    Some(Event::of_proxy("go", Phase::Connecting, Some(*errno), address))
}

/// `2026/01/02`, `2026-01-02`.
fn starts_with_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| bytes.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    digits(0, 4) && digits(5, 7) && digits(8, 10) && matches!((bytes.get(4), bytes.get(7)), (Some(b'/' | b'-'), Some(b'/' | b'-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<(String, Option<u32>)> {
        read(line).map(|event| (event.flow(), event.errno))
    }

    #[test]
    fn lines_of_caddy_and_traefik() {
        let refused = Some(("tcp local -> 10.0.3.12:8080".into(), Some(111)));
        let why = "dial tcp 10.0.3.12:8080: connect: connection refused";
        for line in [
            format!(r#"{{"level":"error","ts":1.5,"logger":"http.log.error","msg":"{why}","request":{{"uri":"/"}},"status":502}}"#),
            format!(r#"{{"level":"debug","msg":"upstream roundtrip","error":"{why}"}}"#),
            format!("2026/01/02 03:04:05.123\tERROR\thttp.log.error\t{why}\t{{\"request\": {{}}}}"),
            format!(r#"time="2026-01-02T03:04:05Z" level=debug msg="'502 Bad Gateway' caused by: {why}""#),
            format!(
                r#"2026-01-02T03:04:05Z DBG github.com/traefik/traefik/v3/pkg/proxy/httputil/proxy.go:121 > 502 Bad Gateway error="{why}""#
            ),
            format!("Jan  2 03:04:05 web app[7]: 2026/01/02 03:04:05 http: proxy error: {why}"),
            why.to_owned(),
        ] {
            assert_eq!(told(&line), refused, "{line}");
        }
        let unreachable = r#"time="x" level=debug msg="'502 Bad Gateway' caused by: dial tcp [2001:db8::5]:80: connect: no route to host""#;
        assert_eq!(told(unreachable), Some(("tcp local -> [2001:db8::5]:80".into(), Some(113))));
        assert_eq!(told("dial tcp 10.0.0.1:0->10.0.0.5:80: i/o timeout").and_then(|(_, errno)| errno), Some(110));
        assert_eq!(told("dial tcp: lookup app: no such host"), None);
        assert_eq!(told("dial tcp 10.0.0.5:80: something else"), None);
    }

    #[test]
    fn what_clients_write_is_no_error() {
        let why = "dial tcp 10.0.3.12:8080: connect: connection refused";
        for forged in [
            format!(r#"192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 5 "-" "{why}""#),
            format!(r#"{{"level":"info","msg":"handled request","request":{{"headers":{{"User-Agent":["{why}"]}}}}}}"#),
            format!(r#"{{"request":{{"msg":"{why}"}},"msg":"{{\"error\":\"{why}\"}}"}}"#),
            format!("2026/01/02 03:04:05.123\tINFO\thttp.log.access\thandled request\t{{\"error\": \"{why}\"}}"),
            format!(r#"2026/01/02 03:04:05 [error] 7#7: *1 open() failed, request: "GET / error="{why}""#),
        ] {
            assert_eq!(told(&forged), None, "{forged}");
        }
    }
}
