//! Which element of a set a packet matched in the rule that decided it: "10.0.3.5 is in ipset f2b-nginx (time left 9 min)".

use std::fmt::Write as _;

use serde::Serialize;

use crate::{
    audits::{
        judge::{Judged, Piece},
        witness,
    },
    model::{Field, IpVersion, RuleId},
    packets::{Packet, value::Words},
    ruleset::{
        ipset::{
            self, Elements, Part, Reference, Side,
            part::{
                address::{number_of, prefix_mask},
                port,
            },
        },
        nft::{
            self, Expr,
            expr::{PayloadBase, Reg},
        },
        xtables::Match,
    },
    simulate::outcome::Decision,
    site::Site,
};

/// An element that holds what a packet has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The fields of the packet that are looked up.
    pub key: String,
    /// `ipset NAME`, or `set NAME` of nf_tables.
    pub set: String,
    /// The element as its own tool writes it.
    pub element: String,
    /// Seconds; none if it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Member {
    /// A sentence without its end.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = format!("{} is in {}", self.key, self.set);
        if self.element != self.key {
            _ = write!(text, " as {}", self.element);
        }
        let left = self.time_left.map(|seconds| format!("time left {}", duration(seconds)));
        let comment = self.comment.as_ref().map(|comment| format!("\"{comment}\""));
        let more: Vec<_> = left.into_iter().chain(comment).collect();
        if !more.is_empty() {
            _ = write!(text, " ({})", more.join(", "));
        }
        text
    }
}

/// The elements by which a packet matched the sets of a rule, as far as they were read.
#[must_use]
pub fn of_rule(site: &Site, rule: RuleId, packet: &Packet) -> Vec<Member> {
    let reader = Reader { site, packet };
    if let Some(rule) = site.iptables_rule(packet.version, rule) {
        let sets = rule.matches.iter().filter_map(|each| match each {
            Match::Set(set) if !set.inverted && !set.physical => Some(set),
            _ => None,
        });
        return sets.filter_map(|set| reader.ipset(&set.set, set.exceptions)).collect();
    }
    site.nftables_rule(packet.version, rule).map(|(table, rule)| reader.of_nft(table, rule)).unwrap_or_default()
}

/// The elements by which the witness of a piece matched the rule that decided it.
#[must_use]
pub fn of_piece(site: &Site, judged: &Judged, piece: &Piece) -> Vec<Member> {
    match (&piece.outcome.decided_by, witness::packet(judged, piece)) {
        (Decision::Rule { rule, .. }, Some(packet)) => of_rule(site, *rule, &packet),
        _ => Vec::new(),
    }
}

/// In the biggest unit of which there are two at least.
fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

struct Reader<'a> {
    site: &'a Site,
    packet: &'a Packet,
}

impl Reader<'_> {
    fn known(&self, field: Field) -> Option<u128> {
        self.packet.known.iter().find(|(each, _)| *each == field).map(|(_, value)| *value)
    }

    fn words(&self, fields: &[Field]) -> Option<String> {
        let words = Words { version: self.packet.version, interfaces: &self.site.lowered(self.packet.version).host.interfaces };
        let told: Option<Vec<String>> = fields.iter().map(|field| Some(words.value(*field, self.known(*field)?))).collect();
        told.map(|told| told.join(","))
    }

    /// The element of a set, or of a member of a list.
    fn ipset(&self, wanted: &Reference, exceptions: bool) -> Option<Member> {
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

    /// Sets of one address or port that a rule of nf_tables looks up.
    fn of_nft(&self, table: &nft::Table, rule: &nft::Rule) -> Vec<Member> {
        let mut loaded: Vec<(Reg, Field)> = Vec::new();
        let mut members = Vec::new();
        for expr in &rule.exprs {
            match expr {
                Expr::Payload(payload) => {
                    let Some(dest) = payload.dest else { continue };
                    loaded.retain(|(register, _)| *register != dest);
                    loaded.extend(place(payload.base, payload.offset, payload.len).map(|field| (dest, field)));
                }
                Expr::Lookup(lookup) if !lookup.invert => {
                    let field = loaded.iter().find(|(register, _)| *register == lookup.source).map(|(_, field)| *field);
                    let set = table.sets.iter().find(|set| set.name == lookup.set);
                    members.extend(field.zip(set).and_then(|(field, set)| self.nft_element(set, field)));
                }
                // Whatever changes registers, what was loaded before can't be told.
                Expr::Cmp(_) | Expr::Counter(_) | Expr::Lookup(_) | Expr::Meta(_) | Expr::Ct(_) => {}
                _ => loaded.clear(),
            }
        }
        members
    }

    fn nft_element(&self, set: &nft::Set, field: Field) -> Option<Member> {
        let nft::set::Elements::Whole(elements) = &set.elements else { return None };
        let known = self.known(field)?;
        if set.key_len as usize * 8 != usize::from(field.width(self.packet.version))
            || !set.field_lens.is_empty() && set.field_lens.len() > 1
        {
            return None;
        }
        let number = |data: &nft::Data| crate::model::bits::number(data);
        let is_end = |element: &nft::set::Element| element.flags & 1 != 0;
        let (first, last, element) = if set.flags & INTERVAL == 0 {
            let element = elements.iter().find(|element| element.flags == 0 && number(&element.key) == known)?;
            (known, known, element)
        } else {
            let before = elements.iter().filter(|element| !element.key.is_empty() && number(&element.key) <= known);
            // Where one ends and the next begins, the beginning counts.
            let element = before.max_by_key(|element| (number(&element.key), !is_end(element)))?;
            let after =
                elements.iter().filter(|element| is_end(element)).map(|element| number(&element.key)).filter(|end| *end > known).min();
            (number(&element.key), after.map_or(crate::model::bits::ones(field.width(self.packet.version)), |end| end - 1), element)
        };
        if is_end(element) {
            return None;
        }
        let words = Words { version: self.packet.version, interfaces: &[] };
        let told = |value| words.value(field, value);
        Some(Member {
            key: told(known),
            set: if set.flags & ANONYMOUS != 0 { "the rule's own set".into() } else { format!("set {}", set.name) },
            element: if first == last { told(first) } else { format!("{}-{}", told(first), told(last)) },
            time_left: element.expiration.map(|milliseconds| milliseconds / 1000),
            comment: element.comment.clone(),
        })
    }
}

/// `NFT_SET_ANONYMOUS` and `NFT_SET_INTERVAL`.
const ANONYMOUS: u32 = 1;
const INTERVAL: u32 = 4;

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

/// The field of the packet at a place of its headers.
fn place(base: PayloadBase, offset: u32, len: u32) -> Option<Field> {
    match (base, offset, len) {
        (PayloadBase::Network, 12, 4) | (PayloadBase::Network, 8, 16) => Some(Field::Source),
        (PayloadBase::Network, 16, 4) | (PayloadBase::Network, 24, 16) => Some(Field::Destination),
        (PayloadBase::Transport, 0, 2) => Some(Field::SourcePort),
        (PayloadBase::Transport, 2, 2) => Some(Field::DestinationPort),
        _ => None,
    }
}
