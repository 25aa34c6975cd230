//! Matches that a field needs and that a listing leaves out, because the field implies them (`payload.c`, `evaluate.c`).

use super::{
    Wrong,
    context::{Context, ETHERNET, meta},
    reader::Reader,
    term::{Kind, Payload, Term},
};
use crate::ruleset::nft::{
    Expr, Family,
    expr::{Cmp, CmpOp, Meta, Reg},
    language::{
        datatype::Order,
        keys,
        protocol::{self, Field, Layer, Protocol},
    },
};

impl Reader<'_, '_> {
    /// Makes sure that the packet has a header, or the other headers that its place depends on (`__expr_evaluate_payload`).
    pub fn needs(&mut self, payload: &mut Payload) -> Result<(), Wrong> {
        let Some((wanted, field)) = payload.field else { return Ok(()) };
        let layer = wanted.layer;
        if self.context.protocol(layer).is_none() {
            self.tell(wanted)?;
        }
        let known = self.context.protocol(layer);
        let mut is_dummy = known.is_some_and(|known| known.is(&protocol::INET) || known.is(&protocol::NETDEV));
        if layer == Layer::Link && is_dummy {
            self.needs_ethernet();
            is_dummy = false;
        }
        if !is_dummy && !self.context.is(layer, wanted) {
            if self.context.stacked.iter().any(|below| below.is(wanted)) {
                return Ok(());
            }
            self.needs_stacked(wanted)?;
        }
        if layer == Layer::Link && self.context.is(layer, wanted) {
            payload.offset += self.context.stacked.iter().map(|below| below.length).sum::<u32>();
        }
        self.needs_icmp_type(wanted, field)
    }

    /// The packet is of this protocol (`payload_gen_dependency`).
    pub fn tell(&mut self, wanted: &'static Protocol) -> Result<(), Wrong> {
        let (ground, _) = Context::ground(self.context.family);
        if wanted.layer < ground {
            if wanted.is(&protocol::ETHER) || wanted.is(&protocol::VLAN) {
                self.needs_ethernet();
                return Ok(());
            }
            return Err(Wrong(format!("{} is below what such a table sees", wanted.name)));
        }
        let mut below = match self.context.protocol(under(wanted.layer)) {
            Some(below) => below,
            None if wanted.layer != Layer::Transport => return Err(Wrong(format!("what {} is carried by is not known", wanted.name))),
            None => match of_ip_version(wanted) {
                None => &protocol::INET_SERVICE,
                Some(network) => {
                    let link = self.context.protocol(Layer::Link).unwrap_or(Context::ground(self.context.family).1);
                    self.over(link, network)?;
                    network
                }
            },
        };
        // Frames may carry VLAN tags that the header does not show: the kernel's own field does (`payload_gen_dependency`).
        let network = wanted.is(&protocol::IP) || wanted.is(&protocol::IP6);
        if self.context.family == Family::Bridge && below.is(&protocol::ETHER) && network {
            below = &protocol::NETDEV;
        }
        self.over(below, wanted)
    }

    /// Compares the field of a protocol that tells the next one (`payload_add_dependency`).
    pub fn over(&mut self, below: &'static Protocol, wanted: &'static Protocol) -> Result<(), Wrong> {
        let number = (below.above)().iter().find(|(_, above)| above.is(wanted)).map(|(number, _)| u128::from(*number));
        let number = number.ok_or_else(|| Wrong(format!("{} is not carried by {}", wanted.name, below.name)))?;
        let key = match below {
            _ if below.is(&protocol::INET) => Some(meta::NFPROTO),
            _ if below.is(&protocol::NETDEV) => Some(meta::PROTOCOL),
            _ if below.layer == Layer::Network || below.is(&protocol::INET_SERVICE) => Some(meta::L4PROTO),
            _ => None,
        };
        if let Some(key) = key {
            self.meta_is(key, number);
            return Ok(());
        }
        let field = below.key.and_then(|position| below.fields.get(position));
        let field = field.ok_or_else(|| Wrong(format!("{} does not tell what it carries", below.name)))?;
        self.field_is(below, field, number)
    }

    fn field_is(&mut self, of: &'static Protocol, field: &'static Field, number: u128) -> Result<(), Wrong> {
        let mut payload = Payload { layer: of.layer, offset: field.offset, field: Some((of, field)) };
        if of.layer == Layer::Link && self.context.is(Layer::Link, of) {
            payload.offset += self.context.stacked.iter().map(|below| below.length).sum::<u32>();
        }
        let left = Term { kind: Kind::Payload(payload), datatype: field.datatype, order: Order::Big, bits: field.bits };
        self.equals(&left, number)
    }

    fn meta_is(&mut self, number: u32, value: u128) {
        let Some(key) = keys::meta(number) else { return };
        let load = Expr::Meta(Meta { key: number, dest: Some(Reg(0)), source: None });
        let left = Term { kind: Kind::Load(load), datatype: key.datatype, order: key.order, bits: key.bits };
        let _ = self.equals(&left, value);
    }

    fn equals(&mut self, left: &Term, value: u128) -> Result<(), Wrong> {
        let data = Term::number(value, left).data().unwrap_or_default();
        let free = std::mem::take(&mut self.free);
        let source = self.load(left)?;
        self.free = free;
        self.exprs.push(Expr::Cmp(Cmp { source, op: CmpOp::Eq, data }));
        self.context.learn(left, value);
        Ok(())
    }

    fn needs_ethernet(&mut self) {
        self.meta_is(meta::IIFTYPE, ETHERNET.into());
    }

    /// Another protocol of the layer is known: the wanted one may be stacked on it (`resolve_protocol_conflict`).
    fn needs_stacked(&mut self, wanted: &'static Protocol) -> Result<(), Wrong> {
        let Some(known) = self.context.protocol(wanted.layer) else { return Ok(()) };
        if self.context.protocol(wanted.layer.above()).is_some() || known.layer == Layer::None {
            return Err(Wrong(format!("{} where earlier matches say {}", wanted.name, known.name)));
        }
        self.over(known, wanted)
    }

    /// Some fields are there in messages of one type only (`payload_gen_icmp_dependency`).
    fn needs_icmp_type(&mut self, of: &'static Protocol, field: &'static Field) -> Result<(), Wrong> {
        let Some(only) = field.only_icmp_type else { return Ok(()) };
        match (self.context.icmp_type, of.fields.first()) {
            (None, Some(kind)) => self.field_is(of, kind, only.into()),
            (Some(known), _) if known != only => {
                Err(Wrong(format!("{} {} where an earlier match says that the type is {known}", of.name, field.name)))
            }
            _ => Ok(()),
        }
    }
}

fn under(layer: Layer) -> Layer {
    match layer {
        Layer::None | Layer::Link => Layer::None,
        Layer::Network => Layer::Link,
        Layer::Transport => Layer::Network,
        Layer::Inner => Layer::Transport,
    }
}

/// ICMP and IGMP are of one version of IP (`payload_gen_special_dependency`).
fn of_ip_version(wanted: &Protocol) -> Option<&'static Protocol> {
    if wanted.is(&protocol::ICMP) || wanted.is(&protocol::IGMP) {
        Some(&protocol::IP)
    } else if wanted.is(&protocol::ICMP6) {
        Some(&protocol::IP6)
    } else {
        None
    }
}
