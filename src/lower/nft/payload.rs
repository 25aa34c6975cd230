//! `payload`: bytes of the packet into a register (`nft_payload_eval`) or from one (`nft_payload_set_eval`).

use super::{
    guards::{first_fragment, fragment},
    rule::Reader,
    value::{Derived, Rule, Value},
};
use crate::{
    lower::headers::LINK,
    model::{
        Bits, Field, IpVersion, Source, Step, Test, Values,
        step::{ConditionKind, Load},
    },
    ruleset::nft::expr::{Payload, PayloadBase, Reg},
};

/// `NFT_PAYLOAD_CSUM_INET`.
const CSUM_INET: u32 = 1;

/// Bytes of a UDP header.
const UDP: usize = 8;

impl Reader<'_, '_> {
    pub(super) fn payload(&mut self, payload: &Payload) {
        match (payload.dest, payload.source) {
            (_, Some(source)) => self.store_payload(payload, source),
            (Some(dest), None) => self.load_payload(payload, dest),
            (None, None) => {}
        }
    }

    fn load_payload(&mut self, payload: &Payload, dest: Reg) {
        let (offset, len) = (payload.offset as usize, payload.len as usize);
        match payload.base {
            PayloadBase::Network if self.context.headers.payload_length(offset, len) => {
                self.load_payload_length(offset, len, dest);
            }
            PayloadBase::Link if self.scope.is_netdev() && !self.has_payload_length(payload) => self.load_device_link(offset, len, dest),
            PayloadBase::Inner => {
                let condition = self.context.condition(ConditionKind::Unknown, "what follows the transport header");
                self.load_by(dest, len, Load::Inner { offset: payload.offset, len: payload.len, condition });
            }
            PayloadBase::Link if self.has_payload_length(payload) && self.needs_link_header().is_some() => {
                let bits = self.context.headers.link(offset, len);
                self.load_around_length(offset as isize - LINK as isize, &bits, dest);
            }
            PayloadBase::Network if self.is_around_fragment_header(offset, len) => self.load_around_fragment_header(offset, len, dest),
            PayloadBase::Transport if is_fast(offset, len) && self.scope.is_netdev() && self.context.version == IpVersion::V6 => {
                self.load_device_transport(offset, len, dest);
            }
            _ => match self.locate(payload, is_fast(offset, len)) {
                Some(bits) => self.load_bits(dest, bits),
                None => self.load_unknown(dest, len, ConditionKind::Unknown, "payload beyond the headers that are modelled"),
            },
        }
    }

    /// A frame that comes in by a device, and one that leaves by it: that has the header of the next hop.
    fn load_device_link(&mut self, offset: usize, len: usize, dest: Reg) {
        let framed = self.framed();
        let leaves = Test::is(Field::InInterface, Values::one(32, 0));
        self.guards.other(Test::any([framed.clone(), leaves]));
        self.needs_network(offset.saturating_sub(LINK), (offset + len).saturating_sub(LINK));
        let bits = self.context.headers.link(offset, len);
        let condition = self.context.condition(ConditionKind::Unknown, "the Ethernet header by which a packet leaves");
        self.load_by(dest, len, Load::Cases { cases: [(framed, Some(bits)), (Test::Always, None)].into(), condition });
    }

    /// Of a later fragment `ipv6_find_hdr` finds no place of the transport header: the fast way reads from where the packet begins
    /// (`nft_payload_fast_eval`), which is the network header as the fields have it, but where a frame leaves it is the Ethernet header.
    fn load_device_transport(&mut self, offset: usize, len: usize, dest: Reg) {
        self.needs_transport(offset + len, true);
        let leaves = Test::is(Field::InInterface, Values::one(32, 0));
        let framed = Test::All([first_fragment().negate(), leaves].into());
        let bits = self.context.headers.transport(offset, len);
        let condition = self.context.condition(ConditionKind::Unknown, "the Ethernet header by which a later fragment leaves");
        self.load_by(dest, len, Load::Cases { cases: [(framed.negate(), Some(bits)), (Test::Always, None)].into(), condition });
    }

    /// IPv6's payload length is the packet's without the header.
    fn load_payload_length(&mut self, offset: usize, len: usize, dest: Reg) {
        if (offset, len) == (4, 2) {
            self.load(dest, Value::Derived(Derived { field: Field::Length, width: 16, rule: Rule::Minus(40) }));
        } else {
            let bits = self.context.headers.network(offset, len);
            self.load_around_length(offset as isize, &bits, dest);
        }
    }

