//! What LOG, `log` of nft and ufw write: `[UFW BLOCK] IN=eth0 OUT= MAC=… SRC=… DST=… … PROTO=TCP SPT=… DPT=… …` (`nf_log_ip_packet`).

use std::net::{IpAddr, SocketAddr};

use super::{Event, Phase, envelope};

/// Reads a logged packet.
pub(super) fn read(line: &str) -> Option<Event> {
    let envelope = envelope::open(line);
    if envelope.tag.is_some_and(|tag| tag != "kernel") {
        return None;
    }
    let (prefix, packet) = envelope.message.split_at_checked(start(envelope.message)?)?;
    if envelope.tag.is_none() && !may_be_prefix(prefix) {
        return None;
    }
    // An ICMP error quotes the packet that it is about in brackets, with the same keys.
    let own = packet.split(" [").next()?;
    let words: Vec<&str> = own.split_whitespace().collect();
    if !words.iter().all(|word| is_of_kernel(word)) {
        return None;
    }
    // Each key once, in this order (`nf_log_dump_packet_common`, `dump_ipv4_packet`).
    let mut rest = words.iter();
    let mut next = |key: &str| rest.by_ref().find_map(|word| word.strip_prefix(key));
    let incoming = next("IN=")?;
    let outgoing = next("OUT=")?;
    let source: IpAddr = next("SRC=")?.parse().ok()?;
    let destination: IpAddr = next("DST=")?.parse().ok()?;
    let later_fragment = words.iter().any(|word| word.starts_with("FRAG:"));
    let protocol = next("PROTO=")?.to_lowercase();
    let protocol = Some(protocol).filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    let ported = matches!(protocol.as_str(), "tcp" | "udp" | "udplite" | "sctp" | "dccp");
    let port = match next("DPT=") {
        Some(port) if ported => port.parse().ok()?,
        // The port stands in the first fragment.
        _ if ported && !later_fragment => return None,
        _ => 0,
    };
    let interface = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
    Some(Event {
        writer: "netfilter",
        protocol,
        source: Some(source),
        incoming: interface(incoming),
        outgoing: interface(outgoing),
        ..Event::of_proxy("netfilter", Phase::Packet, None, SocketAddr::new(destination, port))
    })
}

/// Where the packet begins, behind the rule's own prefix.
fn start(message: &str) -> Option<usize> {
    let first = message.find("IN=")?;
    message.get(first..)?.split_whitespace().nth(1)?.starts_with("OUT=").then_some(first)
}

/// Whether a rule may have written this before its packets. Without the kernel's name before it, it could be the line of a server, into which
/// a client put what it liked: those have addresses, paths or quotes.
fn may_be_prefix(prefix: &str) -> bool {
    let is_address = |word: &str| {
        // With a port, as httpd writes it: `[client 192.0.2.1:4000] `.
        let (word, bare) = (word.trim_end_matches([']', ':']), word.trim_matches(['[', ']', ':']));
        bare.parse::<IpAddr>().is_ok() || bare.parse::<SocketAddr>().is_ok() || word.parse::<SocketAddr>().is_ok()
    };
    let has_address = prefix.split(|letter: char| letter.is_whitespace() || letter == ',').any(is_address);
    prefix.len() < LONGEST_PREFIX && !has_address && !prefix.contains(['/', '"', '\'', '{', '='])
}

/// `NF_LOG_PREFIXLEN`.
const LONGEST_PREFIX: usize = 128;

/// The kernel writes `KEY=value`, and flags.
fn is_of_kernel(word: &str) -> bool {
    let key = word.split(['=', ':']).next().unwrap_or_default();
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        || word.starts_with('(')
        || word.ends_with(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "Jan 2 03:04:05 web kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=192.0.2.1 DST=10.0.0.1 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=7 DF PROTO=TCP SPT=40000 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0";

    fn flow(line: &str) -> Option<String> {
        read(line).map(|event| event.flow())
    }

    #[test]
    fn a_line_of_ufw_is_a_flow() {
        assert_eq!(flow(LINE), Some("tcp 192.0.2.1 -> 10.0.0.1:443 in eth0".into()));
        assert_eq!(flow(&LINE.replace("IN=eth0 OUT=", "IN= OUT=eth1")), Some("tcp 192.0.2.1 -> 10.0.0.1:443 out eth1".into()));
        assert_eq!(flow(&LINE.replace("DPT=443", "DPT=x")), None);
        let pasted = LINE.split_once("[1.2] ").expect("a stamp").1;
        assert_eq!(flow(pasted), flow(LINE));
    }

    #[test]
    fn later_fragments_and_errors_have_no_port() {
        let fragment = LINE.replace("DF PROTO=TCP SPT=40000 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0", "FRAG:185 PROTO=UDP");
        assert_eq!(flow(&fragment), Some("udp 192.0.2.1 -> 10.0.0.1 in eth0".into()));
        let error = LINE.replace(
            "PROTO=TCP SPT=40000 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0",
            "PROTO=ICMP TYPE=3 CODE=4 [SRC=10.0.0.1 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=443 DPT=40000 ] MTU=1400",
        );
        assert_eq!(flow(&error), Some("icmp 192.0.2.1 -> 10.0.0.1 in eth0".into()));
    }

    #[test]
    fn what_clients_write_is_no_packet() {
        let packet = LINE.split_once("[UFW BLOCK] ").expect("a prefix").1;
        for forged in [
            format!(r#"192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 5 "-" "{packet}""#),
            format!("192.0.2.1 {packet}"),
            format!("Jan 2 03:04:05 web app[7]: kernel: [1.2] {packet}"),
            format!("Jan 2 03:04:05 web app: agent {packet}"),
            format!("agent={packet}"),
            format!("[core:error] [pid 7] [client 192.0.2.1:4000] AH00126: Invalid URI in request {packet} [ HTTP/1.1"),
            format!("[core:error] [client 2001:db8::1] AH00126: Invalid URI in request {packet}"),
            format!("[core:error] [client [2001:db8::1]:4000] AH00126: Invalid URI in request {packet}"),
        ] {
            assert_eq!(flow(&forged), None, "{forged}");
        }
    }
}
