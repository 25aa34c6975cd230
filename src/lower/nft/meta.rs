//! `meta`: facts about the packet and its surroundings (`nft_meta_get_eval`, `nft_meta_set_eval`).

use super::{
    payload::protocol_family,
    rule::Reader,
    value::{Derived, Rule, Value},
};
use crate::{
    lower::{
        context::{ByInterface, text},
        headers::ethertype,
        ipsec::{self, Way},
    },
    model::{
        Bits, Field, Test, Values,
        step::{ConditionKind, Load},
    },
    ruleset::nft::expr::{Meta, Reg},
};

/// `enum nft_meta_keys`.
mod key {
    pub const LEN: u32 = 0;
    pub const PROTOCOL: u32 = 1;
    pub const PRIORITY: u32 = 2;
    pub const MARK: u32 = 3;
    pub const IIF: u32 = 4;
    pub const OIF: u32 = 5;
    pub const IIFNAME: u32 = 6;
    pub const OIFNAME: u32 = 7;
    pub const IIFTYPE: u32 = 8;
    pub const OIFTYPE: u32 = 9;
    pub const SKUID: u32 = 10;
    pub const SKGID: u32 = 11;
    pub const NFTRACE: u32 = 12;
    pub const RTCLASSID: u32 = 13;
    pub const SECMARK: u32 = 14;
    pub const NFPROTO: u32 = 15;
    pub const L4PROTO: u32 = 16;
    pub const PKTTYPE: u32 = 19;
    pub const CPU: u32 = 20;
    pub const IIFGROUP: u32 = 21;
    pub const OIFGROUP: u32 = 22;
    pub const CGROUP: u32 = 23;
    pub const PRANDOM: u32 = 24;
    pub const SECPATH: u32 = 25;
    pub const IIFKIND: u32 = 26;
    pub const OIFKIND: u32 = 27;
    pub const TIME_NS: u32 = 30;
    pub const TIME_DAY: u32 = 31;
    pub const TIME_HOUR: u32 = 32;
    pub const SDIF: u32 = 33;
    pub const SDIFNAME: u32 = 34;
}

/// `IFNAMSIZ`.
const NAME: usize = 16;

/// `NFPROTO_NETDEV`.
const NETDEV: u128 = 5;

/// `NFPROTO_ARP`.
const NFPROTO_ARP: u128 = 3;

/// `ETH_P_ARP`.
const ARP: u128 = 0x0806;

impl Reader<'_, '_> {
    pub(super) fn meta(&mut self, meta: &Meta) {
        match (meta.dest, meta.source) {
            (_, Some(source)) => self.set_meta(meta.key, source),
            (Some(dest), None) => self.get_meta(meta.key, dest),
            (None, None) => {}
        }
    }

    fn get_meta(&mut self, key: u32, dest: Reg) {
        let version = self.context.version;
        match key {
            // In egress the frame's header counts too (`skb->len`).
            key::LEN if self.scope.is_netdev() || self.scope.is_arp() => {
                self.load_unknown(dest, 4, ConditionKind::Unknown, "meta length of a frame")
            }
            key::LEN => {
                let mut length = Bits::constant(16, 0);
                length.append(&Bits::field(Field::Length, version));
                self.load_bits(dest, length.swap_bytes(4));
            }
            key::PROTOCOL if self.scope.is_arp() => self.load_bits(dest, Bits::constant(16, ARP)),
            key::NFPROTO if self.scope.is_arp() => self.load_bits(dest, Bits::constant(8, NFPROTO_ARP)),
            // nft_set_pktinfo_unspec: there is none.
            key::L4PROTO if self.scope.is_arp() => self.test(Test::Never),
            key::PROTOCOL => self.load_bits(dest, Bits::constant(16, ethertype(version))),
            key::NFPROTO if self.scope.is_netdev() => self.load_bits(dest, Bits::constant(8, NETDEV)),
            key::NFPROTO => self.load_bits(dest, Bits::constant(8, protocol_family(version))),
            key::L4PROTO => self.load_bits(dest, Bits::field(Field::Protocol, version)),
            key::PKTTYPE => self.load_bits(dest, Bits::field(Field::PacketType, version)),
            key::TIME_DAY => self.load_bits(dest, Bits::field(Field::Day, version)),
            key::PRIORITY => {
                self.context.reads_priority = true;
                self.load_host(dest, Field::Priority);
            }
            key::MARK => self.load_host(dest, Field::Mark),
            key::IIF => self.load_host(dest, Field::InInterface),
            key::OIF => self.load_host(dest, Field::OutInterface),
            key::SECMARK => self.load_host(dest, Field::SecMark),
            key::CPU => self.load_host(dest, Field::Cpu),
            key::TIME_HOUR => self.load_host(dest, Field::Hour),
            key::TIME_NS => self.load_host(dest, Field::Time),
            key::SKUID => self.load_socket(dest, Field::Uid),
            key::SKGID => self.load_socket(dest, Field::Gid),
            key::CGROUP => self.load_socket(dest, Field::Cgroup),
            key::RTCLASSID => self.load_route_class(dest),
            key::IIFNAME => self.load_by_interface(dest, Field::InInterface, 8 * NAME, self.context.names.clone()),
            key::OIFNAME => self.load_by_interface(dest, Field::OutInterface, 8 * NAME, self.context.names.clone()),
            // Not of the interface that it came in by, but of the device that has the packet (`NFT_META_IFTYPE`).
            key::IIFTYPE => {
                let types = self.context.by_interface(|link| Some(u128::from(link.hardware.swap_bytes())));
                self.load_by(dest, 2, Load::OfDevice(types));
            }
            key::OIFTYPE => {
                let types = self.context.by_interface(|link| Some(u128::from(link.hardware.swap_bytes())));
                self.load_of_interface(dest, Field::OutInterface, 16, types);
            }
            key::IIFGROUP | key::OIFGROUP => {
                let groups = self.context.by_interface(|link| Some(u128::from(link.group.swap_bytes())));
                self.load_of_interface(dest, interface(key == key::IIFGROUP), 32, groups);
            }
            key::IIFKIND | key::OIFKIND => {
                let kinds = self.context.by_interface(|link| link.kind.as_deref().map(text));
                self.load_of_interface(dest, interface(key == key::IIFKIND), 8 * NAME, kinds);
            }
            key::SDIF if !self.has_vrf() => self.load_bits(dest, Bits::constant(32, 0)),
            key::SDIFNAME if !self.has_vrf() => self.load_bits(dest, Bits::constant(128, 0)),
            key::SDIF => self.load_unknown(dest, 4, ConditionKind::Unknown, "meta sdif"),
            key::SDIFNAME => self.load_unknown(dest, NAME, ConditionKind::Unknown, "meta sdifname"),
            key::PRANDOM => self.load_unknown(dest, 4, ConditionKind::Chance, "meta random"),
            key::SECPATH if !ipsec::is_possible(Way::In, self.context) => self.load_bits(dest, Bits::constant(8, 0)),
            key::SECPATH => self.load_unknown(dest, 1, ConditionKind::Unknown, "meta ipsec"),
            other => self.load_unknown(dest, NAME, ConditionKind::Unknown, format!("meta key {other}")),
        }
    }

