//! `exthdr`: IPv6 extension headers, options of IPv4 and TCP (`nft_exthdr.c`).

use super::{guards::fragment, rule::Reader};
use crate::{
    model::{
        Bits, Field, IpVersion, Step, Test, Values,
        step::{ConditionKind, Load, OptionEdit, TcpOption},
    },
    ruleset::nft::expr::{Exthdr, Reg},
};

/// `NFT_EXTHDR_OP_*`.
const IPV6: u32 = 0;
const TCP_OPTION: u32 = 1;
const IPV4_OPTION: u32 = 2;

/// `NEXTHDR_FRAGMENT`.
const FRAGMENT: u8 = 44;

/// First byte of the identification in a fragment header.
const IDENTIFICATION: usize = 4;

impl Reader<'_, '_> {
    pub(super) fn exthdr(&mut self, exthdr: &Exthdr) {
        let version = self.context.version;
        let text = format!("option or extension header {}", exthdr.kind);
        match (exthdr.op, exthdr.dest) {
            (TCP_OPTION, dest) => self.tcp_option(exthdr, dest, text),
            // nft_exthdr_ipv6_eval, nft_exthdr_ipv4_eval: of the other version the presence, too, breaks off.
            (IPV6, _) if version == IpVersion::V4 => self.test(Test::Never),
            (IPV4_OPTION, _) if version == IpVersion::V6 => self.test(Test::Never),
            (IPV6, Some(dest)) if exthdr.kind == FRAGMENT => self.fragment_header(exthdr, dest, text),
            (IPV6, Some(dest)) => self.extension_header(exthdr, dest, text),
            // Packets carry no IPv4 option.
            (IPV4_OPTION, Some(dest)) => self.absent(exthdr, dest),
            (_, Some(dest)) => self.load_unknown(dest, exthdr.len.max(1) as usize, ConditionKind::Unknown, text),
            (_, None) => self.opaque(text),
        }
    }

    fn tcp_option(&mut self, exthdr: &Exthdr, dest: Option<Reg>, text: String) {
        let condition = self.context.condition(ConditionKind::Unknown, text);
        let (offset, len) = (exthdr.offset.min(255) as u8, exthdr.len.min(255) as u8);
        let option = TcpOption { kind: exthdr.kind, offset, len, present: exthdr.present, condition };
        match (dest, exthdr.source) {
            (Some(dest), _) => self.load_by(dest, if exthdr.present { 1 } else { len.into() }, Load::TcpOption(option)),
            (None, Some(_)) => self.effect(Step::EditOption { option: Box::new(option), edit: OptionEdit::Set }),
            (None, None) => self.effect(Step::EditOption { option: Box::new(option), edit: OptionEdit::Strip }),
        }
    }

    /// The only extension header that packets are known to have (`ipv6_find_hdr` with its number).
    fn fragment_header(&mut self, exthdr: &Exthdr, dest: Reg, text: String) {
        if exthdr.present {
            return self.load_by(dest, 1, Load::Truth(fragment()));
        }
        self.guards.other(fragment());
        let (offset, len) = (exthdr.offset as usize, exthdr.len as usize);
        if offset + len > IDENTIFICATION {
            return self.load_unknown(dest, len, ConditionKind::Unknown, text);
        }
        let mut header = Bits::field(Field::Protocol, IpVersion::V6);
        header.push_zeros(8);
        header.append(&Bits::field(Field::FragmentOffset, IpVersion::V6));
        header.push_zeros(2);
        header.append(&Bits::run(Field::IpFlags, 0, 1));
        self.load_bits(dest, header.slice(8 * offset, 8 * len));
    }

    /// A packet whose transport protocol is an extension header's number may have that header.
    fn extension_header(&mut self, exthdr: &Exthdr, dest: Reg, text: String) {
        let condition = self.context.condition(ConditionKind::Unknown, text);
        let there = Test::all([Test::is(Field::Protocol, Values::one(8, exthdr.kind.into())), Test::Condition(condition)]);
        if exthdr.present {
            return self.load_by(dest, 1, Load::Truth(there));
        }
        let bits = self.free(dest, exthdr.len.max(1) as usize, condition);
        self.load_bits(dest, bits);
        self.guards.other(there);
    }

    /// An option that is not there: its presence is 0, its bytes break off the rule.
    fn absent(&mut self, exthdr: &Exthdr, dest: Reg) {
        if exthdr.present {
            self.load_bits(dest, Bits::constant(8, 0));
        } else {
            self.test(Test::Never);
        }
    }
}
