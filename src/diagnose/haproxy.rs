//! haproxy's logs: `192.0.2.1:4000 [02/Jan/2026:03:04:05.123] web app/app1 0/0/-1/-1/3001 503 217 - - sC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"`
//! (`http_log_format`, `tcp_log_format`), and what its checks say: `Server app/app1 is DOWN, reason: Layer4 timeout, …` (`__health_adjust`).
//!
//! It names backends and servers, not addresses: those stand in its configuration.

use super::{Event, Phase, envelope};

/// Reads a request that found no server, or a server that is down.
pub(super) fn read(line: &str) -> Option<Event> {
    let message = envelope::open(line).message;
    // As it writes to a terminal: `[WARNING] (7) : Server …`.
    let plain = message.strip_prefix('[').and_then(|rest| rest.split_once(" : ")).map_or(message, |(_, message)| message);
    if let Some(rest) = plain.strip_prefix("Server ").or_else(|| plain.strip_prefix("Backup Server ")) {
        return check(rest);
    }
    let words: Vec<&str> = message.split_whitespace().take(MOST_WORDS).collect();
    let client = words.first()?.rsplit_once(':')?;
    client.1.parse::<u16>().ok()?;
    let dated = words.get(1).is_some_and(|date| date.starts_with('[') && date.ends_with(']'));
    let (group, _) = words.get(3)?.split_once('/').filter(|_| dated)?;
    // Timers, of which HTTP has one more than TCP; then the state at disconnection is the first word of four (TCP: two) such letters.
    let state = words.iter().skip(5).find(|word| matches!(word.len(), 2 | 4) && word.bytes().all(is_of_state))?;
    let phase = match state.get(..2)? {
        "sC" | "SC" => Phase::Connecting,
        "sH" | "SH" | "sD" | "SD" => Phase::Waiting,
        _ => return None,
    };
    // Its own patience has no number; neither has a server that refused or is out of reach.
    Some(Event::of_group("haproxy", phase, group))
}

/// The words before the request, which is the client's.
const MOST_WORDS: usize = 12;

fn is_of_state(letter: u8) -> bool {
    letter.is_ascii_alphabetic() || letter == b'-'
}

/// `app/app1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", …`.
fn check(rest: &str) -> Option<Event> {
    let (name, state) = rest.split_once(" is DOWN, reason: ")?;
    let (group, _) = name.split_once('/')?;
    let phase = match () {
        () if state.starts_with("Layer4") => Phase::Connecting,
        () if state.starts_with("Layer6") || state.starts_with("Layer7") => Phase::Waiting,
        () => return None,
    };
    Some(Event::of_group("haproxy", phase, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_tell_the_phase_and_names_the_group() {
        let line = r#"Jan  2 03:04:05 web haproxy[7]: 192.0.2.1:4000 [02/Jan/2026:03:04:05.123] web app/app1 0/0/-1/-1/3001 503 217 - - sC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1""#;
        let of = |line: &str| read(line).map(|event| (event.phase, event.group));
        assert_eq!(of(line), Some((Phase::Connecting, Some("app".into()))));
        assert_eq!(of(&line.replace("sC--", "sH--")), Some((Phase::Waiting, Some("app".into()))));
        assert_eq!(of(&line.replace("sC--", "----")), None);
        let tcp = "192.0.2.1:4000 [02/Jan/2026:03:04:05.123] db db/pg1 1/-1/3001 0 SC 1/1/0/0/3 0/0";
        assert_eq!(of(tcp), Some((Phase::Connecting, Some("db".into()))));
        let down = r#"[WARNING]  (7) : Server app/app1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms."#;
        assert_eq!(of(down), Some((Phase::Connecting, Some("app".into()))));
    }

    #[test]
    fn a_request_is_no_state() {
        let line =
            r#"192.0.2.1:4000 [02/Jan/2026:03:04:05.123] web app/app1 0/0/1/1/2 200 217 - - ---- 1/1/0/0/3 0/0 "GET /?sC-- sC-- HTTP/1.1""#;
        assert_eq!(read(line), None);
    }
}
