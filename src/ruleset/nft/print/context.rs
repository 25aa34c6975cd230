//! What a rule's earlier matches tell about the packet: which protocol is at which layer, and which of those matches are implied by
//! later ones and so are not written.

use crate::ruleset::nft::Family;

use super::operand::{Kind, Operand, Payload, Relation};
use super::protocol::{self, Field, Layer, Protocol};
use super::statement::Statement;

/// What is known of the packet, and the statements finished so far.
pub struct Context<'r> {
    pub family: Family,
    /// The protocol at each layer, by the layer's number.
    pub protocols: [Option<&'static Protocol>; 5],
    /// The ICMP type that a field needs, once a match told it.
    pub icmp_type: u8,
    /// Link layer headers below the current one (Ethernet below VLAN).
    stacked: Vec<&'static Protocol>,
    /// Finished statements; none for those that a later one implies.
    pub done: Vec<Option<Statement<'r>>>,
    /// Positions in `done` of matches that tell the protocol of a layer, by the layer's number.
    implied: [Option<usize>; 6],
    /// The ICMP type of the match in `implied`.
    implied_icmp_type: u8,
    /// Position in `done` of the statement before, if it may be joined with the next.
    pub previous: Option<usize>,
}

impl<'r> Context<'r> {
    pub fn new(family: Family) -> Self {
        let mut protocols = [None; 5];
        let (layer, base): (_, &'static Protocol) = match family {
            Family::Inet => (Layer::Link, &protocol::INET),
            Family::Bridge => (Layer::Link, &protocol::ETHER),
            Family::Netdev => (Layer::Link, &protocol::NETDEV),
            Family::Ip => (Layer::Network, &protocol::IP),
            Family::Ip6 => (Layer::Network, &protocol::IP6),
            Family::Arp => (Layer::Network, &protocol::ARP),
        };
        protocols[layer as usize] = Some(base);
        Self {
            family,
            protocols,
            icmp_type: 0,
            stacked: Vec::new(),
            done: Vec::new(),
            implied: [None; 6],
            implied_icmp_type: 0,
            previous: None,
        }
    }

