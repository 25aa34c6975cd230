//! Expressions that take the packet out of the path: `queue`, `fwd`, `synproxy`, `tproxy`.

use super::{payload::protocol_family, rule::Reader};
use crate::{
    model::{Field, Step, Test, Values, Verdict, step::ConditionKind},
    ruleset::nft::expr::{Fwd, Queue},
};

impl Reader<'_, '_> {
    /// `nft_queue_eval`; the bypass flag is 1.
    pub(super) fn queue(&mut self, queue: &Queue) {
        self.end(Step::Verdict(Verdict::Queue { bypass: queue.flags & 1 != 0 }));
    }

    /// `nft_fwd_netdev_eval`, `nft_fwd_neigh_eval`: with an address, packets of the other family break off the rule.
    pub(super) fn fwd(&mut self, fwd: &Fwd) {
        let other_family = fwd.nfproto.is_some_and(|family| u128::from(family) != protocol_family(self.context.version));
        if fwd.address.is_some() && other_family {
            self.test(Test::Never);
        } else {
            self.end(Step::Verdict(Verdict::Stolen));
        }
    }

    /// `nft_synproxy_do_eval`: answers a SYN and takes an ACK itself; other TCP packets go on, other protocols break off.
    pub(super) fn synproxy(&mut self) {
        let tcp = self.context.common(Field::Protocol, 6, 6);
        self.test(tcp);
        self.needs_transport(20, false);
        self.test(Test::is(Field::TcpFlags, Values::masked(8, 0x12, 0).complement()));
        self.end(Step::Verdict(Verdict::Stolen));
    }

    /// `nft_tproxy_eval_v4`: goes on where it finds a transparent socket, else breaks off.
    pub(super) fn tproxy(&mut self) {
        let with_ports = Test::is(Field::Protocol, Values::from_ranges(8, [(6, 6), (17, 17)]));
        self.test(with_ports);
        self.undecided(ConditionKind::Unknown, "tproxy: a transparent socket listens");
    }
}
