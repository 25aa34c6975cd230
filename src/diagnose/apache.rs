//! httpd's error log: `… (111)Connection refused: AH00957: http: attempt to connect to 10.0.0.5:80 (name:80) failed`
//! (`ap_proxy_connect_backend`), `… (70007)…: AH01102: error reading status line from remote server 10.0.0.5:80` (`ap_proxy_http_process_response`).

use super::{Event, Phase, envelope};

/// `APR_TIMEUP`: httpd's own patience ended.
const EXPIRED: u32 = 70007;
/// `APR_EOF`: the service ended the connection.
const ENDED: u32 = 70014;
const TIMEOUT: u32 = 110;

/// A message by its number, what stands before the address, and what it tells.
const MESSAGES: [(&str, &str, Phase); 2] = [
    ("AH00957: ", "attempt to connect to ", Phase::Connecting),
    ("AH01102: ", "error reading status line from remote server ", Phase::Waiting),
];

/// Reads a connection that failed.
pub(super) fn read(line: &str) -> Option<Event> {
    let line = envelope::open(line).message;
    MESSAGES.iter().find_map(|(number, before, phase)| of(line, number, before, *phase))
}

fn of(line: &str, number: &str, before: &str, phase: Phase) -> Option<Event> {
    let (stamp, message) = line.split_once(number)?;
    // `[Fri Jan 02 03:04:05 2026] [proxy:error] [pid 7:tid 8] (111)Connection refused: [client 192.0.2.1:4000] `: nothing of a request.
    let mut rest = stamp;
    while let Some((_, behind)) = rest.strip_prefix('[').and_then(|inside| inside.split_once("] ")) {
        rest = behind;
    }
    let (code, words) = rest.strip_prefix('(')?.split_once(')')?;
    // Another message's number, or a path, comes before what a client asked for: `(36)File name too long: AH00036: access to /AH00957: …`.
    if words.contains('/') || words.contains(" AH") {
        return None;
    }
    let code = code.parse().ok()?;
    // The scheme may come first: `http: attempt to connect to`.
    let to = message.split_once(before).filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(": ") && !scheme.contains('"'))?.1;
    let destination = to.split_whitespace().next()?.parse().ok()?;
    let errno = match code {
        EXPIRED => Some(TIMEOUT),
        ENDED => None,
        code => Some(code),
    };
    Some(Event::of_proxy("apache", phase, errno, destination))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "[Fri Jan 02 03:04:05 2026] [proxy:error] [pid 7:tid 8] (70007)The timeout specified has expired: AH00957: http: attempt to connect to 10.0.0.5:80 (10.0.0.5:80) failed";

    #[test]
    fn its_own_patience_is_a_timeout() {
        let to = "10.0.0.5:80".parse().expect("an address");
        assert_eq!(read(LINE), Some(Event::of_proxy("apache", Phase::Connecting, Some(110), to)));
        assert_eq!(read(&LINE.replace("70007", "x")), None);
        let waiting = LINE.replace("AH00957: http: attempt to connect to", "AH01102: error reading status line from remote server");
        assert_eq!(read(&waiting), Some(Event::of_proxy("apache", Phase::Waiting, Some(110), to)));
        assert_eq!(read(&waiting.replace("expired: ", "expired: [client 192.0.2.1:4000] ")), read(&waiting));
        assert_eq!(read(&waiting.replace("70007", "70014")).map(|event| event.errno), Some(None));
    }

    #[test]
    fn a_request_is_no_message() {
        let message = LINE.split_once("(70007)").expect("a message").1;
        assert_eq!(read(&format!(r#"192.0.2.1 - - [x] "GET / HTTP/1.1" 200 5 "-" "(70007){message}""#)), None);
        let stamp = "[Fri Jan 02 03:04:05 2026] [core:error] [pid 7:tid 8] ";
        for before in ["(36)File name too long: [client 192.0.2.1:4000] AH00036: access to /", "(13)x: AH00035: y ", "(2)x: /"] {
            let forged = format!("{stamp}{before}AH00957: attempt to connect to 10.0.0.5:80 (x) failed");
            assert_eq!(read(&forged), None, "{forged}");
        }
    }
}
