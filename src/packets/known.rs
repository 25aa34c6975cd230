//! From a packet as JSON writes it to what the simulation knows of it.

use std::net::IpAddr;

use super::{
    record::{Fragment, Proto, Record},
    value,
};
use crate::{
    gateway::expression::{Protocol, State, number},
    model::{Field, Interface, IpVersion, Values},
};

/// A packet to trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub version: IpVersion,
    /// What is known of it.
    pub known: Vec<(Field, u128)>,
    /// What is known in part.
    pub partly: Vec<(Field, Values)>,
    /// A connection state that overrides the kernel's judgement of a first packet, as nft's bit.
    pub state: Option<u128>,
}

/// Reads what a record says; an error names its key.
pub fn packet(record: &Record<'_>, interfaces: &[Interface]) -> Result<Packet, String> {
    let source = address("src", record.src.as_deref())?;
    let destination = address("dst", record.dst.as_deref())?;
    let version = match (source, destination) {
        (Some(IpAddr::V4(_)), Some(IpAddr::V6(_))) | (Some(IpAddr::V6(_)), Some(IpAddr::V4(_))) => {
            return Err("src and dst are of different IP versions".into());
        }
        (Some(IpAddr::V4(_)), _) | (_, Some(IpAddr::V4(_))) => IpVersion::V4,
        (Some(IpAddr::V6(_)), _) | (_, Some(IpAddr::V6(_))) => IpVersion::V6,
        (None, None) => return Err("neither src nor dst is given: no telling IPv4 from IPv6".into()),
    };
    let protocol = record.proto.as_ref().map(protocol).transpose()?;
    let mut facts = Facts { known: Vec::with_capacity(20), partly: Vec::new() };
    facts.add(Field::Source, source.map(number));
    facts.add(Field::Destination, destination.map(number));
    facts.add(Field::Protocol, protocol.map(|protocol| protocol.0.into()));
    facts.add(Field::Ttl, record.ttl.map(u128::from));
    facts.add(Field::Dscp, fitting("dscp", record.dscp, 63)?);
    facts.add(Field::Ecn, fitting("ecn", record.ecn, 3)?);
    facts.add(Field::Length, record.length.map(u128::from));
    facts.add(Field::Mark, record.mark.map(u128::from));
    facts.add(Field::Uid, record.uid.map(u128::from));
    facts.add(Field::Gid, record.gid.map(u128::from));
    facts.add(Field::LinkSource, hardware("src_mac", record.src_mac.as_deref())?);
    facts.add(Field::LinkDestination, hardware("dst_mac", record.dst_mac.as_deref())?);
    let label = fitting("flow_label", record.flow_label, 0xf_ffff)?;
    match version {
        IpVersion::V4 if label.is_some() => return Err("flow_label: an IPv4 packet has none".into()),
        IpVersion::V6 if record.ip_id.is_some() => return Err("ip_id: an IPv6 packet has none".into()),
        _ => {}
    }
    facts.add(Field::IpId, record.ip_id.map(u128::from));
    facts.add(Field::FlowLabel, label);
    facts.arrival(incoming(record.incoming.as_deref(), interfaces)?, destination);
    facts.fragment(record.frag.unwrap_or(NO_FRAGMENT));
    transport(record, protocol, version, &mut facts)?;
    let state = record.state.as_deref().map(state).transpose()?;
    Ok(Packet { version, known: facts.known, partly: facts.partly, state })
}

/// A packet that says nothing of fragments is none.
const NO_FRAGMENT: Fragment = Fragment { offset: Some(0), more: Some(false), df: None };

/// What a record tells, field by field.
struct Facts {
    known: Vec<(Field, u128)>,
    partly: Vec<(Field, Values)>,
}

impl Facts {
    fn add(&mut self, field: Field, value: Option<u128>) {
        self.known.extend(value.map(|value| (field, value)));
    }

    /// Some bits of a field.
    fn add_bits(&mut self, field: Field, width: u8, mask: u128, value: u128) {
        self.partly.push((field, Values::masked(width, mask, value)));
    }

