//! Which fields of a packet make a key: the `*_kadt` function of each type.

use smallvec::SmallVec;

use crate::{
    lower::context::Context,
    model::{Bits, Field, IpVersion, Test, Values, bits::ones, set::KeyPart, step::ConditionKind},
    ruleset::ipset::{Dimension, Kind, Set, Side, options::Span, part::port},
};

/// Packets whose key is read alike: what they are, and the fields of their key.
pub struct Class {
    pub guards: Vec<Test>,
    /// The keys that the set can hold at all: matters only where packets add to it.
    pub storable: Option<Test>,
    pub key: Box<[Bits]>,
}

/// `ARPHRD_ETHER`.
const ETHERNET: u16 = 1;

/// What each field of a type's key is, and how many bits it has.
pub fn fields(kind: &Kind, version: IpVersion) -> (SmallVec<[KeyPart; 3]>, SmallVec<[u8; 2]>) {
    let address = Field::Source.width(version);
    let (mut parts, mut widths) = (SmallVec::new(), SmallVec::new());
    let mut put = |part, width| {
        parts.push(part);
        widths.push(width);
    };
    let mut addresses = 0;
    for dimension in kind.dimensions {
        match dimension {
            Dimension::Ip | Dimension::Net => {
                put(if addresses == 0 { KeyPart::Address } else { KeyPart::SecondAddress }, address);
                addresses += 1;
            }
            Dimension::Port => put(KeyPart::Port, 16),
            Dimension::ProtocolPort => {
                put(KeyPart::Protocol, 8);
                put(KeyPart::Port, 16);
            }
            Dimension::Mac => put(KeyPart::Mac, 48),
            Dimension::Mark => put(KeyPart::Mark, 32),
            Dimension::Interface => put(KeyPart::Interface, 32),
            Dimension::Set => {}
        }
    }
    (parts, widths)
}

/// The packets that have a key, by how it is read. There are as many sides as dimensions.
pub fn classes(set: &Set, kind: &Kind, sides: &[Side], context: &mut Context<'_>) -> Vec<Class> {
    let version = context.version;
    let storable = storable(set, kind, sides, version);
    let mut classes = vec![Class { guards: Vec::new(), storable, key: Box::new([]) }];
    for (dimension, side) in kind.dimensions.iter().zip(sides) {
        let source = *side == Side::Source;
        let pick = |one, other| if source { one } else { other };
        let one = |guards: Vec<Test>, field: Field| vec![(guards, vec![Bits::field(field, version)])];
        let options: Vec<(Vec<Test>, Vec<Bits>)> = match dimension {
            Dimension::Ip | Dimension::Net => one(Vec::new(), pick(Field::Source, Field::Destination)),
            // `ip_set_get_ip_port`: of TCP and UDP only.
            Dimension::Port => {
                let guards = with_ports(&[port::TCP, port::UDP], context);
                one(vec![guards], pick(Field::SourcePort, Field::DestinationPort))
            }
            Dimension::ProtocolPort => protocols(source, context),
            Dimension::Mac => one(framed(context), pick(Field::LinkSource, Field::LinkDestination)),
            Dimension::Mark => one(Vec::new(), Field::Mark),
            Dimension::Interface => {
                let field = pick(Field::InInterface, Field::OutInterface);
                one(vec![context.common(field, 0, 0).negate()], field)
            }
            Dimension::Set => Vec::new(),
        };
        classes = classes.iter().flat_map(|class| options.iter().map(|option| class.with(option))).collect();
    }
    classes
}

impl Class {
    /// The key under the masks of the set, as it is stored.
    pub fn stored(&self, set: &Set, kind: &Kind, version: IpVersion) -> Box<[Bits]> {
        let (parts, widths) = fields(kind, version);
        let under = |((bits, part), width): ((&Bits, &KeyPart), &u8)| {
            let mask = match part {
                KeyPart::Address | KeyPart::SecondAddress => set.options.mask(set.family),
                KeyPart::Mark => set.options.mark_mask.unwrap_or(u32::MAX).into(),
                _ => return bits.clone(),
            };
            if mask == ones(*width) { bits.clone() } else { bits.and(&mask.to_be_bytes()[16 - usize::from(*width).div_ceil(8)..]) }
        };
        self.key.iter().zip(&parts).zip(&widths).map(under).collect()
    }

    fn with(&self, (guards, fields): &(Vec<Test>, Vec<Bits>)) -> Self {
        Self {
            guards: self.guards.iter().chain(guards).cloned().collect(),
            storable: self.storable.clone(),
            key: self.key.iter().chain(fields).cloned().collect(),
        }
    }
}

