//! A packet as JSON writes it, from what is known of its fields.

use serde::Serialize;

use super::value::{self, Words};
use crate::{gateway::expression::Protocol, model::Field};

/// One packet, under the keys of [`super::Record`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct Printed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proto: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sport: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dport: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp_type: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp_code: Option<u128>,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub incoming: Option<String>,
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    pub outgoing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dscp: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ecn: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frag: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A packet of which `get` knows the fields.
pub fn packet(words: Words<'_>, get: impl Fn(Field) -> Option<u128>) -> Printed {
    let protocol = get(Field::Protocol).and_then(|number| u8::try_from(number).ok()).map(Protocol);
    let ports = |field| get(field).filter(|_| protocol.is_some_and(Protocol::has_ports));
    let icmp = get(Field::SourcePort).filter(|_| protocol.is_some_and(Protocol::is_icmp));
    let tcp = |field| get(field).filter(|_| protocol == Some(Protocol::TCP));
    let interface = |field| get(field).filter(|index| *index != 0).map(|index| words.interface(index));
    Printed {
        src: get(Field::Source).map(|address| value::address(words.version, address)),
        dst: get(Field::Destination).map(|address| value::address(words.version, address)),
        proto: protocol.map(|protocol| protocol.to_string()),
        sport: ports(Field::SourcePort),
        dport: ports(Field::DestinationPort),
        flags: tcp(Field::TcpFlags).map(|flags| value::flag_names(flags).collect()),
        icmp_type: icmp.map(|both| both >> 8),
        icmp_code: icmp.map(|both| both & 0xff),
        incoming: interface(Field::InInterface),
        outgoing: interface(Field::OutInterface),
        ttl: get(Field::Ttl),
        dscp: get(Field::Dscp),
        ecn: get(Field::Ecn),
        length: get(Field::Length),
        mark: get(Field::Mark),
        seq: tcp(Field::Sequence),
        ack: tcp(Field::Acknowledgement),
        frag: get(Field::FragmentOffset).filter(|offset| *offset != 0),
        uid: get(Field::Uid),
        state: get(Field::CtState).map(|state| words.value(Field::CtState, state)),
    }
}

impl Printed {
    /// On one line, for people: `198.51.100.7:41234 -> 203.0.113.10:443 tcp syn in eth0`.
    #[must_use]
    pub fn line(&self) -> String {
        let end = |address: Option<std::net::IpAddr>, port: Option<u128>| match (address, port.and_then(|port| u16::try_from(port).ok())) {
            (Some(address), Some(port)) => std::net::SocketAddr::new(address, port).to_string(),
            (Some(address), None) => address.to_string(),
            (None, Some(port)) => format!("?:{port}"),
            (None, None) => "?".to_owned(),
        };
        let mut line = format!("{} -> {}", end(self.src, self.sport), end(self.dst, self.dport));
        let mut word = |word: &str| {
            line.push(' ');
            line.push_str(word);
        };
        self.proto.iter().for_each(|proto| word(proto));
        self.flags.iter().flatten().for_each(|flag| word(flag));
        if let Some(kind) = self.icmp_type {
            word(&format!("type {kind}"));
        }
        self.incoming.iter().for_each(|name| word(&format!("in {name}")));
        self.outgoing.iter().for_each(|name| word(&format!("out {name}")));
        if let Some(mark) = self.mark.filter(|mark| *mark != 0) {
            word(&format!("mark {mark:#x}"));
        }
        line
    }
}
