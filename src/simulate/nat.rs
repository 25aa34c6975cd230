//! Address translation.
//!
//! Mirrors `nf_nat_inet_fn` (nf_nat_core.c): nat chains see only the first packet of a connection, each side once; the first that maps
//! ends it, an accept without a mapping goes on to the next chain. Later packets and replies are translated without any chain.

use super::{
    backends::of_both,
    conntrack::RELATED,
    machine::{Machine, Ways},
    outcome::{Decision, Ending},
    parts::{Parts, cut},
    routing::link_local,
    space::Space,
    stage::Stage,
    strand::{Strand, Tracking},
};
use crate::model::{
    Bits, ChainId, Field, Hook, Interface, IpVersion, RuleId, Test, Values,
    step::{Nat, NatKind, TupleEnd},
};

/// `NF_NAT_RANGE_NETMAP`.
const NETMAP: u32 = 64;
/// `NF_NAT_RANGE_PROTO_RANDOM_ALL`.
const RANDOM: u32 = 0x14;
/// `IPS_SRC_NAT`, `IPS_DST_NAT`, `IPS_SRC_NAT_DONE`, `IPS_DST_NAT_DONE`.
const STATUS: [(u128, u128); 2] = [(1 << 4, 1 << 7), (1 << 5, 1 << 8)];

/// Protocols whose ports translation writes: TCP, UDP, DCCP, SCTP, UDP-Lite.
const PORTED: [u128; 5] = [6, 17, 33, 132, 136];

/// Which end of a connection is translated (`HOOK2MANIP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In postrouting and input.
    Source,
    /// In prerouting and output.
    Destination,
}

/// How a connection is translated, as far as it is settled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding {
    source: End,
    destination: End,
}

/// One end's translation: address and port that take the place of the original ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct End {
    settled: bool,
    translated: Option<(Bits, Bits)>,
}

impl Side {
    /// The side that a hook translates.
    #[must_use]
    pub fn of(hook: Hook) -> Option<Self> {
        match hook {
            Hook::Prerouting | Hook::Output => Some(Self::Destination),
            Hook::Postrouting | Hook::Input => Some(Self::Source),
            _ => None,
        }
    }

    /// `NF_IP_PRI_NAT_DST`, `NF_IP_PRI_NAT_SRC`.
    #[must_use]
    pub fn priority(self) -> i32 {
        match self {
            Self::Destination => -100,
            Self::Source => 100,
        }
    }

    fn fields(self) -> (Field, Field) {
        match self {
            Self::Source => (Field::Source, Field::SourcePort),
            Self::Destination => (Field::Destination, Field::DestinationPort),
        }
    }

    /// The same of the connection's original direction.
    fn of_connection(self) -> (Field, Field) {
        match self {
            Self::Source => (Field::CtOriginalSource, Field::CtOriginalSourcePort),
            Self::Destination => (Field::CtOriginalDestination, Field::CtOriginalDestinationPort),
        }
    }

    fn status(self) -> (u128, u128) {
        STATUS[usize::from(self == Self::Destination)]
    }
}

impl Binding {
    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        }
    }

    /// Whether either end is translated.
    #[must_use]
    pub fn translates(&self) -> bool {
        self.source.translated.is_some() || self.destination.translated.is_some()
    }
}

