//! Whether IPsec protected a packet, or will protect it, as far as the host's policies tell.

use super::context::Context;
use crate::{
    model::{Field, Test, step::ConditionKind},
    obstacles::ipsec::{Direction, Policy},
};

/// Which of the two is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It came protected (`secpath_exists`). Packets are followed as they come off the wire, so only those that a policy has templates for may have
    /// been unpacked before; where policies were not read, none.
    In,
    /// It will leave protected (`dst->xfrm`): a policy with templates was found with its route (`xfrm_lookup`). Where policies were not read,
    /// nothing is known.
    Out,
}

impl Way {
    fn concerns(self, policy: &Policy) -> bool {
        policy.templates && (policy.direction == Direction::Out) == (self == Self::Out)
    }
}

/// What rests on packets that are followed as they come off the wire.
pub const ASSUMPTION: &str = "rules that ask whether IPsec protected a packet (policy --dir in, meta ipsec): no policy wants packets protected that come in, so none was";

/// Whether some packet may be protected.
pub fn is_possible(way: Way, context: &mut Context<'_>) -> bool {
    let possible = match &context.ipsec {
        Some(policies) => policies.iter().any(|policy| way.concerns(policy)),
        None => way == Way::Out,
    };
    context.assumes_unprotected |= way == Way::In && !possible;
    possible
}

/// The packet may be protected. Packets beyond every policy are not; for the others it rests on keys, ports and marks that are not followed.
pub fn may_be_protected(way: Way, text: impl Into<String>, context: &mut Context<'_>) -> Test {
    if !is_possible(way, context) {
        return Test::Never;
    }
    let covered = context.ipsec.as_ref().map(|policies| {
        Test::any(policies.iter().filter(|policy| way.concerns(policy)).map(|policy| {
            // What comes in may have got another destination since policies were asked.
            let hosts = policy.hosts().into_iter().filter(|(field, _)| way == Way::Out || *field == Field::Source);
            Test::all(hosts.map(|(field, values)| Test::is(field, values)))
        }))
    });
    let condition = Test::Condition(context.condition(ConditionKind::Unknown, text));
    Test::all(covered.into_iter().chain([condition]))
}
