//! Envoy's default access log: `[2026-01-02T03:04:05.123Z] "GET / HTTP/1.1" 503 UF 0 91 5000 - "-" "agent" "id" "host" "10.0.0.5:8080"`
//! (`default_access_log_format`): why it failed stands in its response flags, and the last field is the upstream.

use super::{Event, Phase, envelope};

/// Reads a request that no upstream answered.
pub(super) fn read(line: &str) -> Option<Event> {
    let (time, rest) = envelope::open(line).message.strip_prefix('[')?.split_once("] \"")?;
    if !time.ends_with('Z') || time.contains(' ') {
        return None;
    }
    // No request line has a quote before a space: it would be two words.
    let (_, rest) = rest.split_once("\" ")?;
    let mut words = rest.split(' ');
    words.next()?.parse::<u16>().ok()?;
    let flags: Vec<&str> = words.next()?.split(',').collect();
    let phase = match () {
        () if flags.contains(&"UF") => Phase::Connecting,
        () if flags.iter().any(|flag| matches!(*flag, "UT" | "UC" | "URX" | "SI")) => Phase::Waiting,
        () => return None,
    };
    // The client's words stand before it; it is Envoy's own.
    let upstream = rest.trim_end().strip_suffix('"')?.rsplit_once('"')?.1;
    // Where there is a number, others write it: `delayed_connect_error:_111`.
    let details = words.next().filter(|word| word.contains("delayed_connect_error"));
    let errno = details.and_then(|word| word.rsplit_once(":_")).and_then(|(_, number)| number.trim_end_matches(['}', '"']).parse().ok());
    Some(Event::of_proxy("envoy", phase, errno, upstream.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_the_last_field_count() {
        let line = r#"[2026-01-02T03:04:05.123Z] "GET / HTTP/1.1" 503 UF 0 91 5000 - "-" "curl" "id" "host" "10.0.0.5:8080""#;
        let to = "10.0.0.5:8080".parse().expect("an address");
        assert_eq!(read(line), Some(Event::of_proxy("envoy", Phase::Connecting, None, to)));
        assert_eq!(
            read(
                &line.replace(
                    " UF ",
                    " UF,URX upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_111} "
                )
            )
            .and_then(|event| event.errno),
            Some(111)
        );
        assert_eq!(read(&line.replace(" UF ", " UT ")).map(|event| event.phase), Some(Phase::Waiting));
        assert_eq!(read(&line.replace(" UF ", " - ").replace("curl", r#"" 503 UF 0 91 "10.0.0.6:80"#)), None);
    }
}