    /// The interface, and that its frame was addressed to this host: what goes to a multicast or broadcast address may be either. What this
    /// host sends begins as PACKET_HOST whatever its destination.
    fn arrival(&mut self, interface: u128, destination: Option<IpAddr>) {
        self.add(Field::InInterface, Some(interface));
        let to_one = match destination {
            Some(IpAddr::V4(address)) => !address.is_multicast() && !address.is_broadcast(),
            Some(IpAddr::V6(address)) => !address.is_multicast(),
            None => false,
        };
        if to_one || interface == 0 {
            self.add(Field::PacketType, Some(0));
        }
    }

    /// "Don't fragment" may be set or not where it is not told.
    fn fragment(&mut self, fragment: Fragment) {
        self.add(Field::FragmentOffset, fragment.offset.map(u128::from));
        match (fragment.more.map(u128::from), fragment.df.map(|df| u128::from(df) << 1)) {
            (Some(more), Some(df)) => self.add(Field::IpFlags, Some(more | df)),
            (Some(more), None) => self.add_bits(Field::IpFlags, 3, 1, more),
            (None, Some(df)) => self.add_bits(Field::IpFlags, 3, 2, df),
            (None, None) => {}
        }
    }
}

fn address(key: &str, text: Option<&str>) -> Result<Option<IpAddr>, String> {
    text.map(|text| text.parse().map_err(|_| format!("{key}: '{text}' is no address"))).transpose()
}

fn protocol(proto: &Proto<'_>) -> Result<Protocol, String> {
    match proto {
        Proto::Number(number) => Ok(Protocol(*number)),
        Proto::Name(name) => {
            Protocol::find(name).ok_or_else(|| format!("proto: '{name}' is no protocol known here: tcp, udp, icmp, icmpv6 or a number"))
        }
    }
}

/// The index of the incoming interface; 0 stands for this host.
fn incoming(name: Option<&str>, interfaces: &[Interface]) -> Result<u128, String> {
    let Some(name) = name else { return Ok(0) };
    let found = interfaces.iter().find(|interface| interface.name == name);
    found.map(|interface| interface.index.into()).ok_or_else(|| format!("in: there is no interface '{name}' on this host"))
}

fn fitting<N: Into<u128> + PartialOrd + std::fmt::Display>(key: &str, value: Option<N>, most: N) -> Result<Option<u128>, String> {
    match value {
        Some(value) if value > most => Err(format!("{key}: {value} is more than {most}")),
        value => Ok(value.map(Into::into)),
    }
}

/// A hardware address: six hexadecimal bytes with colons.
fn hardware(key: &str, text: Option<&str>) -> Result<Option<u128>, String> {
    let Some(text) = text else { return Ok(None) };
    let mut parts = text.split(':').map(|part| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2));
    let number = parts.by_ref().take(6).try_fold((0_u128, 0), |(number, count), byte| Some((number << 8 | u128::from(byte?), count + 1)));
    match (number, parts.next()) {
        (Some((number, 6)), None) => Ok(Some(number)),
        _ => Err(format!("{key}: '{text}' is no hardware address such as 02:00:00:00:00:01")),
    }
}

fn state(name: &str) -> Result<u128, String> {
    let found = State::ALL.iter().find(|(each, _)| *each == name).map(|(_, state)| state.bit());
    found.ok_or_else(|| format!("state: '{name}' is none of new, established, related, invalid, untracked"))
}

