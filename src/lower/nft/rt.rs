//! `rt`: the route of a packet (`nft_rt_get_eval`), and `socket`: who takes it (`nft_socket_eval`).

use super::rule::Reader;
use crate::{
    lower::ipsec::{self, Way},
    model::{
        Bits, IpVersion, Test,
        step::{ConditionKind, Load, SocketKey},
    },
    ruleset::nft::expr::{Rt, Socket},
};

impl Reader<'_, '_> {
    pub(super) fn rt(&mut self, rt: &Rt) {
        self.context.reads_route = true;
        let (name, bytes) = match rt.key {
            0 => return self.load_route_class(rt.dest),
            1 if self.context.version == IpVersion::V4 => return self.load_by(rt.dest, 4, Load::NextHop),
            2 if self.context.version == IpVersion::V6 => return self.load_by(rt.dest, 16, Load::NextHop),
            1 | 2 => return self.test(Test::Never),
            3 => ("mtu", 2),
            _ if !ipsec::is_possible(Way::Out, self.context) => {
                self.load_by(rt.dest, 1, Load::Routed);
                return self.load_bits(rt.dest, Bits::constant(8, 0));
            }
            _ => ("ipsec", 1),
        };
        self.load_by(rt.dest, bytes, Load::Routed);
        self.load_unknown(rt.dest, bytes, ConditionKind::Unknown, format!("rt {name}"));
    }

    pub(super) fn socket(&mut self, socket: &Socket) {
        let (name, bytes) = match socket.key {
            0 => ("transparent", 1_usize),
            1 => ("mark", 4),
            2 => ("wildcard", 1),
            _ => ("cgroupv2", 8),
        };
        let condition = self.context.condition(ConditionKind::Unknown, format!("socket {name}"));
        let key = SocketKey { wildcard: socket.key == 2, words: bytes.div_ceil(4) as u8, condition };
        self.load_by(socket.dest, bytes, Load::Socket(key));
    }
}
