//! httpd's error log: `… (111)Connection refused: AH00957: http: attempt to connect to 10.0.0.5:80 (name:80) failed`
//! (`ap_proxy_connect_backend`).

use super::{Event, Phase};

/// `APR_TIMEUP`: httpd's own patience ended.
const EXPIRED: u32 = 70007;
const TIMEOUT: u32 = 110;

/// Reads a connection that failed.
pub(super) fn read(line: &str) -> Option<Event> {
    let (before, message) = line.split_once(": AH00957: ")?;
    let (number, _) = before.rsplit_once('(')?.1.split_once(')')?;
    let number = number.parse().ok()?;
    let (_, to) = message.split_once("attempt to connect to ")?;
    let destination = to.split_whitespace().next()?.parse().ok()?;
    let errno = if number == EXPIRED { TIMEOUT } else { number };
    Some(Event::of_proxy("apache", Phase::Connecting, Some(errno), destination))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_patience_is_a_timeout() {
        let line = "[proxy:error] [pid 7:tid 8] (70007)The timeout specified has expired: AH00957: http: attempt to connect to 10.0.0.5:80 (10.0.0.5:80) failed";
        let to = "10.0.0.5:80".parse().expect("an address");
        assert_eq!(read(line), Some(Event::of_proxy("apache", Phase::Connecting, Some(110), to)));
        assert_eq!(read(&line.replace("70007", "x")), None);
    }
}
