//! `ct`: the packet's connection (`nft_ct_get_eval`, `nft_ct_set_eval`), and `notrack`.

use super::{payload::protocol_family, rule::Reader};
use crate::{
    model::{
        Bits, Field, IpVersion, Step, Test, Values,
        step::{ConditionKind, Load, TupleEnd},
    },
    ruleset::nft::{
        Family,
        expr::{Ct, Reg},
    },
};

/// `enum nft_ct_keys`.
mod key {
    pub const STATE: u32 = 0;
    pub const DIRECTION: u32 = 1;
    pub const STATUS: u32 = 2;
    pub const MARK: u32 = 3;
    pub const SECMARK: u32 = 4;
    pub const EXPIRATION: u32 = 5;
    pub const HELPER: u32 = 6;
    pub const L3PROTOCOL: u32 = 7;
    pub const SRC: u32 = 8;
    pub const DST: u32 = 9;
    pub const PROTOCOL: u32 = 10;
    pub const PROTO_SRC: u32 = 11;
    pub const PROTO_DST: u32 = 12;
    pub const LABELS: u32 = 13;
    pub const PKTS: u32 = 14;
    pub const BYTES: u32 = 15;
    pub const AVGPKT: u32 = 16;
    pub const ZONE: u32 = 17;
    pub const EVENTMASK: u32 = 18;
    pub const SRC_IP: u32 = 19;
    pub const DST_IP: u32 = 20;
    pub const SRC_IP6: u32 = 21;
    pub const DST_IP6: u32 = 22;
    pub const ID: u32 = 23;
}

impl Reader<'_, '_> {
    pub(super) fn ct(&mut self, ct: &Ct) {
        match (ct.dest, ct.source) {
            (_, Some(source)) => self.set_ct(ct.key, source),
            (Some(dest), None) => self.get_ct(ct, dest),
            (None, None) => {}
        }
    }

    /// Everything but the state needs a connection, else the rule breaks off.
    fn get_ct(&mut self, ct: &Ct, dest: Reg) {
        let version = self.context.version;
        if ct.key == key::STATE {
            return self.load_host(dest, Field::CtState);
        }
        self.guards.connection();
        match ct.key {
            key::DIRECTION => self.load_bits(dest, Bits::field(Field::CtDirection, version)),
            key::STATUS => self.load_host(dest, Field::CtStatus),
            key::MARK => self.load_host(dest, Field::CtMark),
            key::ZONE => self.load_host(dest, Field::CtZone),
            key::L3PROTOCOL => self.load_bits(dest, Bits::constant(8, protocol_family(version))),
            key::PROTOCOL => self.load_connection_protocol(dest),
            key::SRC_IP | key::DST_IP if version == IpVersion::V6 => self.test(Test::Never),
            key::SRC_IP6 | key::DST_IP6 if version == IpVersion::V4 => self.test(Test::Never),
            key::SRC | key::SRC_IP | key::SRC_IP6 => self.load_tuple(ct, dest, TupleEnd::Source, "saddr"),
            key::DST | key::DST_IP | key::DST_IP6 => self.load_tuple(ct, dest, TupleEnd::Destination, "daddr"),
            key::PROTO_SRC => self.load_tuple(ct, dest, TupleEnd::SourcePort, "proto-src"),
            key::PROTO_DST => self.load_tuple(ct, dest, TupleEnd::DestinationPort, "proto-dst"),
            key::PKTS | key::BYTES | key::AVGPKT if self.context.accounting.is_some() => self.load_accounting(ct, dest),
            key::LABELS if !self.context.labels => self.load_of_new(dest, Bits::constant(128, 0), "ct label"),
            key::HELPER => {
                // Only what was expected has a master (`nf_ct_expect_find_get`).
                let master = self.context.condition(ConditionKind::Unknown, "a connection that another one's helper expected");
                let known = Test::is(Field::CtState, Values::from_ranges(32, [(2, 2), (4, 4)]));
                self.test(Test::All([known, Test::Condition(master)].into()));
                self.load_unknown(dest, 16, ConditionKind::Unknown, "ct helper");
            }
            other => {
                let (text, bytes) = name_and_size(other);
                self.load_unknown(dest, bytes, ConditionKind::Unknown, format!("ct {text}"));
            }
        }
    }

