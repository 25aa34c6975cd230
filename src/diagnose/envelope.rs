//! What stands before a program's own words: the stamps of syslog, of the journal and of the kernel's ring buffer.

/// A line without its stamps.
pub(super) struct Envelope<'a> {
    /// The program that syslog or the journal names: `kernel`, `haproxy`.
    pub tag: Option<&'a str>,
    pub message: &'a str,
}

/// Takes the stamps off. A line without any is all message.
pub(super) fn open(line: &str) -> Envelope<'_> {
    let line =
        line.strip_prefix('<').and_then(|rest| rest.split_once('>')).filter(|(number, _)| is_number(number)).map_or(line, |(_, rest)| rest);
    let (tag, message) = syslog(line).map_or((None, line), |(tag, message)| (Some(tag), message));
    // `[12345.678901] `, of the kernel alone.
    let stamp = message.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("] "));
    match stamp.filter(|(stamp, _)| tag.is_none_or(|tag| tag == "kernel") && is_seconds(stamp)) {
        Some((_, message)) => Envelope { tag: Some("kernel"), message },
        None => Envelope { tag, message },
    }
}

/// `Jan  2 03:04:05 host program[7]: `, or with a stamp of RFC 3339.
fn syslog(line: &str) -> Option<(&str, &str)> {
    let (stamp, message) = line.split_once(": ")?;
    let words: Vec<&str> = stamp.split_whitespace().take(6).collect();
    let tag = match words.as_slice() {
        [_, _, time, _, tag] if is_time(time) => tag,
        [stamp, _, tag] if stamp.split_once('T').is_some_and(|(_, time)| is_time(time)) => tag,
        // A line that somebody copied without the time.
        ["kernel"] => "kernel",
        _ => return None,
    };
    let name = tag.split_once('[').map_or(tag, |(name, _)| name);
    Some((name, message))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_seconds(text: &str) -> bool {
    text.trim().split_once('.').is_some_and(|(seconds, parts)| is_number(seconds) && is_number(parts))
}

/// `03:04:05`, with parts of a second and a zone if need be.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let two = |part: Option<&str>| part.is_some_and(|part| part.len() == 2 && is_number(part));
    two(parts.next()) && two(parts.next()) && parts.next().is_some_and(|part| part.get(..2).is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_taken_off_and_nothing_else() {
        let of = |line| {
            let Envelope { tag, message } = open(line);
            (tag, message)
        };
        assert_eq!(of("Jan  2 03:04:05 web kernel: [ 1.25] x: y"), (Some("kernel"), "x: y"));
        assert_eq!(of("2026-01-02T03:04:05.123456+00:00 web haproxy[7]: x"), (Some("haproxy"), "x"));
        assert_eq!(of("<4>[12.5] x"), (Some("kernel"), "x"));
        assert_eq!(of("kernel: x"), (Some("kernel"), "x"));
        assert_eq!(of("192.0.2.1 - - [x] kernel: [1.2] y"), (None, "192.0.2.1 - - [x] kernel: [1.2] y"));
        assert_eq!(of("[x] [1.2] y"), (None, "[x] [1.2] y"));
    }
}