/// The transport header, as far as it is told.
fn transport(record: &Record<'_>, protocol: Option<Protocol>, version: IpVersion, facts: &mut Facts) -> Result<(), String> {
    let is = |wanted: Protocol| protocol == Some(wanted);
    let icmp = protocol.is_some_and(Protocol::is_icmp);
    let misplaced = [
        ("sport", record.sport.is_some() && icmp),
        ("dport", record.dport.is_some() && icmp),
        ("icmp_type", record.icmp_type.is_some() && !icmp),
        ("icmp_code", record.icmp_code.is_some() && !icmp),
        ("flags", record.flags.is_some() && !is(Protocol::TCP)),
        ("seq", record.seq.is_some() && !is(Protocol::TCP)),
        ("ack", record.ack.is_some() && !is(Protocol::TCP)),
        ("window", record.window.is_some() && !is(Protocol::TCP)),
        ("urgent", record.urgent.is_some() && !is(Protocol::TCP)),
        ("options", record.options.is_some() && !is(Protocol::TCP)),
    ];
    if let Some((key, _)) = misplaced.iter().find(|(_, wrong)| *wrong) {
        return Err(format!("{key}: a packet of this protocol has none"));
    }
    match (record.icmp_type.map(u128::from), record.icmp_code.map(u128::from)) {
        (Some(kind), Some(code)) => facts.add(Field::SourcePort, Some(kind << 8 | code)),
        (Some(kind), None) => facts.add_bits(Field::SourcePort, 16, 0xff00, kind << 8),
        (None, Some(code)) => facts.add_bits(Field::SourcePort, 16, 0xff, code),
        (None, None) => facts.add(Field::SourcePort, record.sport.map(u128::from)),
    }
    facts.add(Field::DestinationPort, record.dport.map(u128::from));
    if let Some(names) = &record.flags {
        let bits = names.0.iter().try_fold(0, |bits, name| value::flag(name).map(|bit| bits | bit).ok_or(name));
        facts.add(Field::TcpFlags, Some(bits.map_err(|name| format!("flags: '{name}' is no TCP flag"))?));
    }
    facts.add(Field::Sequence, record.seq.map(u128::from));
    facts.add(Field::Acknowledgement, record.ack.map(u128::from));
    facts.add(Field::Window, record.window.map(u128::from));
    facts.add(Field::Urgent, record.urgent.map(u128::from));
    let payload = digits("payload", record.payload.as_deref())?;
    let options = digits("options", record.options.as_deref())?;
    if options.as_ref().is_some_and(|options| !options.len().is_multiple_of(4) || options.len() > 40) {
        return Err("options: they are at most ten words of 4 bytes".into());
    }
    body(record, payload.as_deref(), protocol, version, facts);
    over(options.as_deref().unwrap_or_default(), 20, facts);
    Ok(())
}

/// What length and payload tell of the rest of the transport header.
fn body(record: &Record<'_>, payload: Option<&[u8]>, protocol: Option<Protocol>, version: IpVersion, facts: &mut Facts) {
    let fragment = record.frag.unwrap_or(NO_FRAGMENT);
    let later = fragment.offset.is_some_and(|offset| offset > 0);
    let ip_header = match version {
        IpVersion::V4 => 20,
        IpVersion::V6 if later || fragment.more == Some(true) => 48,
        IpVersion::V6 => 40,
    };
    let transport = record.length.and_then(|length| usize::from(length).checked_sub(ip_header));
    match protocol {
        // A later fragment has no transport header: its payload follows the IP header.
        _ if later && version == IpVersion::V4 => over(payload.unwrap_or_default(), 0, facts),
        _ if later => return later_fragment6(payload.unwrap_or_default(), facts),
        Some(Protocol::TCP) => {
            let header = transport.and_then(|transport| match payload {
                Some(payload) => transport.checked_sub(payload.len()),
                // No room for anything but the shortest header.
                None => (transport == 20).then_some(20),
            });
            if let Some(header) = header.filter(|header| header.is_multiple_of(4) && (20..=60).contains(header)) {
                facts.add(Field::DataOffset, Some(header as u128 / 4));
                over(payload.unwrap_or_default(), header, facts);
            }
        }
        Some(Protocol::UDP | Protocol::ICMP | Protocol::ICMPV6) => {
            // UDP's own length, where the packet reaches it.
            if let Some(transport) = transport.filter(|transport| protocol == Some(Protocol::UDP) && *transport > 4) {
                facts.add_bits(Field::Sequence, 32, 0xffff_0000, (transport as u128 & 0xffff) << 16);
            }
            // Where not all of the header is there, what follows it is what there is.
            let payload = payload.unwrap_or_default();
            over(payload, transport.map_or(8, |transport| transport.saturating_sub(payload.len()).min(8)), facts);
        }
        // A protocol of which nothing is known: the payload ends where the packet ends.
        _ => {
            if let (Some(transport), Some(payload)) = (transport, payload) {
                over(payload, transport.saturating_sub(payload.len()), facts);
            }
        }
    }
    if let Some(transport) = transport {
        absent(transport, facts);
    }
}