impl<S: Space> Machine<'_, S> {
    /// Packets pass the translation of one side.
    pub(super) fn translate_connections(&mut self, side: Side, chains: &[ChainId], strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let mut through = Vec::new();
        let mut fresh = Vec::new();
        for mut strand in strands {
            match strand.way.tracking {
                Tracking::New if !strand.way.binding.settled(side) => fresh.push(strand),
                // A template runs through all chains, and nothing comes of it (nf_nat_setup_info: it is confirmed).
                Tracking::Template => fresh.push(strand),
                Tracking::New | Tracking::Known => {
                    let version = self.decider.host.version;
                    let old = strand.way.view.field(Field::Destination, version);
                    strand.translate_known(side, version);
                    let new = strand.way.view.field(Field::Destination, version);
                    through.extend(self.elsewhere(vec![strand], &old, &new));
                }
                _ => through.push(strand),
            }
        }
        let host = self.decider.host;
        let priority = |id: &ChainId| host.chains[id.0 as usize].base.as_ref().map(|base| base.priority);
        for tied in chains.chunk_by(|one, other| priority(one) == priority(other)) {
            let walked = if of_both(host, tied) {
                self.in_any_order(tied, fresh, |machine, order, strands| machine.ask_for_translation(side, order, strands))
            } else {
                self.ask_for_translation(side, tied, fresh)
            };
            let (mapped, others): (Vec<_>, Vec<_>) = walked.into_iter().partition(|strand| strand.way.binding.settled(side));
            through.extend(mapped);
            fresh = others;
        }
        for mut strand in fresh {
            // nf_nat_alloc_null_binding
            if strand.way.tracking != Tracking::Template {
                strand.settle(side);
            }
            through.push(strand);
        }
        through
    }

    /// Connections walk nat chains until one of them maps.
    fn ask_for_translation(&mut self, side: Side, chains: &[ChainId], mut fresh: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let mut through = Vec::new();
        for chain in chains {
            if fresh.is_empty() {
                break;
            }
            let (mapped, others): (Vec<_>, Vec<_>) =
                self.base_chain(*chain, fresh).into_iter().partition(|strand| strand.way.binding.settled(side));
            through.extend(mapped);
            fresh = others;
        }
        through.extend(fresh);
        through
    }

    /// A rule translates: ends the base chain with accept (`nft_nat_eval` takes the verdict of `nf_nat_setup_info`).
    pub(super) fn translate(&mut self, strand: Strand<S>, nat: &Nat, rule: RuleId, ways: &mut Ways<S>) {
        let Some(side) = Side::of(self.hook) else {
            self.end_unknown(strand, rule, "NAT outside of its hooks".into());
            return;
        };
        if strand.way.tracking == Tracking::Template {
            self.accept(strand, rule, ways);
            return;
        }
        for (mut strand, address) in self.address(strand, nat, side, rule) {
            let version = self.decider.host.version;
            let (address_field, _) = side.fields();
            // get_unique_tuple: what the connection has, which a rule may have changed in the packet since it was tracked.
            let (old_address, old_port) = strand.way.of_connection(side, version);
            let current = strand.way.view.field(address_field, version);
            let address = address.unwrap_or_else(|| old_address.clone());
            let mut parts = vec![(strand, old_port.clone())];
            if let Some((low, high)) = &nat.ports {
                (strand, _) = parts.remove(0);
                parts = self.port(strand, low, high, &old_port, nat);
            }
            let mut all = Vec::new();
            for (strand, port) in parts {
                let (same, changed) = self.unchanged(strand, side, (&old_address, &address), (&old_port, &port));
                all.extend(same.into_iter().map(|strand| (strand, port.clone(), false)));
                all.extend(changed.into_iter().map(|strand| (strand, port.clone(), true)));
            }
            for (mut strand, port, changed) in all {
                // nf_nat_packet: a packet is written only if its connection is translated on this side.
                if changed {
                    strand.way.view.set(address_field, address.clone());
                    strand.way.binding.end(side).translated = Some((address.clone(), port));
                }
                strand.settle(side);
                let mut parts = vec![strand];
                if changed {
                    parts = self.write_port(parts, side);
                    parts = self.elsewhere(parts, &current, &address);
                    let (short, others) = self.divide(parts, &self.unwritable(side));
                    for strand in short {
                        let reason = "its GRE header can't be translated".into();
                        self.end(strand, Ending::Drop, Decision::Stage { stage: Stage::Nat, reason });
                    }
                    parts = others;
                }
                for strand in parts {
                    self.accept(strand, rule, ways);
                }
            }
        }
    }

    /// Of packets that are sent, or come in again by lo, those with another destination address now are routed again.
    fn elsewhere(&mut self, strands: Vec<Strand<S>>, old: &Bits, new: &Bits) -> Vec<Strand<S>> {
        if !matches!(self.hook, Hook::Output | Hook::Prerouting) || old == new {
            return strands;
        }
        let mut all = Vec::new();
        for Strand { space, way } in strands {
            let (same, other) = self.decider.divide_by_equality(space, std::slice::from_ref(old), std::slice::from_ref(new));
            all.extend(way.clone().lead(same));
            all.extend(way.lead(other).into_iter().map(|mut strand| {
                strand.way.reroute = true;
                strand
            }));
        }
        all
    }

    /// `gre_manip_pkt`: a header of less than 8 bytes can't be written, nor a destination into a version that is not known. Of other
    /// protocols connection tracking has seen to it.
    fn unwritable(&self, side: Side) -> Test {
        let network = if self.decider.host.version == IpVersion::V4 { 20 } else { 40 };
        let short = Test::is(Field::Length, Values::range(16, 0, network + 7));
        let version = Test::is(Field::SourcePort, Values::masked(16, 6, 0).complement());
        let bad = if side == Side::Destination { Test::any([short, version]) } else { short };
        Test::all([Test::is(Field::Protocol, Values::one(8, 47)), bad])
    }

    /// The port of the translation goes into the packet (`nf_nat_l4proto_manip_pkt`); where a rule wrote other bytes there since it was tracked,
    /// only into headers that have one.
    fn write_port(&mut self, strands: Vec<Strand<S>>, side: Side) -> Vec<Strand<S>> {
        let version = self.decider.host.version;
        let (_, field) = side.fields();
        let mut written = Vec::new();
        for mut strand in strands {
            let Some((_, port)) = strand.way.binding.end(side).translated.clone() else {
                written.push(strand);
                continue;
            };
            let (_, tracked) = strand.way.of_connection(side, version);
            let mut parts = vec![strand.clone()];
            if strand.way.view.field(field, version) != tracked {
                let ported = Values::from_ranges(8, PORTED.map(|number| (number, number)));
                let (with, without) = self.decider.split(strand, &Test::is(Field::Protocol, ported));
                written.extend(without);
                parts = with;
            }
            parts.iter_mut().for_each(|strand| strand.way.view.set(field, port.clone()));
            written.extend(parts);
        }
        written
    }

    /// Packets of connections that have the new address and port already: the tuple stays as it is, and nothing is noted
    /// (`nf_nat_setup_info`).
    fn unchanged(
        &mut self,
        strand: Strand<S>,
        side: Side,
        address: (&Bits, &Bits),
        port: (&Bits, &Bits),
    ) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let version = self.decider.host.version;
        let (address_field, port_field) = side.of_connection();
        let mut tests = Vec::new();
        for (field, (old, new)) in [(address_field, address), (port_field, port)] {
            match self.decider.value(&strand.space, &strand.way.view.through(new)) {
                _ if old == new => {}
                Some(value) => tests.push(Test::is(field, Values::one(field.width(version), value))),
                None => return (Vec::new(), vec![strand]),
            }
        }
        self.decider.split(strand, &Test::all(tests))
    }

    /// The new address; none if it stays.
    fn address(&mut self, strand: Strand<S>, nat: &Nat, side: Side, rule: RuleId) -> Vec<(Strand<S>, Option<Bits>)> {
        let version = self.decider.host.version;
        let width = Field::Source.width(version);
        match (nat.kind, &nat.addresses) {
            (NatKind::Source | NatKind::Destination, None) => vec![(strand, None)],
            (_, Some((low, high))) if nat.flags & NETMAP != 0 => {
                let old = strand.way.view.field(side.fields().0, version);
                let told = |bits: &Bits| self.decider.value(&strand.space, &strand.way.view.through(bits));
                let Some((low, high)) = told(low).zip(told(high)) else {
                    self.end_unknown(strand, rule, "netmap to a network that the packet decides".into());
                    return Vec::new();
                };
                // netmap_tg4, nft_nat_setup_netmap: bits in which the range's ends agree are the network.
                let aligned = |bits: u128| (bits << (128 - u32::from(width))).to_be_bytes();
                let host = low ^ high;
                vec![(strand, Some(old.and(&aligned(host)).xor(&aligned(low & !host))))]
            }
            (NatKind::Source | NatKind::Destination, Some((low, high))) => self
                .pick(strand, low, high, width, "address chosen by NAT")
                .into_iter()
                .map(|(strand, bits)| (strand, Some(bits)))
                .collect(),
            (NatKind::Masquerade, _) => self.of_interface(strand, Field::OutInterface, rule),
            // nf_nat_redirect_ipv4, nf_nat_redirect_ipv6: loopback for what this host sends.
            (NatKind::Redirect, _) if self.hook == Hook::Output => {
                let loopback = match version {
                    IpVersion::V4 => 0x7f00_0001,
                    IpVersion::V6 => 1,
                };
                vec![(strand, Some(Bits::constant(width, loopback)))]
            }
            (NatKind::Redirect, _) => self.of_interface(strand, Field::InInterface, rule),
        }
    }

    /// An address of the interface; without one the kernel drops.
    fn of_interface(&mut self, strand: Strand<S>, which: Field, rule: RuleId) -> Vec<(Strand<S>, Option<Bits>)> {
        let host = self.decider.host;
        let width = Field::Source.width(host.version);
        let index = self.decider.value(&strand.space, &strand.way.view.field(which, host.version));
        let Some(index) = index else {
            // Several interfaces: each on its own.
            let mut all = Vec::new();
            let mut rest = vec![strand];
            for interface in &host.interfaces {
                let mut others = Vec::new();
                for strand in rest {
                    let here = Test::is(which, Values::one(32, u128::from(interface.index)));
                    let (yes, no) = self.decider.split(strand, &here);
                    others.extend(no);
                    for mut strand in yes {
                        strand.way.view.fix(which, u128::from(interface.index), 32);
                        all.extend(self.of_interface(strand, which, rule));
                    }
                }
                rest = others;
            }
            for strand in rest {
                self.end_unknown(strand, rule, "NAT to the address of an interface that is not known".into());
            }
            return all;
        };
        let interface = host.interfaces.iter().find(|each| u128::from(each.index) == index);
        let found = match (which, interface) {
            (Field::OutInterface, Some(interface)) => self.masqueraded(strand, interface.index),
            (_, Some(interface)) => self.redirected(strand, interface),
            (_, None) => vec![(strand, None)],
        };
        let mut all = Vec::new();
        for (strand, address) in found {
            match address {
                Some(address) => all.push((strand, Some(Bits::constant(width, address)))),
                None => {
                    let name = interface.map_or("?", |each| each.name.as_str());
                    let reason = format!("{name} has no address to translate to");
                    self.end(strand, Ending::Drop, Decision::Stage { stage: Stage::Nat, reason });
                }
            }
        }
        all
    }

    /// `nf_nat_redirect_ipv4`: the first address; `nf_nat_redirect_ipv6`: what was sent on one link stays on it
    /// (`nf_nat_redirect_ipv6_usable`).
    fn redirected(&mut self, strand: Strand<S>, interface: &Interface) -> Vec<(Strand<S>, Option<u128>)> {
        let first =
            |usable: &dyn Fn(u128) -> bool| interface.addresses.iter().map(|(address, _)| *address).find(|address| usable(*address));
        if self.decider.host.version == IpVersion::V4 {
            return vec![(strand, first(&|_| true))];
        }
        let on_link = link_local();
        let (near, far) = self.decider.split(strand, &Test::is(Field::Destination, on_link.clone()));
        let near = near.into_iter().map(|strand| (strand, first(&|address| on_link.contains(address))));
        near.chain(far.into_iter().map(|strand| (strand, first(&|_| true)))).collect()
    }

    /// The new port. One that is in the range stays, and a range with a base keeps the order (`nf_nat_l4proto_unique_tuple`).
    fn port(&mut self, strand: Strand<S>, low: &Bits, high: &Bits, old: &Bits, nat: &Nat) -> Vec<(Strand<S>, Bits)> {
        let known = self.decider.value(&strand.space, old);
        let told = |bits: &Bits| self.decider.value(&strand.space, &strand.way.view.through(bits));
        if let (Some(old), Some(low), Some(high)) = (known, told(low), told(high)) {
            let (old, low, count) = (old as u16, low as u16, high.saturating_sub(low) + 1);
            let port = match nat.base {
                Some(base) => Some(low.wrapping_add((u128::from(old.wrapping_sub(base)) % count) as u16)),
                None if nat.flags & RANDOM == 0 && u128::from(old.wrapping_sub(low)) < count && old >= low => Some(old),
                None => None,
            };
            if let Some(port) = port {
                return vec![(strand, Bits::constant(16, port.into()))];
            }
        }
        self.pick(strand, low, high, 16, "port chosen by NAT")
    }

    /// One value of a range: fixed, or the kernel's choice.
    fn pick(&mut self, strand: Strand<S>, low: &Bits, high: &Bits, width: u8, what: &str) -> Vec<(Strand<S>, Bits)> {
        let (low, high) = (strand.way.view.through(low), strand.way.view.through(high));
        if low == high {
            return vec![(strand, low)];
        }
        let choice = self.decider.undecided.chosen(what.into());
        let Strand { space, way } = strand;
        let part = match (low.as_constant(), high.as_constant()) {
            (Some(low), Some(high)) => cut(space, choice, &Values::range(width, low.min(high), high.max(low))).0,
            _ => Parts::one(space),
        };
        way.lead(part).into_iter().map(|strand| (strand, Bits::run(choice, 0, width))).collect()
    }
}

