//! Whether a policy rule applies (`fib_rule_match`, `fib4_rule_match`, `fib6_rule_match`).

use super::{Key, Operand, Outgoing, address_width};
use crate::model::{
    Host, Test, Values,
    routing::{PolicyRule, Prefix},
};

impl PolicyRule {
    /// The test that a key has to pass.
    pub(super) fn test(&self, key: &Key, host: &Host) -> Test {
        let width = address_width(host.version);
        let within = |operand: Operand, prefix: Option<Prefix>| match prefix {
            Some(prefix) => {
                let (low, high) = prefix.range(width);
                operand.is(Values::range(width, low, high))
            }
            None => Test::Always,
        };
        let number = |operand: Operand, width: u8, range: Option<(u128, u128)>| match range {
            Some((low, high)) => operand.is(Values::range(width, low, high)),
            None => Test::Always,
        };
        let ports = |range: Option<(u16, u16)>| range.map(|(low, high)| (u128::from(low), u128::from(high)));
        let selected = Test::all([
            number(key.incoming, 32, self.incoming.map(|index| (index.into(), index.into()))),
            self.outgoing.map_or(Test::Always, |index| Test::certain(key.outgoing == Outgoing::Only(index))),
            self.mark.map_or(Test::Always, |(value, mask)| key.mark.is(Values::masked(32, mask.into(), value.into()))),
            // Without a VRF on the host, no packet belongs to one; packets of one are not followed here.
            Test::certain(!self.vrf),
            number(key.uid, 32, self.uids.map(|(low, high)| (low.into(), high.into()))),
            within(key.source, self.source),
            within(key.destination, self.destination),
            self.dscp.map_or(Test::Always, |(mask, value)| key.dscp.is(Values::masked(6, mask.into(), value.into()))),
            number(key.protocol, 8, self.protocol.map(|protocol| (protocol.into(), protocol.into()))),
            number(key.source_port, 16, ports(self.source_ports)),
            number(key.destination_port, 16, ports(self.destination_ports)),
        ]);
        if self.invert { selected.negate() } else { selected }
    }
}
