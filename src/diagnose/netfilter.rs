//! What LOG, `log` of nft and ufw write: `[UFW BLOCK] IN=eth0 OUT= MAC=… SRC=… DST=… … PROTO=TCP SPT=… DPT=… …` (`nf_log_ip_packet`).

use std::net::{IpAddr, SocketAddr};

use super::{Event, Phase};

/// Reads a logged packet.
pub(super) fn read(line: &str) -> Option<Event> {
    // An ICMP error quotes the packet that it is about in brackets, with the same keys: the first of each counts.
    let packet = line.get(line.find("IN=")?..)?;
    let value = |key: &str| packet.split_whitespace().find_map(|word| word.strip_prefix(key));
    let address = |key: &str| value(key)?.parse::<IpAddr>().ok();
    let interface = |key: &str| value(key).filter(|name| !name.is_empty()).map(str::to_owned);
    let protocol = value("PROTO=")?.to_lowercase();
    let protocol = Some(protocol).filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    let ported = matches!(protocol.as_str(), "tcp" | "udp" | "udplite" | "sctp" | "dccp");
    let port = if ported { value("DPT=")?.parse().ok()? } else { 0 };
    let incoming = interface("IN=");
    let source = address("SRC=")?;
    Some(Event {
        writer: "netfilter",
        phase: Phase::Packet,
        errno: None,
        protocol,
        source: Some(source),
        destination: SocketAddr::new(address("DST=")?, port),
        socket: None,
        outgoing: interface("OUT="),
        incoming,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_ufw_is_a_flow() {
        let line = "Jan 2 03:04:05 web kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=192.0.2.1 DST=10.0.0.1 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=443 WINDOW=64240 SYN URGP=0";
        assert_eq!(read(line).map(|event| event.flow()), Some("tcp 192.0.2.1 -> 10.0.0.1:443 in eth0".into()));
        let sent = line.replace("IN=eth0 OUT=", "IN= OUT=eth1");
        assert_eq!(read(&sent).map(|event| event.flow()), Some("tcp 192.0.2.1 -> 10.0.0.1:443 out eth1".into()));
        assert_eq!(read(&line.replace("DPT=443", "DPT=x")), None);
    }
}