impl Binding {
    fn settled(&self, side: Side) -> bool {
        match side {
            Side::Source => self.source.settled,
            Side::Destination => self.destination.settled,
        }
    }
}

impl super::strand::Way {
    /// The address and port of a side as the connection was tracked.
    fn of_connection(&self, side: Side, version: IpVersion) -> (Bits, Bits) {
        let (address, port) = side.of_connection();
        let (of_packet, port_of_packet) = side.fields();
        let told = |field, current| self.view.get(field).cloned().unwrap_or_else(|| self.view.field(current, version));
        (told(address, of_packet), told(port, port_of_packet))
    }

    /// What replies of the connection have there; none where its original direction tells.
    pub(super) fn reply(&self, end: TupleEnd) -> Option<Bits> {
        let side = match end {
            TupleEnd::Source | TupleEnd::SourcePort => &self.binding.destination,
            TupleEnd::Destination | TupleEnd::DestinationPort => &self.binding.source,
        };
        let (address, port) = side.translated.as_ref()?;
        Some(if matches!(end, TupleEnd::Source | TupleEnd::Destination) { address } else { port }.clone())
    }
}

impl<S> Strand<S> {
    fn settle(&mut self, side: Side) {
        let end = self.way.binding.end(side);
        end.settled = true;
        let (changed, done) = side.status();
        let bits = done | if end.translated.is_some() { changed } else { 0 };
        if let Some(old) = self.way.view.get(Field::CtStatus).and_then(Bits::as_constant) {
            self.way.view.fix(Field::CtStatus, old | bits, 32);
        }
    }

    /// `nf_nat_packet`: the original direction's end is replaced; a reply's other end is put back.
    fn translate_known(&mut self, side: Side, version: IpVersion) {
        // nf_nat_icmp_reply_translation: an ICMP error has no ports of its own; those of the packet that it quotes are not modelled.
        let error = self.way.view.get(Field::CtState).and_then(Bits::as_constant) == Some(RELATED);
        let reply = self.way.view.get(Field::CtDirection).and_then(Bits::as_constant) == Some(1);
        let (address_field, port_field) = side.fields();
        let back = match side {
            Side::Source => Side::Destination,
            Side::Destination => Side::Source,
        };
        if reply {
            if self.way.binding.end(back).translated.is_some() {
                let (address, port) = back.fields();
                self.way.view.set(address_field, Bits::field(address, version));
                if !error {
                    self.way.view.set(port_field, Bits::field(port, version));
                }
            }
        } else if let Some((address, port)) = self.way.binding.end(side).translated.clone() {
            self.way.view.set(address_field, address);
            if !error {
                self.way.view.set(port_field, port);
            }
        }
    }
}
