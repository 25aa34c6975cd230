//! The session that the administrator is logged in by: whatever changes, a connection like it must get through.

use std::{fs, net::IpAddr};

/// So many ancestors at most.
const DEPTH: usize = 32;

/// The flow of the SSH session above this program, as an expression; none if there is none. It is in the environment of whatever sshd
/// started, also where sudo took it away.
#[must_use]
pub fn flow() -> Option<String> {
    let mut process = std::process::id();
    for _ in 0..DEPTH {
        let bytes = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let told = bytes.split(|byte| *byte == 0).find_map(|each| each.strip_prefix(b"SSH_CONNECTION="));
        if let Some(told) = told.and_then(|told| std::str::from_utf8(told).ok()) {
            return expression(told);
        }
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        process = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok().filter(|parent| *parent > 1)?;
    }
    None
}

/// `198.51.100.7 51234 203.0.113.10 22` as a flow.
fn expression(told: &str) -> Option<String> {
    let mut words = told.split_whitespace();
    let client: IpAddr = words.next()?.parse().ok()?;
    let _port: u16 = words.next()?.parse().ok()?;
    let server: IpAddr = words.next()?.parse().ok()?;
    let port: u16 = words.next()?.parse().ok()?;
    Some(match server.to_canonical() {
        IpAddr::V4(server) => format!("tcp {} -> {server}:{port}", client.to_canonical()),
        IpAddr::V6(server) => format!("tcp {client} -> [{server}]:{port}"),
    })
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn the_session_is_a_flow() {
        assert_eq!(expression("198.51.100.7 51234 203.0.113.10 22").as_deref(), Some("tcp 198.51.100.7 -> 203.0.113.10:22"));
        assert_eq!(expression("2001:db8::7 51234 2001:db8::10 2222").as_deref(), Some("tcp 2001:db8::7 -> [2001:db8::10]:2222"));
        assert_eq!(expression("::ffff:198.51.100.7 5 ::ffff:203.0.113.10 22").as_deref(), Some("tcp 198.51.100.7 -> 203.0.113.10:22"));
        assert_eq!(expression("x; reboot 1 2 3"), None);
    }
}
