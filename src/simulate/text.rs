//! Texts in a packet's bytes (`skb_find_text`, skbuff.c).

use super::{machine::Machine, space::Space, strand::Strand};
use crate::model::{Field, Text};

impl<S: Space> Machine<'_, S> {
    /// Whether the text is in the packets as they are now; None where bytes decide that are not known, or that are not the same in all.
    pub(super) fn finds(&self, strand: &Strand<S>, text: &Text) -> Option<bool> {
        let version = self.decider.host.version;
        let length = self.decider.value(&strand.space, &strand.way.view.field(Field::Length, version))?;
        let end = length.min(text.to.into()) as usize;
        let byte = |at: usize| {
            let bits = match text.headers.get(at) {
                Some(Some(bits)) => strand.way.view.through(bits),
                // IPv6's payload length, bytes 4 and 5.
                Some(None) => return Some(length.checked_sub(text.network.into())?.to_be_bytes()[if at == 4 { 14 } else { 15 }]),
                None => {
                    let place = at.checked_sub(text.network.into()).and_then(|place| u16::try_from(place).ok())?;
                    strand.way.view.field(Field::Transport(place), version)
                }
            };
            self.decider.value(&strand.space, &bits).map(|byte| byte as u8)
        };
        let bytes: Vec<Option<u8>> = (text.from.into()..end).map(byte).collect();
        let same = |one: u8, other: u8| if text.ignores_case { one.eq_ignore_ascii_case(&other) } else { one == other };
        let mut possible = false;
        // The search takes the first place where it stands, and that is also the first to end.
        for place in bytes.windows(text.pattern.len().max(1)) {
            let here = || place.iter().zip(&text.pattern);
            if here().any(|(byte, wanted)| byte.is_some_and(|byte| !same(byte, *wanted))) {
                continue;
            }
            if here().all(|(byte, _)| byte.is_some()) {
                let seen = text.in_one_piece.is_none_or(|most| length <= most.into());
                return seen.then_some(true);
            }
            possible = true;
        }
        (!possible).then_some(false)
    }
}
