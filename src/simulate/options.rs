//! Options of the TCP header: found, changed, taken out (`nft_exthdr_tcp_eval`, `nft_exthdr_tcp_set_eval`, `nft_exthdr_tcp_strip_eval`).

use super::{
    hooks::IS_FRAGMENT,
    machine::Machine,
    outcome::{Decision, Ending},
    space::Space,
    strand::Strand,
};
use crate::model::{
    Bits, Field, IpVersion, RuleId, Test, Values,
    step::{OptionEdit, TcpOption},
};

const TCP: u128 = 6;
/// Bytes of a TCP header without options.
const HEADER: u128 = 20;
const NO_OPERATION: u128 = 1;
/// Bytes of IPv6's fragment header.
const FRAGMENT_HEADER: u128 = 8;

type Both<S> = (Vec<Strand<S>>, Vec<Strand<S>>);

/// Where the option that is looked for was found.
enum Found {
    /// There is no TCP header, or not all of it.
    NoHeader,
    /// There is none.
    Nowhere,
    /// It is cut off, or shorter than what is asked of it.
    Short,
    /// Its first byte in the header, and its length.
    At { first: u16, length: u16 },
    /// Bytes before it are not known.
    Unknown,
}

impl<S: Space> Machine<'_, S> {
    /// Loads bytes of an option, or whether it is there.
    pub(super) fn load_option(&mut self, strand: Strand<S>, option: &TcpOption, register: u8) -> Both<S> {
        let version = self.decider.host.version;
        let (mut on, mut breaks) = (Vec::new(), Vec::new());
        for (mut strand, found) in self.find_option(strand, option) {
            match found {
                Found::Unknown => on.extend(self.free(strand, register, option.len.div_ceil(4).max(1), None, option.condition)),
                Found::At { .. } if option.present => {
                    strand.load_bits(register, &Bits::constant(8, 1));
                    on.push(strand);
                }
                Found::At { first, .. } => {
                    let mut bits = Bits::default();
                    for place in (first + u16::from(option.offset)..).take(option.len.into()) {
                        bits.append(&strand.way.view.field(Field::Transport(place), version));
                    }
                    strand.load_bits(register, &bits);
                    on.push(strand);
                }
                _ if option.present => {
                    strand.load_bits(register, &Bits::constant(8, 0));
                    on.push(strand);
                }
                _ => breaks.push(strand),
            }
        }
        (on, breaks)
    }

    /// Changes an option, or makes it void.
    pub(super) fn edit_option(&mut self, strand: Strand<S>, option: &TcpOption, edit: OptionEdit, rule: RuleId) -> Both<S> {
        let (mut on, mut breaks) = (Vec::new(), Vec::new());
        for (mut strand, found) in self.find_option(strand, option) {
            match (found, edit) {
                (Found::NoHeader, _) | (Found::Short, OptionEdit::Set) => breaks.push(strand),
                (Found::Short, OptionEdit::Strip) => {
                    self.end(strand, Ending::Drop, Decision::Rule { hook: self.hook, rule });
                }
                (Found::Nowhere | Found::Unknown, _) => on.push(strand),
                (Found::At { first, length }, OptionEdit::Strip) => {
                    (first..first + length).for_each(|place| strand.way.view.fix(Field::Transport(place), NO_OPERATION, 8));
                    on.push(strand);
                }
                // A segment size is only made smaller, by what the route says.
                (Found::At { first, .. }, OptionEdit::Set) => {
                    let choice = self.decider.undecided.condition(option.condition);
                    for (place, byte) in (first + u16::from(option.offset)..).zip(0..option.len) {
                        strand.way.view.set(Field::Transport(place), Bits::run(choice, 8 * (byte % 4), 8));
                    }
                    on.push(strand);
                }
            }
        }
        (on, breaks)
    }

    fn find_option(&mut self, strand: Strand<S>, option: &TcpOption) -> Vec<(Strand<S>, Found)> {
        let is = |field, width, low, high| Test::is(field, Values::range(width, low, high));
        let header = Test::all([
            is(Field::Protocol, 8, TCP, TCP),
            is(Field::FragmentOffset, 13, 0, 0),
            self.has_transport(HEADER),
            is(Field::DataOffset, 4, 5, 15),
        ]);
        let (with_header, without) = self.decider.split(strand, &header);
        let mut found: Vec<_> = without.into_iter().map(|strand| (strand, Found::NoHeader)).collect();
        let (bare, rest) = self.divide(with_header, &is(Field::DataOffset, 4, 5, 5));
        found.extend(bare.into_iter().map(|strand| (strand, Found::Nowhere)));
        for strand in rest {
            let words = self.decider.value(&strand.space, &strand.way.view.field(Field::DataOffset, self.decider.host.version));
            let Some(end) = words.and_then(|words| u16::try_from(4 * words).ok()) else {
                found.push((strand, Found::Unknown));
                continue;
            };
            let (whole, cut) = self.decider.split(strand, &self.has_transport(end.into()));
            found.extend(cut.into_iter().map(|strand| (strand, Found::NoHeader)));
            for strand in whole {
                let place = self.scan(&strand, end, option);
                found.push((strand, place));
            }
        }
        found
    }

    /// The packet has so many bytes of transport header.
    pub(super) fn has_transport(&self, bytes: u128) -> Test {
        let at_least = |bytes| Test::is(Field::Length, Values::range(16, bytes, 0xffff));
        match self.decider.host.version {
            IpVersion::V4 => at_least(20 + bytes),
            IpVersion::V6 => {
                let whole = Test::all([at_least(40 + bytes), IS_FRAGMENT.clone().negate()]);
                Test::any([at_least(40 + FRAGMENT_HEADER + bytes), whole])
            }
        }
    }

    /// The segment size that the options tell, 65536 if they tell none (`tcpmss_mt`): an option of another length than its own is passed over.
    /// None where they are not known. Asked only of whole headers.
    pub(super) fn segment_size(&self, strand: &Strand<S>) -> Option<u32> {
        const KIND: u128 = 2;
        const LENGTH: u128 = 4;
        const NONE: u32 = 1 << 16;
        let value = |field| self.decider.value(&strand.space, &strand.way.view.field(field, self.decider.host.version));
        let byte = |place| value(Field::Transport(place));
        let end = u16::try_from(4 * value(Field::DataOffset)?).ok()?;
        let mut at = 20;
        while at < end {
            let kind = byte(at)?;
            if kind < 2 || at + 1 == end {
                at += 1;
                continue;
            }
            let length = byte(at + 1)?;
            if kind == KIND && length == LENGTH && at + 4 <= end {
                return u32::try_from(byte(at + 2)? << 8 | byte(at + 3)?).ok();
            }
            at += u16::try_from(length.max(1)).ok()?;
        }
        Some(NONE)
    }

    /// Walks the options of a header of `end` bytes.
    fn scan(&self, strand: &Strand<S>, end: u16, option: &TcpOption) -> Found {
        let byte = |place| self.decider.value(&strand.space, &strand.way.view.field(Field::Transport(place), self.decider.host.version));
        let mut at = 20;
        while at + 1 < end {
            let Some(kind) = byte(at) else { return Found::Unknown };
            // optlen: the end of the options and a no-operation are one byte, and a length of 0 counts as one.
            let length = match kind {
                0 | 1 => Some(1),
                _ => byte(at + 1).map(|length| length.max(1)),
            };
            let Some(length) = length.and_then(|length| u16::try_from(length).ok()) else { return Found::Unknown };
            if kind == u128::from(option.kind) {
                let cut_off = at + length > end;
                return if cut_off || u16::from(option.offset) + u16::from(option.len) > length {
                    Found::Short
                } else {
                    Found::At { first: at, length }
                };
            }
            at += length;
        }
        Found::Nowhere
    }
}
