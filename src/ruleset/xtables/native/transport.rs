//! Comparisons of transport headers: `-m tcp`, `-m udp`, `-m icmp` (`nft_parse_transport`, nft-shared.c).

use super::{
    Reader, inverted,
    registers::{Loaded, Source},
};
use crate::{
    model::IpVersion,
    ruleset::{
        nft::expr::{Cmp, CmpOp, PayloadBase, Range},
        xtables::{
            Match,
            extension::Extension as _,
            matches::{Tcp, Udp},
            options,
            ports::Ports,
        },
    },
};

const ICMP: u16 = 1;
const TCP: u16 = 6;
const UDP: u16 = 17;
const ICMPV6: u16 = 58;

/// Where the ports and the flags of TCP stand.
const SOURCE: u32 = 0;
const DESTINATION: u32 = 2;
const FLAGS: u32 = 13;

impl Reader<'_> {
    /// The protocol that the rule asks for before.
    fn transport(&self) -> Option<u16> {
        self.rule.header.protocol.filter(|protocol| !protocol.inverted).map(|protocol| protocol.number)
    }

    pub(super) fn compare_transport(&mut self, offset: u32, loaded: &Loaded, cmp: &Cmp) -> Option<()> {
        let protocol = self.transport()?;
        match (protocol, offset, cmp.data.as_slice()) {
            (TCP, FLAGS, [flags]) => self.flags(*flags, loaded, cmp),
            (ICMP | ICMPV6, ..) => self.icmp(protocol, offset, loaded, cmp),
            _ if loaded.mask.is_some() => None,
            (TCP | UDP, SOURCE, [a, b, c, d]) if inverted(cmp) == Some(false) => {
                self.port(protocol, SOURCE, CmpOp::Eq, u16::from_be_bytes([*a, *b]))?;
                self.port(protocol, DESTINATION, CmpOp::Eq, u16::from_be_bytes([*c, *d]))
            }
            (TCP | UDP, SOURCE | DESTINATION, [high, low]) => self.port(protocol, offset, cmp.op, u16::from_be_bytes([*high, *low])),
            _ => None,
        }
    }

    pub(super) fn port_range(&mut self, loaded: &Loaded, range: &Range) -> Option<()> {
        let Source::Payload { base: PayloadBase::Transport, offset, len: 2 } = loaded.source else { return None };
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u16::from_be_bytes);
        let (low, high) = number(&range.from).zip(number(&range.to)).filter(|_| loaded.mask.is_none())?;
        let place = self.ports(self.transport()?, offset)?;
        let free = *place == Ports::ANY;
        *place = Ports { low, high, inverted: range.invert };
        free.then_some(())
    }

    /// `port_match_single_to_range`; a lower and an upper bound make a range.
    fn port(&mut self, protocol: u16, offset: u32, op: CmpOp, port: u16) -> Option<()> {
        let place = self.ports(protocol, offset)?;
        match op {
            CmpOp::Eq | CmpOp::Neq if *place == Ports::ANY => *place = Ports { low: port, high: port, inverted: op == CmpOp::Neq },
            CmpOp::Lt if place.high == u16::MAX => place.high = port.checked_sub(1)?,
            CmpOp::Lte if place.high == u16::MAX => place.high = port,
            CmpOp::Gt if place.low == 0 => place.low = port.checked_add(1)?,
            CmpOp::Gte if place.low == 0 => place.low = port,
            _ => return None,
        }
        Some(())
    }

    fn ports(&mut self, protocol: u16, offset: u32) -> Option<&mut Ports> {
        match (protocol, offset) {
            (TCP, SOURCE) => Some(&mut self.tcp()?.source),
            (TCP, DESTINATION) => Some(&mut self.tcp()?.destination),
            (UDP, SOURCE) => Some(&mut self.udp()?.source),
            (UDP, DESTINATION) => Some(&mut self.udp()?.destination),
            _ => None,
        }
    }

    /// The one `-m tcp` of native expressions (`nft_tcp_match`).
    fn tcp(&mut self) -> Option<&mut Tcp> {
        let rule = options::Rule { version: self.version, protocol: Some(TCP) };
        let at = self.rule.matches.iter().position(|each| matches!(each, Match::Tcp(_))).unwrap_or_else(|| {
            self.rule.matches.push(Match::Tcp(Box::new(Tcp::start("tcp", &rule))));
            self.rule.matches.len() - 1
        });
        if let Some(Match::Tcp(tcp)) = self.rule.matches.get_mut(at) { Some(tcp) } else { None }
    }

    fn udp(&mut self) -> Option<&mut Udp> {
        let rule = options::Rule { version: self.version, protocol: Some(UDP) };
        let at = self.rule.matches.iter().position(|each| matches!(each, Match::Udp(_))).unwrap_or_else(|| {
            self.rule.matches.push(Match::Udp(Box::new(Udp::start("udp", &rule))));
            self.rule.matches.len() - 1
        });
        if let Some(Match::Udp(udp)) = self.rule.matches.get_mut(at) { Some(udp) } else { None }
    }

    fn flags(&mut self, flags: u8, loaded: &Loaded, cmp: &Cmp) -> Option<()> {
        let mask = loaded.mask.as_ref().map_or(Some(0xff), |mask| mask.first().copied())?;
        let inverted = inverted(cmp)?;
        let tcp = self.tcp()?;
        let free = tcp.mask == 0 && !tcp.flags_inverted;
        (tcp.mask, tcp.flags, tcp.flags_inverted) = (mask, flags, inverted);
        free.then_some(())
    }

    /// `nft_parse_icmp`: a type, with its code or any.
    fn icmp(&mut self, protocol: u16, offset: u32, loaded: &Loaded, cmp: &Cmp) -> Option<()> {
        const ANY: u8 = 255;
        let name = match (self.version, protocol) {
            (IpVersion::V4, ICMP) => "icmp",
            (IpVersion::V6, ICMPV6) => "icmp6",
            _ => return None,
        };
        let info = match (offset, cmp.data.as_slice()) {
            _ if cmp.op != CmpOp::Eq || loaded.mask.is_some() => return None,
            (0, [kind]) => [*kind, 0, ANY, 0],
            (0, [kind, code]) => [*kind, *code, *code, 0],
            (1, [code]) if self.version == IpVersion::V4 => [ANY, *code, *code, 0],
            _ => return None,
        };
        let found = self.found(name, 0, &info)?;
        self.rule.matches.push(found);
        Some(())
    }
}
