//! What is not modelled: sockets, routes, options, and expressions that this program does not know.

use super::{registers, rule::Reader};
use crate::{
    model::{Bits, IpVersion, Step, Test, step::ConditionKind},
    ruleset::nft::expr::{Exthdr, Reg, Rt, Socket},
};

/// `NFT_EXTHDR_OP_*`.
const IPV6: u32 = 0;
const TCP_OPTION: u32 = 1;
const IPV4_OPTION: u32 = 2;

/// `NEXTHDR_FRAGMENT`.
const FRAGMENT: u8 = 44;

impl Reader<'_, '_> {
    /// Anything may follow: a verdict, a break, or the next expression.
    pub(super) fn opaque(&mut self, text: impl Into<String>) {
        let condition = self.context.condition(ConditionKind::Unknown, text);
        self.effect(Step::Opaque(condition));
    }

    /// Some expressions of newer or rarer kinds only load registers, or only test: what does not depend on them stays certain.
    pub(super) fn unknown(&mut self, name: &str) {
        match name {
            // `nft_last_eval` only remembers the time.
            "last" => {}
            "osf" | "tunnel" | "xfrm" | "inner" => {
                self.registers.clear();
                let condition = self.context.condition(ConditionKind::Unknown, name);
                let bits = self.free(Reg(0), registers::SIZE, condition);
                self.load_bits(Reg(0), bits);
            }
            "flow_offload" => self.undecided(ConditionKind::Unknown, "flow add"),
            other => self.opaque(other),
        }
    }

    /// `nft_exthdr.c`. Packets carry no IPv6 extension header but that of a fragment, and no IPv4 option.
    pub(super) fn exthdr(&mut self, exthdr: &Exthdr) {
        let Some(dest) = exthdr.dest else {
            // Changing or stripping an option breaks off where there is none; it touches no field.
            return self.undecided(ConditionKind::Unknown, format!("option {} is there", exthdr.kind));
        };
        let text = format!("option or extension header {}", exthdr.kind);
        let version = self.context.version;
        match exthdr.op {
            IPV6 if version == IpVersion::V4 => self.test(Test::Never),
            IPV4_OPTION if version == IpVersion::V6 => self.test(Test::Never),
            IPV6 if exthdr.kind != FRAGMENT => self.absent(exthdr, dest),
            IPV4_OPTION => self.absent(exthdr, dest),
            TCP_OPTION => {
                let tcp = self.context.common(crate::model::Field::Protocol, 6, 6);
                self.guards.other(tcp);
                self.guards.unfragmented();
                self.load_unknown(dest, exthdr.len.max(1) as usize, ConditionKind::Unknown, text);
            }
            _ => self.load_unknown(dest, exthdr.len.max(1) as usize, ConditionKind::Unknown, text),
        }
    }

    /// A header that is not there: its presence is 0, its bytes break off the rule.
    fn absent(&mut self, exthdr: &Exthdr, dest: Reg) {
        if exthdr.present {
            self.load_bits(dest, Bits::constant(8, 0));
        } else {
            self.test(Test::Never);
        }
    }

    /// `nft_rt_get_eval`.
    pub(super) fn rt(&mut self, rt: &Rt) {
        let (name, bytes, version) = match rt.key {
            0 => ("classid", 4, None),
            1 => ("ip nexthop", 4, Some(IpVersion::V4)),
            2 => ("ip6 nexthop", 16, Some(IpVersion::V6)),
            3 => ("mtu", 2, None),
            _ => ("ipsec", 1, None),
        };
        if version.is_some_and(|version| version != self.context.version) {
            self.test(Test::Never);
        } else {
            self.load_unknown(rt.dest, bytes, ConditionKind::Unknown, format!("rt {name}"));
        }
    }

    /// `nft_socket_eval`.
    pub(super) fn socket(&mut self, socket: &Socket) {
        let (name, bytes) = match socket.key {
            0 => ("transparent", 1),
            1 => ("mark", 4),
            2 => ("wildcard", 1),
            _ => ("cgroupv2", 8),
        };
        self.load_unknown(socket.dest, bytes, ConditionKind::Unknown, format!("socket {name}"));
    }
}