    pub fn protocol(&self, layer: Layer) -> Option<&'static Protocol> {
        self.protocols[layer as usize]
    }

    /// A statement with side effects: what came before it must stay before it.
    pub fn forget_implied(&mut self) {
        self.implied = [None; 6];
        self.implied_icmp_type = 0;
        self.previous = None;
    }

    /// Remembers the statement at `position` as one that a match above `layer` implies.
    pub fn remember(&mut self, position: usize, operand: &Operand, layer: Layer) {
        let Kind::Compare(_, left, right) = &operand.kind else { return };
        if let (Kind::Payload(payload), Some(number)) = (&left.kind, right.as_number().filter(|n| n.bits == 8))
            && let Some((protocol, _)) = payload.field
        {
            let value = u8::try_from(number.value).unwrap_or(0);
            if protocol.is(&protocol::ICMP) {
                self.implied_icmp_type = if value == 0 { 8 } else { value };
                if self.implied_icmp_type == 8 {
                    return;
                }
            } else if protocol.is(&protocol::ICMP6) {
                self.implied_icmp_type = value;
                if matches!(value, 128 | 129) {
                    return;
                }
            }
        }
        self.implied[layer as usize + 1] = Some(position);
    }

    /// The slot and position of a match that tells the protocol of this layer.
    fn implied_at(&self, layer: Layer) -> Option<(usize, usize)> {
        let slot = layer as usize;
        let above = if layer == Layer::Transport { Some(Layer::Inner as usize) } else { None };
        [Some(slot), above].into_iter().flatten().find_map(|slot| self.implied[slot].map(|position| (slot, position)))
    }

    /// True if some match tells the protocol of this layer and could be left out.
    pub fn has_implied(&self, layer: Layer) -> bool {
        self.implied_at(layer).is_some()
    }

    /// Drops the match that tells the protocol of this layer.
    pub fn drop_implied(&mut self, layer: Layer) {
        let Some((slot, position)) = self.implied_at(layer) else { return };
        self.implied[slot] = None;
        if let Some(statement) = self.done.get_mut(position) {
            *statement = None;
        }
        if self.previous == Some(position) {
            self.previous = None;
        }
    }

    /// The two sides of the match that tells the protocol of this layer.
    pub fn implied_sides(&self, layer: Layer) -> Option<(Relation, &Operand<'r>, &Operand<'r>)> {
        let (_, position) = self.implied_at(layer)?;
        match self.done.get(position)?.as_ref()? {
            Statement::Match(Operand { kind: Kind::Compare(relation, left, right), .. }) => Some((*relation, left, right)),
            _ => None,
        }
    }

    /// Drops what a match of this payload implies.
    pub fn imply(&mut self, payload: &Payload) {
        if payload.field.is_some() && self.has_implied(payload.layer) && self.may_drop(payload) {
            self.drop_implied(payload.layer);
        }
    }

    fn may_drop(&self, payload: &Payload) -> bool {
        let Some((relation, left, right)) = self.implied_sides(payload.layer) else { return true };
        let Kind::Payload(told_by) = &left.kind else { return true };
        let told = told_by.field.map(|(protocol, _)| protocol);
        if matches!(self.family, Family::Bridge | Family::Netdev | Family::Inet) {
            // `ip protocol` also says that the packet is IPv4.
            let network = told.is_some_and(|p| p.is(&protocol::IP) || p.is(&protocol::IP6));
            if told_by.layer == Layer::Network && network && payload.layer == Layer::Transport {
                return false;
            }
            if relation == Relation::Equal && payload.layer == told_by.layer {
                if payload.tells {
                    return false;
                }
                if payload.layer == Layer::Link {
                    return may_drop_link(told, right);
                }
            }
        }
        if payload.layer != Layer::Transport || told_by.layer != Layer::Transport {
            return true;
        }
        if told.is_some_and(|p| p.is(&protocol::ICMP) || p.is(&protocol::ICMP6)) {
            return payload.field.is_some_and(|(protocol, field)| {
                told.is_some_and(|told| told.is(protocol)) && field.only_icmp_type == Some(self.implied_icmp_type)
            });
        }
        true
    }

    /// A comparison for equality tells which protocol follows.
    pub fn learn(&mut self, left: &Operand, right: &Operand) {
        let Some(number) = right.as_number() else { return };
        match &left.kind {
            Kind::Payload(payload) if payload.tells => self.learn_from_payload(payload.layer, number.value),
            Kind::Meta(key) => self.learn_from_meta(*key, number.value),
            Kind::Ct(tracked) => {
                let layer = match tracked.key {
                    7 => Layer::Link,
                    10 => Layer::Network,
                    _ => return,
                };
                if let Some(upper) = self.protocol(layer).and_then(|base| base.upper(number.value)) {
                    self.protocols[layer.above() as usize] = Some(upper);
                }
            }
            _ => {}
        }
    }

    fn learn_from_payload(&mut self, layer: Layer, value: u128) {
        let Some(base) = self.protocol(layer) else { return };
        match base.upper(value) {
            Some(upper) => {
                if upper.layer == base.layer && upper.layer == Layer::Link {
                    self.stacked.push(base);
                }
                self.protocols[upper.layer as usize] = Some(upper);
            }
            None if base.is(&protocol::ICMP) => self.icmp_type = u8::try_from(value).map_or(0, |v| if v == 0 { 8 } else { v }),
            None if base.is(&protocol::ICMP6) => self.icmp_type = u8::try_from(value).map_or(0, |v| if v == 129 { 128 } else { v }),
            None => {}
        }
    }

    fn learn_from_meta(&mut self, key: u32, value: u128) {
        const PROTOCOL: u32 = 1;
        const IIFTYPE: u32 = 8;
        const NFPROTO: u32 = 15;
        const L4PROTO: u32 = 16;
        let (layer, upper) = match key {
            NFPROTO => {
                let upper = match (self.family, value) {
                    (Family::Inet, _) => protocol::INET.upper(value),
                    (Family::Ip, 2) => Some(&protocol::IP),
                    (Family::Ip6, 10) => Some(&protocol::IP6),
                    _ => None,
                };
                (Layer::Network, upper)
            }
            L4PROTO => (Layer::Transport, protocol::INET_SERVICE.upper(value)),
            PROTOCOL if matches!(self.family, Family::Netdev | Family::Bridge) => (Layer::Network, protocol::NETDEV.upper(value)),
            IIFTYPE if self.family != Family::Bridge => (Layer::Link, (value == 1).then_some(&protocol::ETHER)),
            _ => return,
        };
        self.protocols[layer as usize] = Some(upper.unwrap_or(&protocol::UNKNOWN));
    }

    /// The protocol whose field lies at this bit of a layer, and how far into the layer its header starts.
    pub fn at(&self, layer: Layer, offset: u32) -> Option<(&'static Protocol, u32)> {
        let top = self.protocol(layer)?;
        if layer != Layer::Link || offset < top.length {
            return Some((top, 0));
        }
        let mut start = 0;
        for below in &self.stacked {
            if offset - start < below.length {
                return Some((below, start));
            }
            start += below.length;
        }
        Some((top, start))
    }

    /// True if the packet may have this field, as far as its ICMP type is known.
    pub fn has_field(&self, field: &Field) -> bool {
        self.icmp_type == 0 || field.only_icmp_type.is_none_or(|only| only == self.icmp_type)
    }
}

/// `vlan type` is always written; `ether type` only if it says something other than that a VLAN tag follows.
fn may_drop_link(told: Option<&'static Protocol>, right: &Operand) -> bool {
    const VLAN: u128 = 0x8100;
    match told {
        Some(told) if told.is(&protocol::VLAN) => false,
        Some(told) if told.is(&protocol::ETHER) => right.as_number().is_none_or(|number| number.bits != 16 || number.value == VLAN),
        _ => true,
    }
}
