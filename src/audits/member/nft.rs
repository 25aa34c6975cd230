//! Elements of sets of nf_tables.

use super::{Member, Reader};
use crate::{
    model::Field,
    packets::value::Words,
    ruleset::nft::{
        self, Expr,
        expr::{PayloadBase, Reg},
    },
};

impl Reader<'_> {
    /// Sets of one address or port that a rule of nf_tables looks up.
    pub(super) fn of_nft(&self, table: &nft::Table, rule: &nft::Rule) -> Vec<Member> {
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
            named: set.flags & ANONYMOUS == 0,
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
