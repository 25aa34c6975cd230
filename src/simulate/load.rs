//! Loads of what only a packet's way tells: its next hop, its connection's tuple, the socket that takes it, whether a test holds.

use super::{jhash, machine::Machine, space::Space, strand::Strand};
use crate::model::{
    Bits, Field, Hook, Test, Values,
    step::{ConditionId, Load, SocketKey, TupleEnd},
};

type Both<S> = (Vec<Strand<S>>, Vec<Strand<S>>);

impl<S: Space> Machine<'_, S> {
    /// Fills registers: the packets that go on with the rule, and those for which it breaks off.
    pub(super) fn load_step(&mut self, mut strand: Strand<S>, load: &Load, register: u8) -> Both<S> {
        let version = self.decider.host.version;
        match load {
            Load::Truth(test) => {
                let (mut on, mut no) = self.decider.split(strand, test);
                on.iter_mut().for_each(|strand| strand.load_bits(register, &Bits::constant(8, 1)));
                no.iter_mut().for_each(|strand| strand.load_bits(register, &Bits::constant(8, 0)));
                on.extend(no);
                (on, Vec::new())
            }
            Load::Cases { cases, condition } => {
                let words = cases.iter().filter_map(|(_, bits)| Some(bits.as_ref()?.width().div_ceil(32) as u8)).max().unwrap_or(1);
                let (mut on, mut rest) = (Vec::new(), vec![strand]);
                for (test, bits) in cases {
                    let (here, others) = self.divide(rest, test);
                    rest = others;
                    for mut strand in here {
                        match bits {
                            Some(bits) => {
                                let bits = strand.way.view.through(bits);
                                strand.load_bits(register, &bits);
                                on.push(strand);
                            }
                            None => on.extend(self.free(strand, register, words, None, *condition)),
                        }
                    }
                }
                (on, rest)
            }
            Load::Less { field, by, condition } => match self.decider.value(&strand.space, &strand.way.view.field(*field, version)) {
                Some(value) => {
                    strand.load_bits(register, &Bits::constant(16, value.wrapping_sub((*by).into()) & 0xffff));
                    (vec![strand], Vec::new())
                }
                None => (self.free(strand, register, 1, None, *condition), Vec::new()),
            },
            Load::Hash { bits, seed, modulus, offset, condition } => {
                let bits = strand.way.view.through(bits);
                let bytes =
                    (0..bits.width() / 8).map(|at| self.decider.value(&strand.space, &bits.slice(8 * at, 8)).map(|byte| byte as u8));
                match bytes.collect::<Option<Vec<u8>>>() {
                    Some(bytes) => {
                        let number = jhash::below(jhash::jhash(&bytes, *seed), *modulus).wrapping_add(*offset);
                        strand.load_bits(register, &Bits::constant(32, number.into()).swap_bytes(4));
                        (vec![strand], Vec::new())
                    }
                    None => (self.free(strand, register, 1, Some((*modulus, *offset)), *condition), Vec::new()),
                }
            }
            Load::Inner { offset, len, condition } => self.load_inner(strand, (*offset, *len), *condition, register),
            Load::OfDevice(numbers) => {
                // ip_output sets skb->dev.
                let device = match self.hook {
                    Hook::Output => return (Vec::new(), vec![strand]),
                    Hook::Postrouting | Hook::Egress => Field::OutInterface,
                    _ => Field::InInterface,
                };
                let (mut on, mut rest) = (Vec::new(), vec![strand]);
                for (index, number) in numbers.iter() {
                    let (mut here, others) = self.divide(rest, &Test::is(device, Values::one(32, (*index).into())));
                    here.iter_mut().for_each(|strand| strand.load_bits(register, &Bits::constant(16, *number)));
                    on.extend(here);
                    rest = others;
                }
                (on, rest)
            }
            // rt_nexthop: the gateway, else the destination as it is now. No packet has a route before it is routed (skb_dst).
            Load::NextHop => {
                let Some(hop) = strand.way.view.get(Field::NextHop).cloned() else { return (Vec::new(), vec![strand]) };
                let hop = if hop.as_constant() == Some(0) { strand.way.view.field(Field::Destination, version) } else { hop };
                strand.load_bits(register, &hop);
                (vec![strand], Vec::new())
            }
            Load::Routed if strand.way.view.get(Field::NextHop).is_some() => (vec![strand], Vec::new()),
            Load::Routed => (Vec::new(), vec![strand]),
            Load::Tuple { end, reply, condition } => (self.load_tuple(strand, *end, *reply, *condition, register), Vec::new()),
            Load::TcpOption(option) => self.load_option(strand, option, register),
            Load::SegmentSize(condition) => {
                let size = self.segment_size(&strand);
                (self.told(strand, register, size, *condition), Vec::new())
            }
            Load::Text { text, condition } => {
                let found = self.finds(&strand, text).map(u32::from);
                (self.told(strand, register, found, *condition), Vec::new())
            }
            Load::Socket(key) => self.load_socket(strand, *key, register),
        }
    }

    /// Loads a number; what the condition decides where there is none.
    fn told(&mut self, mut strand: Strand<S>, register: u8, number: Option<u32>, condition: ConditionId) -> Vec<Strand<S>> {
        let Some(number) = number else { return self.free(strand, register, 1, None, condition) };
        strand.load_bits(register, &Bits::constant(32, number.into()));
        vec![strand]
    }

    /// `nft_payload_inner_offset`: behind the ports of UDP, behind the options of TCP; of tunnels it is not told.
    fn load_inner(&mut self, strand: Strand<S>, (offset, len): (u32, u32), condition: ConditionId, register: u8) -> Both<S> {
        let version = self.decider.host.version;
        let is = |numbers: &[u128]| Test::is(Field::Protocol, Values::from_ranges(8, numbers.iter().map(|number| (*number, *number))));
        let whole = Test::is(Field::FragmentOffset, Values::one(13, 0));
        let (whole, mut breaks) = self.decider.split(strand, &whole);
        let (mut on, words) = (Vec::new(), len.div_ceil(4).min(16) as u8);
        let (tunnels, rest) = self.divide(whole, &is(&[4, 47]));
        on.extend(tunnels.into_iter().flat_map(|strand| self.free(strand, register, words, None, condition)));
        let (carriers, others) = self.divide(rest, &is(&[6, 17]));
        breaks.extend(others);
        let (tcp, udp) = self.divide(carriers, &is(&[6]));
        for (strand, is_tcp) in tcp.into_iter().map(|strand| (strand, true)).chain(udp.into_iter().map(|strand| (strand, false))) {
            let words_of_header =
                if is_tcp { self.decider.value(&strand.space, &strand.way.view.field(Field::DataOffset, version)) } else { Some(2) };
            let Some(header) = words_of_header.map(|words| 4 * words) else {
                on.extend(self.free(strand, register, words, None, condition));
                continue;
            };
            let needed = (if is_tcp { 20 } else { 8 }).max(header + u128::from(offset) + u128::from(len));
            let (long, short) = self.decider.split(strand, &self.has_transport(needed));
            breaks.extend(short);
            for mut strand in long {
                match self.transport_bytes(&strand, header + u128::from(offset), len) {
                    Some(bits) => {
                        strand.load_bits(register, &bits);
                        on.push(strand);
                    }
                    None => on.extend(self.free(strand, register, words, None, condition)),
                }
            }
        }
        (on, breaks)
    }

    /// Bytes of what lies behind the 8 first of the transport header; none where they have no names of their own.
    fn transport_bytes(&self, strand: &Strand<S>, from: u128, len: u32) -> Option<Bits> {
        const NAMED: [(u128, u128, Field); 6] = [
            (8, 12, Field::Acknowledgement),
            (12, 13, Field::DataOffset),
            (13, 14, Field::TcpFlags),
            (14, 16, Field::Window),
            (16, 18, Field::TcpChecksum),
            (18, 20, Field::Urgent),
        ];
        let version = self.decider.host.version;
        let mut bits = Bits::default();
        for at in from..from + u128::from(len) {
            let byte = if at >= 20 {
                strand.way.view.field(Field::Transport(u16::try_from(at).ok()?), version)
            } else {
                let (start, _, field) = NAMED.iter().find(|(start, end, _)| (*start..*end).contains(&at))?;
                let mut whole = strand.way.view.field(*field, version);
                if *field == Field::DataOffset {
                    whole.append(&strand.way.view.field(Field::TcpReserved, version));
                }
                whole.slice(8 * (at - start) as usize, 8)
            };
            bits.append(&byte);
        }
        Some(bits)
    }

    /// A reply's source is the original destination, translated, and so on.
    fn load_tuple(&mut self, strand: Strand<S>, end: TupleEnd, reply: bool, condition: ConditionId, register: u8) -> Vec<Strand<S>> {
        let version = self.decider.host.version;
        let protocols =
            |numbers: &[u128]| Test::is(Field::Protocol, Values::from_ranges(8, numbers.iter().map(|number| (*number, *number))));
        let original = if reply { end.opposite() } else { end };
        let field = match original {
            TupleEnd::Source => Field::CtOriginalSource,
            TupleEnd::Destination => Field::CtOriginalDestination,
            TupleEnd::SourcePort => Field::CtOriginalSourcePort,
            TupleEnd::DestinationPort => Field::CtOriginalDestinationPort,
        };
        let told = |strand: &Strand<S>| {
            let translated = if reply { strand.way.reply(end) } else { None };
            translated.unwrap_or_else(|| strand.way.view.field(field, version))
        };
        if matches!(end, TupleEnd::Source | TupleEnd::Destination) {
            let mut strand = strand;
            let bits = told(&strand);
            strand.load_bits(register, &bits);
            return vec![strand];
        }
        // nf_ct_get_tuple: a related packet belongs to a connection of another protocol, and DCCP and PPTP differ by kernel.
        let related = Test::is(Field::CtState, Values::one(32, super::conntrack::RELATED));
        let (open, rest) = self.decider.split(strand, &Test::Any([related, protocols(&[33, 47])].into()));
        let mut loaded: Vec<_> = open.into_iter().flat_map(|strand| self.free(strand, register, 1, None, condition)).collect();
        let (ported, rest) = self.divide(rest, &protocols(&[6, 17, 132, 136]));
        for mut strand in ported {
            let bits = told(&strand);
            strand.load_bits(register, &bits);
            loaded.push(strand);
        }
        let (icmp, others) = self.divide(rest, &protocols(&[1, 58]));
        for mut strand in icmp {
            // icmp_pkt_to_tuple: the identifier for the source, type and code for the destination; a reply has the type of an answer.
            if end == TupleEnd::SourcePort {
                let identifier = strand.way.view.field(Field::Sequence, version).slice(0, 16);
                strand.load_bits(register, &identifier);
                loaded.push(strand);
            } else if !reply {
                let bits = strand.way.view.field(Field::CtOriginalSourcePort, version);
                strand.load_bits(register, &bits);
                loaded.push(strand);
            } else {
                loaded.extend(self.free(strand, register, 1, None, condition));
            }
        }
        for mut strand in others {
            strand.load_bits(register, &Bits::constant(16, 0));
            loaded.push(strand);
        }
        loaded
    }

    /// `nft_socket_do_lookup`: as for delivery, but wherever the packet goes. What a sender's own socket is like is not known, nor whether
    /// one holds a connection that is known already.
    fn load_socket(&mut self, strand: Strand<S>, key: SocketKey, register: u8) -> Both<S> {
        use super::strand::Tracking;
        if self.hook == Hook::Output || strand.way.tracking == Tracking::Known {
            return (self.free(strand, register, key.words, None, key.condition), Vec::new());
        }
        // extract_icmp4_fields: an ICMP error is for the socket of what it quotes.
        let quoting = Test::all([
            Test::is(Field::Protocol, Values::from_ranges(8, [(1, 1), (58, 58)])),
            Test::is(Field::CtState, Values::one(32, super::conntrack::RELATED)),
        ]);
        let (open, rest) = self.decider.split(strand, &quoting);
        let (mut on, mut breaks) = (Vec::new(), Vec::new());
        on.extend(open.into_iter().flat_map(|strand| self.free(strand, register, key.words, None, key.condition)));
        for (mut strand, socket) in self.deliver(rest) {
            match socket.map(|at| self.decider.host.sockets[at].address) {
                None => breaks.push(strand),
                Some(address) if key.wildcard => {
                    strand.load_bits(register, &Bits::constant(8, u128::from(address.is_none())));
                    on.push(strand);
                }
                Some(_) => on.extend(self.free(strand, register, key.words, None, key.condition)),
            }
        }
        (on, breaks)
    }
}

impl TupleEnd {
    fn opposite(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
            Self::SourcePort => Self::DestinationPort,
            Self::DestinationPort => Self::SourcePort,
        }
    }
}

impl<S> Strand<S> {
    /// Loads bits of original fields into registers, with zeros up to a whole word.
    pub(super) fn load_bits(&mut self, first: u8, bits: &Bits) {
        let mut padded = bits.clone();
        padded.push_zeros(bits.width().next_multiple_of(32) - bits.width());
        for (word, register) in (0..padded.width() / 32).zip(first..) {
            self.way.view.set(Field::Register(register), padded.slice(32 * word, 32));
        }
    }
}
