//! Elements of ipsets.

use super::{Member, Reader};
use crate::{
    model::{Field, IpVersion},
    ruleset::ipset::{
        self, Elements, Part, Reference, Side,
        part::{
            address::{number_of, prefix_mask},
            port,
        },
    },
};

impl Reader<'_> {
    /// The element of a set, or of a member of a list.
    pub(super) fn ipset(&self, wanted: &Reference, exceptions: bool) -> Option<Member> {
        let sets = &self.site.ipsets;
        let set = match (&wanted.name, wanted.index) {
            (Some(name), _) => sets.by_name(name),
            (None, index) => sets.by_index(index?),
        }?;
        let (element, set) = self.element(set, &wanted.sides, exceptions).or_else(|| {
            let members = set.elements.known().iter().flat_map(|element| &element.key).filter_map(|part| match part {
                Part::Set(name) => sets.by_name(name),
                _ => None,
            });
            members.filter_map(|member| self.element(member, &wanted.sides, exceptions)).next()
        })?;
        let fields: Vec<Field> = element.key.iter().zip(&wanted.sides).flat_map(|(part, side)| field(part, *side)).collect();
        let key = self.words(&fields)?;
        let extensions = element.extensions.as_deref();
        // A host's element is written without its prefix length, ports with their protocol.
        let written: Vec<String> = element.key.iter().map(ToString::to_string).collect();
        Some(Member {
            element: if element.key.iter().all(|part| matches!(part, Part::ProtocolPort { .. })) { key.clone() } else { written.join(",") },
            key,
            set: format!("ipset {}", set.name),
            named: true,
            time_left: extensions.and_then(|each| each.timeout).filter(|seconds| *seconds > 0).map(u64::from),
            comment: extensions.and_then(|each| each.comment.clone()),
        })
    }

    /// The most specific element that holds the packet's key, if it makes the set match.
    fn element<'s>(&self, set: &'s ipset::Set, sides: &[Side], exceptions: bool) -> Option<(&'s ipset::Element, &'s ipset::Set)> {
        let Elements::Whole(elements) = &set.elements else { return None };
        let holds = |element: &&ipset::Element| {
            element.key.len() <= sides.len() && element.key.iter().zip(sides).all(|(part, side)| self.fits(set, part, *side))
        };
        let lengths = |element: &ipset::Element| -> Vec<u8> {
            let nets = element.key.iter().filter_map(|part| match part {
                Part::Address(net) => Some(net.prefix_len()),
                _ => None,
            });
            nets.collect()
        };
        // Of those that are alike the first decides, as the kernel finds it.
        let best = elements.iter().filter(holds).reduce(|best, other| if lengths(other) > lengths(best) { other } else { best })?;
        (best.is_exception() == exceptions).then_some((best, set))
    }

    fn fits(&self, set: &ipset::Set, part: &Part, side: Side) -> bool {
        let pick = |one, other| self.known(if side == Side::Source { one } else { other });
        let (address, port_field) = ((Field::Source, Field::Destination), (Field::SourcePort, Field::DestinationPort));
        match part {
            Part::Address(net) => {
                let is_four = net.addr().is_ipv4();
                let mask = set.options.mask(set.family) & prefix_mask(net.prefix_len(), set.family.width());
                is_four == (self.packet.version == IpVersion::V4)
                    && pick(address.0, address.1).is_some_and(|known| known & mask == number_of(net.addr()) & mask)
            }
            Part::Port(number) => pick(port_field.0, port_field.1) == Some((*number).into()),
            Part::ProtocolPort { protocol, port: number } => {
                let at = match *protocol {
                    port::ICMP | port::ICMPV6 => self.known(Field::SourcePort),
                    protocol if port::WITH_PORTS.contains(&protocol) => pick(port_field.0, port_field.1),
                    _ => Some(0),
                };
                self.known(Field::Protocol) == Some((*protocol).into()) && at == Some((*number).into())
            }
            Part::Mac(bytes) => pick(Field::LinkSource, Field::LinkDestination) == Some(crate::model::bits::number(bytes)),
            Part::Mark(mark) => self
                .known(Field::Mark)
                .is_some_and(|known| known & u128::from(set.options.mark_mask.unwrap_or(u32::MAX)) == u128::from(*mark)),
            Part::Interface(interface) => {
                pick(Field::InInterface, Field::OutInterface).and_then(|index| u32::try_from(index).ok()).is_some_and(|index| {
                    self.site
                        .interface(index)
                        .is_some_and(|name| if interface.wildcard { name.starts_with(&interface.name) } else { name == interface.name })
                })
            }
            Part::Set(_) => false,
        }
    }
}

/// The fields that a part of a key is compared with.
fn field(part: &Part, side: Side) -> Vec<Field> {
    let pick = |one, other| if side == Side::Source { one } else { other };
    match part {
        Part::Address(_) => vec![pick(Field::Source, Field::Destination)],
        Part::Port(_) => vec![pick(Field::SourcePort, Field::DestinationPort)],
        Part::ProtocolPort { protocol, .. } if port::WITH_PORTS.contains(protocol) => {
            vec![Field::Protocol, pick(Field::SourcePort, Field::DestinationPort)]
        }
        Part::ProtocolPort { .. } => vec![Field::Protocol],
        Part::Mac(_) => vec![pick(Field::LinkSource, Field::LinkDestination)],
        Part::Mark(_) => vec![Field::Mark],
        Part::Interface(_) => vec![pick(Field::InInterface, Field::OutInterface)],
        Part::Set(_) => Vec::new(),
    }
}