    /// Bytes from a place of IPv6's header on, with the payload length in its place among them (bytes 4 and 5).
    fn load_around_length(&mut self, start: isize, bits: &Bits, dest: Reg) {
        let len = bits.width() / 8;
        self.needs_network(start.max(0) as usize, (start + len as isize).max(0) as usize);
        let condition = self.context.condition(ConditionKind::Unknown, "a part of the IPv6 payload length");
        self.load_by(dest, 2, Load::Less { field: Field::Length, by: 40, condition });
        let length = self.words(dest, 2);
        let mut whole = Bits::default();
        for byte in 0..len {
            whole.append(&match start + byte as isize {
                4 => length.slice(0, 8),
                5 => length.slice(8, 8),
                _ => bits.slice(8 * byte, 8),
            });
        }
        self.load_bits(dest, whole);
    }

    /// Whether bytes of the network header are others in an IPv6 fragment: the next header, and what follows.
    fn is_around_fragment_header(&self, offset: usize, len: usize) -> bool {
        let headers = &self.context.headers;
        self.context.version == IpVersion::V6 && (headers.next_header(offset, len) || offset + len > headers.network_length())
    }

    fn load_around_fragment_header(&mut self, offset: usize, len: usize, dest: Reg) {
        if offset + len > self.context.headers.network_length() {
            self.guards.length(offset + len);
        }
        let headers = &self.context.headers;
        let (first, later) = (headers.of_fragment(offset, len, false), headers.of_fragment(offset, len, true));
        let whole = headers.network(offset, len);
        let cases = [(fragment().negate(), Some(whole)), (first_fragment(), first), (Test::Always, later)].into();
        let condition = self.context.fragment_condition();
        self.load_by(dest, len, Load::Cases { cases, condition });
    }

    /// Whether a load from the Ethernet header on gets to IPv6's payload length.
    fn has_payload_length(&self, payload: &Payload) -> bool {
        let (start, end) = (payload.offset as usize, (payload.offset + payload.len) as usize);
        let start = start.saturating_sub(LINK);
        self.context.headers.payload_length(start, end.saturating_sub(LINK + start))
    }

    /// The bits at a place of the packet, with what the kernel needs to find them, `fast` or not; None if they are not modelled. A write is
    /// never fast (`nft_payload_set_eval`).
    fn locate(&mut self, payload: &Payload, fast: bool) -> Option<Bits> {
        let (offset, len) = (payload.offset as usize, payload.len as usize);
        if self.scope.is_arp() {
            return self.locate_in_arp(payload.base, offset, len);
        }
        match payload.base {
            PayloadBase::Link => {
                self.needs_link_header()?;
                self.needs_network(offset.saturating_sub(LINK), (offset + len).saturating_sub(LINK));
                (!self.has_payload_length(payload)).then(|| self.context.headers.link(offset, len))
            }
            PayloadBase::Network => {
                self.needs_network(offset, offset + len);
                Some(self.context.headers.network(offset, len))
            }
            PayloadBase::Transport => {
                self.needs_transport(offset + len, fast);
                Some(self.context.headers.transport(offset, len))
            }
            PayloadBase::Inner => self.locate_inner(offset, len),
            PayloadBase::Other(_) => None,
        }
    }

    /// An ARP message has no transport header: the load breaks off the rule. Its frame is not modelled, nor the padding that follows it.
    fn locate_in_arp(&mut self, base: PayloadBase, offset: usize, len: usize) -> Option<Bits> {
        match base {
            PayloadBase::Network if offset + len <= self.context.headers.network_length() => {
                Some(self.context.headers.network(offset, len))
            }
            PayloadBase::Transport | PayloadBase::Inner => {
                self.test(Test::Never);
                Some(Bits::bytes(&vec![0; len]))
            }
            _ => None,
        }
    }

    /// `nft_payload_inner_offset`: what follows the transport header. Of TCP its place depends on the packet.
    fn locate_inner(&mut self, offset: usize, len: usize) -> Option<Bits> {
        self.guards.unfragmented();
        if self.protocol != Some(17) {
            return None;
        }
        self.needs_transport(UDP + offset + len, false);
        Some(self.context.headers.transport(UDP + offset, len))
    }

