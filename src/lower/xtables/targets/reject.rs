//! `-j REJECT` (`reject_tg`, `reject_tg6`).

use crate::{
    lower::context::Context,
    model::{IpVersion, Reject, Step, Verdict},
    ruleset::xtables::targets::{self, reject::Answer},
};

/// Drops with an answer.
#[must_use]
pub fn meaning(reject: &targets::Reject, context: &Context<'_>) -> Vec<Step> {
    let answer = match (reject.answer, context.version) {
        (Answer::TcpReset, _) => Reject::TcpReset,
        (Answer::Unreachable(code), IpVersion::V4) => Reject::Icmp(code),
        (Answer::Unreachable(code), IpVersion::V6) => Reject::Icmp6(code),
    };
    vec![Step::Verdict(Verdict::Reject(answer))]
}