/// In place of a transport header the kernel finds the IPv6 header of a later fragment (`ipv6_find_hdr` leaves its offset 0). The payload is
/// under the names of its bytes.
fn later_fragment6(payload: &[u8], facts: &mut Facts) {
    let value = |field: Field| facts.known.iter().find(|(known, _)| *known == field).map(|(_, value)| *value);
    let (dscp, ecn, label) = (value(Field::Dscp), value(Field::Ecn), value(Field::FlowLabel));
    let first = dscp.zip(ecn).zip(label).map(|((dscp, ecn), label)| 6 << 12 | dscp << 6 | ecn << 4 | label >> 16);
    facts.known.retain(|(field, _)| !matches!(field, Field::SourcePort | Field::DestinationPort));
    facts.add(Field::SourcePort, first);
    facts.add(Field::DestinationPort, label.map(|label| label & 0xffff));
    let bytes = (0..MOST_PAYLOAD as u16).zip(payload);
    facts.known.extend(bytes.map(|(place, byte)| (Field::Transport(place), u128::from(*byte))));
}

/// Fields that lie behind the end of the packet: nothing can read them, so they need not be followed both ways.
fn absent(transport: usize, facts: &mut Facts) {
    for (start, field) in [
        (0, Field::SourcePort),
        (2, Field::DestinationPort),
        (4, Field::Sequence),
        (8, Field::Acknowledgement),
        (12, Field::DataOffset),
        (12, Field::TcpReserved),
        (13, Field::TcpFlags),
        (14, Field::Window),
        (16, Field::TcpChecksum),
        (18, Field::Urgent),
    ] {
        let told = facts.known.iter().any(|(known, _)| *known == field) || facts.partly.iter().any(|(known, _)| *known == field);
        if start >= transport && !told {
            facts.add(field, Some(0));
        }
    }
}

fn digits(key: &str, hex: Option<&str>) -> Result<Option<Vec<u8>>, String> {
    hex.map(|hex| bytes(hex).ok_or_else(|| format!("{key}: it is not an even number of hexadecimal digits"))).transpose()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Payload bytes under the names of the TCP header that lie over them.
fn over(bytes: &[u8], header: usize, facts: &mut Facts) {
    let at = |offset: usize, length: usize| {
        let start = offset.checked_sub(header)?;
        bytes.get(start..start + length).map(|bytes| bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte)))
    };
    if header < 8 {
        for (field, offset, length) in [(Field::SourcePort, 0, 2), (Field::DestinationPort, 2, 2), (Field::Sequence, 4, 4)] {
            if !facts.known.iter().any(|(known, _)| *known == field) {
                facts.add(field, at(offset, length));
            }
        }
    }
    facts.add(Field::Acknowledgement, at(8, 4));
    // What there is of a word that the packet ends in.
    if let Some((bytes, part)) = (1..4).rev().find_map(|bytes| Some((bytes, at(8, bytes)?))).filter(|_| at(8, 4).is_none()) {
        let rest = 32 - 8 * bytes;
        facts.add_bits(Field::Acknowledgement, 32, u128::from(u32::MAX) >> rest << rest, part << rest);
    }
    if header < 20 {
        facts.add(Field::DataOffset, at(12, 1).map(|byte| byte >> 4));
        facts.add(Field::TcpReserved, at(12, 1).map(|byte| byte & 15));
    }
    facts.add(Field::TcpFlags, at(13, 1));
    facts.add(Field::Window, at(14, 2));
    facts.add(Field::TcpChecksum, at(16, 2));
    facts.add(Field::Urgent, at(18, 2));
    for offset in 20..(header + bytes.len()).min(MOST_PAYLOAD) {
        if let (Ok(place), Some(byte)) = (u16::try_from(offset), at(offset, 1)) {
            facts.add(Field::Transport(place), Some(byte));
        }
    }
}