/// The keys that a set can hold at all: the range of a bitmap, and no address that is zero under the mask of `hash:ip` and `hash:ip,port`.
fn storable(set: &Set, kind: &Kind, sides: &[Side], version: IpVersion) -> Option<Test> {
    let source = sides.first() == Some(&Side::Source);
    let address = if source { Field::Source } else { Field::Destination };
    match set.options.range {
        Some(Span::Addresses(from, to)) => Some(Test::is(address, Values::range(32, u32::from(from).into(), u32::from(to).into()))),
        Some(Span::Ports(from, to)) => {
            let port = if source { Field::SourcePort } else { Field::DestinationPort };
            Some(Test::is(port, Values::range(16, from.into(), to.into())))
        }
        None if matches!(kind.dimensions, [Dimension::Ip] | [Dimension::Ip, Dimension::ProtocolPort]) => {
            Some(Test::is(address, Values::masked(address.width(version), set.options.mask(set.family), 0).complement()))
        }
        None => None,
    }
}

/// `ip_set_get_ip4_port`, `ip_set_get_ip6_port`: the protocol with its port, its ICMP type and code, or 0.
fn protocols(source: bool, context: &mut Context<'_>) -> Vec<(Vec<Test>, Vec<Bits>)> {
    let version = context.version;
    let (icmp, foreign) = match version {
        IpVersion::V4 => (port::ICMP, port::ICMPV6),
        IpVersion::V6 => (port::ICMPV6, port::ICMP),
    };
    let protocol = || Bits::field(Field::Protocol, version);
    let no_port = || vec![protocol(), Bits::constant(16, 0)];
    let port_field = if source { Field::SourcePort } else { Field::DestinationPort };
    let unfragmented = context.common(Field::FragmentOffset, 0, 0);
    let ports = with_ports(&port::WITH_PORTS, context);
    let types = with_ports(&[icmp], context);
    // Only ICMP of the set's own version is stored with type and code; of the other, as of all protocols without ports, a 0.
    let of_foreign = Test::all([with_ports(&[foreign], context), Test::is(Field::SourcePort, Values::one(16, 0))]);
    let mut rest = Test::is(
        Field::Protocol,
        Values::from_ranges(8, port::WITH_PORTS.iter().chain(&[icmp, foreign]).map(|each| ((*each).into(), (*each).into()))).complement(),
    );
    let mut others = of_foreign;
    match version {
        // A later fragment has no port, and needs none.
        IpVersion::V4 => {
            rest = Test::all([rest, Test::is(Field::Protocol, Values::one(8, 0).complement())]);
            let fragment = Test::all([context.common(Field::Protocol, foreign.into(), foreign.into()), unfragmented.negate()]);
            others = Test::any([others, rest, fragment]);
        }
        IpVersion::V6 => others = Test::any([others, Test::all([rest, unfragmented])]),
    }
    vec![
        (vec![ports], vec![protocol(), Bits::field(port_field, version)]),
        (vec![types], vec![protocol(), Bits::field(Field::SourcePort, version)]),
        (vec![others], no_port()),
    ]
}

/// A packet of one of these protocols whose transport header is there and whole (`get_port`).
fn with_ports(protocols: &[u8], context: &mut Context<'_>) -> Test {
    let network = context.headers.network_length();
    let mut lengths: Vec<(u128, Vec<u8>)> = Vec::new();
    for protocol in protocols {
        let header = match *protocol {
            port::TCP => 20,
            port::SCTP => 12,
            _ => 8,
        };
        let length = (network + header) as u128;
        match lengths.iter_mut().find(|(each, _)| *each == length) {
            Some((_, protocols)) => protocols.push(*protocol),
            None => lengths.push((length, vec![*protocol])),
        }
    }
    let whole = context.common(Field::FragmentOffset, 0, 0);
    let by_length = lengths.into_iter().map(|(length, protocols)| {
        let protocols = Values::from_ranges(8, protocols.iter().map(|each| ((*each).into(), (*each).into())));
        Test::all([Test::is(Field::Protocol, protocols), context.common(Field::Length, length, ones(16))])
    });
    let by_length = Test::any(by_length.collect::<Vec<_>>());
    Test::all([whole, by_length])
}

/// Packets with an Ethernet header (`skb->dev` is Ethernet, `skb_mac_header_len`): it came in by Ethernet. In postrouting `skb->dev` is the
/// outgoing interface, elsewhere the incoming one; which it is, where only that is no Ethernet, can't be told.
fn framed(context: &mut Context<'_>) -> Vec<Test> {
    let ethernet: Vec<_> = {
        let links = context.network.links.iter().filter(|link| link.hardware == ETHERNET);
        links.map(|link| (u128::from(link.index), u128::from(link.index))).collect()
    };
    let mut guards = vec![Test::is(Field::InInterface, Values::from_ranges(32, ethernet.iter().copied()))];
    let others = context.network.links.iter().filter(|link| link.hardware != ETHERNET && !link.loopback).count();
    if others > 0 {
        let out = Values::from_ranges(32, ethernet.into_iter().chain([(0, 0)]));
        let condition =
            context.condition(ConditionKind::Unknown, "the Ethernet header of a packet that leaves by another kind of interface");
        guards.push(Test::any([Test::is(Field::OutInterface, out), Test::Condition(condition)]));
    }
    guards
}