    /// The transport header up to `end` bytes: `skb_copy_bits` must find them, and `pkt->fragoff` be 0. The fast way does not look at that
    /// (`nft_payload_fast_eval`): of a later fragment of IPv4 it reads what follows the network header, of IPv6 the network header itself,
    /// and so are the fields of such fragments.
    pub(super) fn needs_transport(&mut self, end: usize, fast: bool) {
        if !fast {
            self.guards.unfragmented();
        }
        self.guards.transport(self.context.headers.network_length() + end);
    }

    /// Bytes of the network header, and what follows it.
    fn needs_network(&mut self, start: usize, end: usize) {
        let header = self.context.headers.network_length();
        if end > header {
            self.guards.length(end);
        }
        let follows_header = end > header && self.context.version == IpVersion::V6;
        if follows_header || self.context.headers.next_header(start, end.saturating_sub(start)) {
            self.certain_only_where(fragment().negate());
        }
    }

    /// Between the headers of an IPv6 fragment there is the fragment header, which the fields have no place for. What is not known of the
    /// bytes comes before they are compared.
    fn certain_only_where(&mut self, known: Test) {
        let condition = self.context.fragment_condition();
        self.test(Test::Any([known, Test::Condition(condition)].into()));
    }

    /// `skb_mac_header_was_set` and its length: there is one on what came in by Ethernet or loopback, and none yet on what this host
    /// sends. None where it can't be told.
    fn needs_link_header(&mut self) -> Option<()> {
        if self.scope.is_netdev() {
            return None;
        }
        let framed = self.framed();
        self.guards.other(framed);
        Some(())
    }

    /// It came in by an interface whose packets have an Ethernet header.
    fn framed(&self) -> Test {
        /// `ARPHRD_ETHER` and `ARPHRD_LOOPBACK`.
        const FRAMED: [u16; 2] = [1, 772];
        let framed = self.context.network.links.iter().filter(|link| FRAMED.contains(&link.hardware));
        Test::is(Field::InInterface, Values::from_ranges(32, framed.map(|link| (u128::from(link.index), u128::from(link.index)))))
    }

    /// Writes each field that the bytes belong to. Checksums follow from the rest of the packet and are not written.
    fn store_payload(&mut self, payload: &Payload, source: Reg) {
        let version = self.context.version;
        let len = payload.len as usize;
        let new = self.read_bits(source, len);
        let touches_length = payload.base == PayloadBase::Network && self.context.headers.payload_length(payload.offset as usize, len);
        let Some(old) = (if touches_length { None } else { self.locate(payload, false) }) else { return self.opaque_write(payload) };
        let mut writes = Vec::new();
        let mut at = 0;
        for part in &old.0 {
            let run = new.slice(at, usize::from(part.width));
            at += usize::from(part.width);
            match part.source {
                Source::Constant(value) if run.as_constant() == Some(value) => {}
                Source::Constant(_) => return self.opaque_write(payload),
                Source::Field { field, low, .. } => {
                    let high = low + part.width;
                    let mut whole = Bits::run(field, high, field.width(version) - high);
                    whole.append(&run);
                    whole.append(&Bits::run(field, 0, low));
                    writes.push((field, whole));
                }
            }
        }
        // Only what nft knows as a field of the header comes with the place of its checksum.
        let spoils = version == IpVersion::V4 && payload.base == PayloadBase::Network && payload.csum_type != Some(CSUM_INET);
        if spoils && !writes.is_empty() && writes.iter().all(|(field, _)| *field != Field::IpChecksum) {
            let header = 8 * self.context.headers.network_length().saturating_sub(payload.offset as usize);
            let (old, new) = (old.slice(0, header.min(8 * len)), new.slice(0, header.min(8 * len)));
            self.effect(Step::Spoil { old: Box::new(old), new: Box::new(new) });
        }
        for (field, bits) in writes {
            self.write(field, bits);
        }
    }

    /// A write that changes what the model takes for granted (the IP version, a length): anything may follow.
    fn opaque_write(&mut self, payload: &Payload) {
        let text = format!("a write of {} bytes of the packet", payload.len);
        let condition = self.context.condition(ConditionKind::Unknown, text);
        self.effect(Step::Opaque(condition));
    }
}

/// Whether the kernel loads by `nft_payload_fast_eval` (`nft_payload_select_ops`).
fn is_fast(offset: usize, len: usize) -> bool {
    matches!(len, 1 | 2 | 4) && offset.is_multiple_of(len)
}

/// The number of the family in which packets of a version travel (`NFPROTO_*`).
#[must_use]
pub const fn protocol_family(version: IpVersion) -> u128 {
    match version {
        IpVersion::V4 => 2,
        IpVersion::V6 => 10,
    }
}
