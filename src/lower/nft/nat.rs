//! `dnat`, `snat`, `masquerade` and `redirect` (`nft_nat_inet_eval`, `nft_masq.c`, `nft_redir.c`).

use super::{payload::protocol_family, rule::Reader};
use crate::{
    model::{Bits, IpVersion, Nat, Step, step::NatKind},
    ruleset::nft::expr::{self, Masq, Redir, Reg},
};

/// `NFPROTO_INET`.
const INET: u32 = 1;

impl Reader<'_, '_> {
    /// Of another family than the packet's it does nothing, and the rule goes on.
    pub(super) fn nat(&mut self, nat: &expr::Nat) {
        let version = self.context.version;
        if nat.family != INET && u128::from(nat.family) != protocol_family(version) {
            return;
        }
        let bytes = match version {
            IpVersion::V4 => 4,
            IpVersion::V6 => 16,
        };
        // With the family inet, `nft_nat_setup_addr` takes no address.
        let addresses = if nat.family == INET { None } else { self.pair(nat.addr_min, nat.addr_max, bytes) };
        let ports = self.pair(nat.port_min, nat.port_max, 2);
        let kind = if nat.dnat { NatKind::Destination } else { NatKind::Source };
        self.translate(Nat { kind, addresses, ports, base: None, flags: nat.flags });
    }

    pub(super) fn masq(&mut self, masq: &Masq) {
        self.context.masquerades();
        let ports = self.pair(masq.port_min, masq.port_max, 2);
        self.translate(Nat { kind: NatKind::Masquerade, addresses: None, ports, base: None, flags: masq.flags });
    }

    pub(super) fn redir(&mut self, redir: &Redir) {
        let ports = self.pair(redir.port_min, redir.port_max, 2);
        self.translate(Nat { kind: NatKind::Redirect, addresses: None, ports, base: None, flags: redir.flags });
    }

    /// `nf_nat_setup_info` always ends the chain.
    fn translate(&mut self, nat: Nat) {
        self.end(Step::Nat(Box::new(nat)));
    }

    /// A range from registers; without an upper end it is one value.
    fn pair(&mut self, min: Option<Reg>, max: Option<Reg>, bytes: usize) -> Option<(Bits, Bits)> {
        let low = self.read_bits(min?, bytes);
        let high = match max {
            Some(max) => self.read_bits(max, bytes),
            None => low.clone(),
        };
        Some((low, high))
    }
}
