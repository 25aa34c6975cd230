//! What the matches of a rule tell of the packet so far: which protocol is at which layer (`proto_ctx`).

use super::term::{Kind, Term};
use crate::ruleset::nft::{
    Expr, Family,
    language::protocol::{self, Layer, Protocol},
};

/// `NFT_META_*` that tell a protocol.
pub mod meta {
    pub const PROTOCOL: u32 = 1;
    pub const IIFTYPE: u32 = 8;
    pub const NFPROTO: u32 = 15;
    pub const L4PROTO: u32 = 16;
}

/// `ARPHRD_ETHER`.
pub const ETHERNET: u16 = 1;

/// What is known of the packet.
#[derive(Debug, Clone)]
pub struct Context {
    pub family: Family,
    /// The protocol at each layer, by the layer's number.
    protocols: [Option<&'static Protocol>; 5],
    /// Link layer headers below the current one (Ethernet below VLAN).
    pub stacked: Vec<&'static Protocol>,
    /// The ICMP type that was matched; that of an echo's reply counts as that of its request.
    pub icmp_type: Option<u8>,
}

impl Context {
    pub fn new(family: Family) -> Self {
        let mut protocols = [None; 5];
        let (layer, base) = Self::ground(family);
        protocols[layer as usize] = Some(base);
        Self { family, protocols, stacked: Vec::new(), icmp_type: None }
    }

    /// What a family's chains stand on, whatever the packet (`hook_proto_desc`).
    pub fn ground(family: Family) -> (Layer, &'static Protocol) {
        match family {
            Family::Inet => (Layer::Link, &protocol::INET),
            Family::Bridge => (Layer::Link, &protocol::ETHER),
            Family::Netdev => (Layer::Link, &protocol::NETDEV),
            Family::Ip => (Layer::Network, &protocol::IP),
            Family::Ip6 => (Layer::Network, &protocol::IP6),
            Family::Arp => (Layer::Network, &protocol::ARP),
        }
    }

    pub fn protocol(&self, layer: Layer) -> Option<&'static Protocol> {
        self.protocols[layer as usize]
    }

    pub fn is(&self, layer: Layer, wanted: &Protocol) -> bool {
        self.protocol(layer).is_some_and(|protocol| protocol.is(wanted))
    }

    /// A comparison for equality tells which protocol follows (`relational_expr_pctx_update`).
    pub fn learn(&mut self, left: &Term, value: u128) {
        match &left.kind {
            Kind::Payload(payload) => {
                if let Some((of, field)) = payload.field
                    && tells(of, field)
                {
                    self.learn_from_payload(of.layer, value);
                }
            }
            Kind::Load(Expr::Meta(load)) => self.learn_from_meta(load.key, value),
            Kind::Load(Expr::Ct(load)) => {
                let layer = match load.key {
                    7 => Layer::Link,
                    10 => Layer::Network,
                    _ => return,
                };
                if let Some(upper) = self.protocol(layer).and_then(|base| base.upper(value)) {
                    self.protocols[layer.above() as usize] = Some(upper);
                }
            }
            _ => {}
        }
    }

    /// Whether both know the same.
    pub fn tells_as(&self, other: &Self) -> bool {
        let same = |(a, b): (&Option<&Protocol>, &Option<&Protocol>)| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => a.is(b),
            _ => false,
        };
        self.icmp_type == other.icmp_type
            && self.stacked.len() == other.stacked.len()
            && self.protocols.iter().zip(&other.protocols).all(same)
    }

    fn learn_from_payload(&mut self, layer: Layer, value: u128) {
        let Some(base) = self.protocol(layer) else { return };
        let byte = u8::try_from(value).unwrap_or(0);
        match base.upper(value) {
            Some(upper) => {
                if upper.layer == base.layer && upper.layer == Layer::Link && self.stacked.len() < 8 {
                    self.stacked.push(base);
                }
                self.protocols[upper.layer as usize] = Some(upper);
            }
            None if base.is(&protocol::ICMP) => self.icmp_type = Some(if byte == 0 { 8 } else { byte }),
            None if base.is(&protocol::ICMP6) => self.icmp_type = Some(if byte == 129 { 128 } else { byte }),
            None => {}
        }
    }

    fn learn_from_meta(&mut self, key: u32, value: u128) {
        let (layer, upper) = match key {
            meta::NFPROTO => {
                let (ground, base) = Self::ground(self.family);
                let same = ground == Layer::Network && value == u128::from(self.family.number());
                (Layer::Network, if same { Some(base) } else { protocol::INET.upper(value).filter(|_| self.family == Family::Inet) })
            }
            meta::L4PROTO => (Layer::Transport, protocol::INET_SERVICE.upper(value)),
            meta::PROTOCOL if matches!(self.family, Family::Netdev | Family::Bridge) => (Layer::Network, protocol::NETDEV.upper(value)),
            meta::IIFTYPE if self.family != Family::Bridge => (Layer::Link, (value == u128::from(ETHERNET)).then_some(&protocol::ETHER)),
            _ => return,
        };
        self.protocols[layer as usize] = Some(upper.unwrap_or(&protocol::UNKNOWN));
    }
}

/// Whether a field says what follows its header (`proto_key_is_protocol`).
fn tells(of: &'static Protocol, field: &'static protocol::Field) -> bool {
    of.key.and_then(|position| of.fields.get(position)).is_some_and(|key| std::ptr::eq(key, field))
}
