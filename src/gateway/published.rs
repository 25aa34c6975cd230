//! Ports that containers publish, as the command lines of Docker's helpers tell: `docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080
//! -container-ip 172.17.0.2 -container-port 80`.

use std::net::IpAddr;

use super::expression::Protocol;
use crate::snapshot::{Process, Snapshot};

/// The helper that Docker starts for each published port (`cmd/docker-proxy`). It serves whom the rules do not lead to the container.
pub const PROGRAM: &str = "docker-proxy";

/// A port of this host that is meant to lead to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    pub protocol: Protocol,
    /// The address of this host; unspecified for all of its family.
    pub host: IpAddr,
    pub host_port: u16,
    pub container: IpAddr,
    pub container_port: u16,
    /// The helper's process.
    pub pid: u32,
}

/// The ports that helpers of this network namespace publish.
pub fn published(snapshot: &Snapshot) -> impl Iterator<Item = Published> {
    snapshot.processes.iter().filter(|process| process.command == PROGRAM).filter_map(of)
}

fn of(process: &Process) -> Option<Published> {
    let value = |flag: &str| {
        let mut words = process.arguments.iter().skip_while(|word| word.trim_start_matches('-') != flag);
        words.next().and(words.next()).map(String::as_str)
    };
    Some(Published {
        protocol: match value("proto")? {
            "tcp" => Protocol::TCP,
            "udp" => Protocol::UDP,
            _ => return None,
        },
        host: value("host-ip")?.parse().ok()?,
        host_port: value("host-port")?.parse().ok()?,
        container: value("container-ip")?.parse().ok()?,
        container_port: value("container-port")?.parse().ok()?,
        pid: process.pid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_of_the_helper() {
        let told = |line: &str| {
            let arguments = line.split(' ').map(str::to_owned).collect();
            of(&Process { pid: 7, command: PROGRAM.into(), arguments, ..Process::default() })
        };
        let line = "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80";
        let [host, container] = ["0.0.0.0", "172.17.0.2"].map(|text| text.parse().expect("an address"));
        let wanted = Published { protocol: Protocol::TCP, host, host_port: 8080, container, container_port: 80, pid: 7 };
        assert_eq!(told(line), Some(wanted));
        assert_eq!(told(&format!("{line} -use-listen-fd")), Some(wanted));
        assert_eq!(told("docker-proxy -proto sctp -host-ip 0.0.0.0 -host-port 1 -container-ip 172.17.0.2 -container-port 1"), None);
        assert_eq!(told("docker-proxy -proto tcp -host-ip"), None);
    }
}