    /// What a new connection has; of another it is not known.
    fn load_of_new(&mut self, dest: Reg, bits: Bits, text: &str) {
        let condition = self.context.condition(ConditionKind::Unknown, text);
        let test = Test::is(Field::CtState, Values::one(32, 8));
        self.load_by(dest, bits.width() / 8, Load::Cases { cases: [(test, Some(bits)), (Test::Always, None)].into(), condition });
    }

    /// `nf_ct_acct_update`: the packet itself is counted, if the kernel counts.
    fn load_accounting(&mut self, ct: &Ct, dest: Reg) {
        let counted = self.context.accounting == Some(true) && ct.direction != Some(1);
        let mut bits = Bits::constant(48, 0);
        match ct.key {
            _ if !counted => bits.push_zeros(16),
            key::PKTS => bits = Bits::constant(64, 1),
            _ => bits.append(&Bits::field(Field::Length, self.context.version)),
        }
        self.load_of_new(dest, bits.swap_bytes(8), "what a connection has carried so far");
    }

    /// An ICMP error belongs to a connection of another protocol than its own.
    fn load_connection_protocol(&mut self, dest: Reg) {
        let own = Test::is(Field::CtState, Values::from_ranges(32, [(2, 2), (8, 8)]));
        let related = self.context.condition(ConditionKind::Unknown, "the protocol of a related packet's connection");
        // What is not known comes before it is compared.
        self.test(Test::Any([own, Test::Condition(related)].into()));
        self.load_bits(dest, Bits::field(Field::Protocol, self.context.version));
    }

    /// A part of the connection's tuple.
    fn load_tuple(&mut self, ct: &Ct, dest: Reg, end: TupleEnd, name: &str) {
        let version = self.context.version;
        let reply = ct.direction == Some(1);
        let original = match end {
            TupleEnd::Source if !reply => Field::CtOriginalSource,
            TupleEnd::Destination if !reply => Field::CtOriginalDestination,
            _ => {
                let condition = self.context.condition(ConditionKind::Unknown, format!("ct {name} of a connection that is not known"));
                let bytes = if name.starts_with("proto") { 2 } else { usize::from(Field::Source.width(version)) / 8 };
                self.load_by(dest, bytes, Load::Tuple { end, reply, condition });
                return self.fill_up(ct, dest, self.words(dest, bytes));
            }
        };
        self.fill_up(ct, dest, Bits::field(original, version));
    }

    /// In inet tables the old keys copy all 16 bytes of the address.
    fn fill_up(&mut self, ct: &Ct, dest: Reg, mut bits: Bits) {
        if matches!(ct.key, key::SRC | key::DST) && self.context.version == IpVersion::V4 && self.scope.table.family == Family::Inet {
            bits.push_zeros(96);
        }
        self.load_bits(dest, bits);
    }

    /// Without a connection nothing is set, and the rule goes on; then nothing can read it either.
    fn set_ct(&mut self, key: u32, source: Reg) {
        match key {
            key::MARK => {
                let mark = self.read_bits(source, 4).swap_bytes(4);
                self.write(Field::CtMark, mark);
            }
            key::ZONE => {
                let zone = self.read_bits(source, 2).swap_bytes(2);
                self.effect(Step::Template { zone: Box::new(zone), untracked: true });
                self.guards.forget_connection();
            }
            // Reads of these are never decided, so that they need no writing.
            key::LABELS | key::SECMARK | key::EVENTMASK => {}
            other => self.opaque(format!("ct key {other} set")),
        }
    }

    /// `nft_notrack_eval`.
    pub(super) fn notrack(&mut self) {
        self.effect(Step::Notrack);
        self.guards.forget_connection();
        self.registers.forget(Field::CtState);
    }
}

/// The operator's word for a key, and the bytes that it loads (`nft_ct_get_init`).
fn name_and_size(key: u32) -> (String, usize) {
    let (name, bytes) = match key {
        key::SECMARK => ("secmark", 4),
        key::EXPIRATION => ("expiration", 4),
        key::HELPER => ("helper", 16),
        key::LABELS => ("label", 16),
        key::PKTS => ("packets", 8),
        key::BYTES => ("bytes", 8),
        key::AVGPKT => ("avgpkt", 8),
        key::ID => ("id", 4),
        other => return (format!("key {other}"), 16),
    };
    (name.to_owned(), bytes)
}