/// What a frame carries: rules load at most 255 + 16 bytes into the transport header and beyond, but look for text in all of them.
const MOST_PAYLOAD: usize = 1480;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Packet, String> {
        let eth0 = Interface {
            index: 2,
            name: "eth0".into(),
            loopback: false,
            up: true,
            addresses: Vec::new(),
            mtu: 1500,
            group: 0,
            resolves: true,
            filters_frames: false,
            gateways: Vec::new(),
            neighbours: Vec::new(),
        };
        packet(&serde_json::from_str(json).map_err(|error| error.to_string())?, &[eth0])
    }

    fn known(json: &str, field: Field) -> Option<u128> {
        read(json).expect(json).known.iter().find(|(each, _)| *each == field).map(|(_, value)| *value)
    }

    #[test]
    fn a_whole_packet() {
        let json = r#"{"id":"7","src":"192.0.2.5","dst":"10.0.0.1","proto":"tcp","sport":40000,"dport":443,"flags":["syn"],"in":"eth0","ttl":64,"dscp":0,"length":40,"mark":0}"#;
        for (field, value) in [
            (Field::Source, 0xc000_0205),
            (Field::Protocol, 6),
            (Field::DestinationPort, 443),
            (Field::TcpFlags, 2),
            (Field::InInterface, 2),
            (Field::DataOffset, 5),
            (Field::FragmentOffset, 0),
            (Field::PacketType, 0),
        ] {
            assert_eq!(known(json, field), Some(value), "{field:?}");
        }
        assert_eq!(known(json, Field::Uid), None);
        assert_eq!(read(json).expect(json).partly, [(Field::IpFlags, Values::masked(3, 1, 0))]);
    }

    #[test]
    fn icmp_has_its_type_where_others_have_ports() {
        assert_eq!(known(r#"{"dst":"::1","proto":58,"icmp_type":128,"icmp_code":0}"#, Field::SourcePort), Some(0x8000));
    }

    #[test]
    fn udp_payload_lies_under_the_names_of_tcp() {
        let json = r#"{"dst":"10.0.0.1","proto":"udp","sport":1,"dport":2,"payload":"00010203AABBccdd000000000000ff"}"#;
        assert_eq!(known(json, Field::Acknowledgement), Some(0x0001_0203));
        assert_eq!(known(json, Field::TcpFlags), Some(0xbb));
        assert_eq!(known(json, Field::Transport(22)), Some(0xff));
    }

    #[test]
    fn errors_name_the_key() {
        for (json, words) in [
            (r#"{"proto":"tcp"}"#, "neither src nor dst"),
            (r#"{"dst":"10.0.0.1","in":"eth9"}"#, "in: there is no interface 'eth9'"),
            (r#"{"dst":"10.0.0.1","src":"::1"}"#, "different IP versions"),
            (r#"{"dst":"10.0.0.1","dscp":64}"#, "dscp: 64 is more than 63"),
            (r#"{"dst":"10.0.0.1","proto":"udp","flags":["syn"]}"#, "flags: a packet of this protocol has none"),
            (r#"{"dst":"10.0.0.1","proto":"udp","payload":"abc"}"#, "payload:"),
            (r#"{"dst":"10.0.0.1","proto":"tcp","options":"01"}"#, "options:"),
            (r#"{"dst":"10.0.0.1","src_mac":"02:00:00:00:00"}"#, "src_mac:"),
            (r#"{"dst":"::1","ip_id":7}"#, "ip_id: an IPv6 packet has none"),
            (r#"{"dst":"10.0.0.1","colour":1}"#, "unknown field `colour`"),
        ] {
            let error = read(json).expect_err(json);
            assert!(error.contains(words), "{error}");
        }
    }
}