    fn set_meta(&mut self, key: u32, source: Reg) {
        let field = match key {
            key::MARK => Field::Mark,
            key::PRIORITY => Field::Priority,
            key::SECMARK => Field::SecMark,
            key::PKTTYPE => {
                let kind = self.read_bits(source, 1);
                return self.write(Field::PacketType, kind);
            }
            key::NFTRACE => {
                let trace = self.read_bits(source, 1);
                return self.write(Field::NfTrace, trace);
            }
            // Another key is a bridge's, or newer than this program.
            other => return self.opaque(format!("meta key {other} set")),
        };
        let number = self.read_bits(source, 4).swap_bytes(4);
        self.write(field, number);
    }

    /// A number in the host's byte order.
    pub(super) fn load_host(&mut self, dest: Reg, field: Field) {
        let bits = Bits::field(field, self.context.version);
        self.load_bits(dest, bits.swap_bytes(bits.width() / 8));
    }

    /// `nft_meta_get_eval_skugid`: the packet must have a socket that a process holds. One that this host sends has it; one that
    /// came in has it in input if its connection is established (early demultiplexing).
    fn load_socket(&mut self, dest: Reg, field: Field) {
        let sent = self.context.common(Field::InInterface, 0, 0);
        let established = Test::is(Field::CtState, Values::one(32, 8).complement());
        let demultiplexed = self.context.condition(ConditionKind::Unknown, "a socket found by early demultiplexing");
        let received = Test::All([established, Test::Condition(demultiplexed)].into());
        self.guards.other(Test::Any([sent, received].into()));
        self.load_host(dest, field);
    }

    /// `nft_meta_get_eval_rtclassid`, `nft_rt_get_eval`: needs a route, which there is none of yet in prerouting.
    pub(super) fn load_route_class(&mut self, dest: Reg) {
        self.context.reads_route = true;
        self.load_by(dest, 4, Load::Routed);
        match self.context.realm() {
            Some(realm) => self.load_bits(dest, Bits::constant(32, realm.into()).swap_bytes(4)),
            None => self.load_host(dest, Field::RtClassId),
        }
    }

    /// A number that each interface has, if there is one (`nft_meta_store_iftype` and its kin).
    fn load_of_interface(&mut self, dest: Reg, field: Field, width: usize, numbers: ByInterface) {
        let known = numbers.iter().map(|&(index, _)| (u128::from(index), u128::from(index)));
        let known = Test::is(field, Values::from_ranges(32, known));
        self.guards.other(known);
        self.load_by_interface(dest, field, width, numbers);
    }

    fn load_by_interface(&mut self, dest: Reg, field: Field, width: usize, numbers: ByInterface) {
        self.load(dest, Value::Derived(Derived { field, width: width as u8, rule: Rule::Table(numbers) }));
    }

    fn has_vrf(&self) -> bool {
        self.context.network.links.iter().any(|link| link.kind.as_deref() == Some("vrf"))
    }
}

fn interface(incoming: bool) -> Field {
    if incoming { Field::InInterface } else { Field::OutInterface }
}
