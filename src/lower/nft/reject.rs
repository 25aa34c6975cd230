//! `reject` (`nft_reject_inet_eval`, `nft_reject_icmp_code`, `nft_reject_icmpv6_code`).

use super::rule::Reader;
use crate::{
    model::{IpVersion, Reject, Step, Verdict},
    ruleset::nft::expr,
};

/// `NFT_REJECT_*`.
const TCP_RST: u32 = 1;
const ICMPX: u32 = 2;

impl Reader<'_, '_> {
    pub(super) fn reject(&mut self, reject: &expr::Reject) {
        let code = match reject.kind {
            ICMPX => translate(reject.code, self.context.version),
            _ => reject.code,
        };
        let answer = match (reject.kind, self.context.version) {
            (TCP_RST, _) => Reject::TcpReset,
            (_, IpVersion::V4) => Reject::Icmp(code),
            (_, IpVersion::V6) => Reject::Icmp6(code),
        };
        self.end(Step::Verdict(Verdict::Reject(answer)));
    }
}

/// `NFT_REJECT_ICMPX_*`: no route 0, port unreachable 1, host unreachable 2, administratively prohibited 3.
fn translate(icmpx: u8, version: IpVersion) -> u8 {
    let (v4, v6) = match icmpx {
        1 => (3, 4),
        2 => (1, 3),
        3 => (13, 1),
        _ => (0, 0),
    };
    match version {
        IpVersion::V4 => v4,
        IpVersion::V6 => v6,
    }
}
