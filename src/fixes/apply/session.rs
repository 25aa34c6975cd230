//! The session that the administrator is logged in by: whatever changes, a connection like it must get through.

use std::{
    collections::BTreeSet,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// So many ancestors at most.
const DEPTH: usize = 32;

/// A TCP connection of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Connection {
    own: (IpAddr, u16),
    other: IpAddr,
    inode: u64,
}

/// The flows of SSH sessions that this program may have been started by, as expressions: the connections that an sshd above it holds; where
/// there is none above, as in a terminal that outlives its session, those to the server of which the environment tells. A connection that is not
/// of this network namespace is none of its rules' business.
#[must_use]
pub fn flows() -> Vec<String> {
    let connections: Vec<Connection> = ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
        .iter()
        .flat_map(|path| fs::read_to_string(path).unwrap_or_default().lines().filter_map(established).collect::<Vec<_>>())
        .collect();
    let above = ancestors();
    let held: BTreeSet<u64> = above.iter().filter(|process| is_of_ssh(**process)).flat_map(|process| sockets(*process)).collect();
    let mut found: Vec<&Connection> = connections.iter().filter(|each| held.contains(&each.inode)).collect();
    if found.is_empty() {
        let told: Vec<(IpAddr, u16)> = above.iter().filter_map(|process| told(*process)).collect();
        found = connections.iter().filter(|each| told.contains(&each.own)).collect();
    }
    found.into_iter().map(expression).collect::<BTreeSet<_>>().into_iter().collect()
}

/// This process and those that started it, one by the other.
fn ancestors() -> Vec<u32> {
    let parent = |process: &u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok().filter(|parent| *parent > 1)
    };
    std::iter::successors(Some(std::process::id()), parent).take(DEPTH).collect()
}

/// `sshd`, its part for one session, `sshd-session`, or `dropbear`.
fn is_of_ssh(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.starts_with("sshd") || name.starts_with("dropbear"))
}

/// Inodes of the sockets that a process holds.
fn sockets(process: u32) -> Vec<u64> {
    let open = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
    let targets = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.filter_map(|target| target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()).collect()
}

/// The server of the session that a process's environment tells of, `198.51.100.7 51234 203.0.113.10 22`. sudo takes it away from its
/// children, not from its parents.
fn told(process: u32) -> Option<(IpAddr, u16)> {
    let bytes = fs::read(format!("/proc/{process}/environ")).ok()?;
    let told = bytes.split(|byte| *byte == 0).find_map(|each| each.strip_prefix(b"SSH_CONNECTION="))?;
    let [_, _, address, port] = std::str::from_utf8(told).ok()?.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    Some((address.parse::<IpAddr>().ok()?.to_canonical(), port.parse().ok()?))
}

/// A line of /proc/net/tcp or tcp6 (`get_tcp4_sock`, `get_tcp6_sock`) that is of an established connection.
fn established(line: &str) -> Option<Connection> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [_, own, other, "01", _, _, _, _, _, inode, ..] = words[..] else { return None };
    Some(Connection { own: end(own)?, other: end(other)?.0, inode: inode.parse().ok()? })
}

/// `0A71CB00:0016`: words of 32 bits, as this machine has them in memory.
fn end(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for at in (0..address.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    }
    let address = match *bytes {
        [a, b, c, d] => Ipv4Addr::new(a, b, c, d).into(),
        _ => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical(),
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

fn expression(connection: &Connection) -> String {
    let (own, port) = connection.own;
    match own {
        IpAddr::V4(_) => format!("tcp {} -> {own}:{port}", connection.other),
        IpAddr::V6(_) => format!("tcp {} -> [{own}]:{port}", connection.other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a little-endian machine tells them.
    #[cfg(target_endian = "little")]
    #[test]
    fn a_connection_is_a_flow() {
        let flow = |line: &str| established(line).as_ref().map(expression);
        let head = "   0: 0A7100CB:0016 076433C6:C822";
        let tail = "00000000:00000000 02:000A7214 00000000     0        0 4711 2 0000000000000000 20 4 33 10 -1";
        assert_eq!(flow(&format!("{head} 01 {tail}")).as_deref(), Some("tcp 198.51.100.7 -> 203.0.113.10:22"));
        assert_eq!(flow(&format!("{head} 0A {tail}")), None, "it listens");
        assert_eq!(established(&format!("{head} 01 {tail}")).map(|each| each.inode), Some(4711));
        let six = "0: B80D0120000000000000000010000000:0016 B80D0120000000000000000007000000:C822 01";
        assert_eq!(flow(&format!("{six} {tail}")).as_deref(), Some("tcp 2001:db8::7 -> [2001:db8::10]:22"));
        let mapped = "0: 0000000000000000FFFF00000A7100CB:0016 0000000000000000FFFF0000076433C6:C822 01";
        assert_eq!(flow(&format!("{mapped} {tail}")).as_deref(), Some("tcp 198.51.100.7 -> 203.0.113.10:22"));
    }

    #[test]
    fn nonsense_is_no_connection() {
        for line in ["", "  sl  local_address rem_address   st", "0: x:0016 y:1 01 a b c d e 1", "0: 0A71CB:0016 0A71CB00:1 01 a b c d e 1"]
        {
            assert_eq!(established(line), None, "{line}");
        }
    }
}
