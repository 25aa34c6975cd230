//! `ipsec-policy-blocks`.

use super::{
    Audit, Check, Problem, Severity,
    beside::Stopped,
    ipsec_policy::met,
    judge::{Judged, Leg, Verdict},
    seen::{self, Telling},
    symptom::Symptom,
};
use crate::{obstacles::ipsec::Asks, site::Site};

/// A policy drops packets.
pub const AUDIT: Audit = Audit {
    code: "ipsec-policy-blocks",
    summary: "an IPsec policy drops a flow's packets, which the rules let through",
    explanation: "\
An IPsec policy with the action \"block\" is for these packets or for their answers. What this host would send fails at once (EPERM, 1); what comes in is dropped
without a word after the rules have let it through, and clients see a timeout. No rule of the firewall has a part in it. Such policies come from the
IPsec service, as a trap or drop policy (strongSwan: mode=drop; Libreswan: type=drop or failureshunt=drop), or were added by hand (ip xfrm policy).",
    severity: Severity::Error,
    check: Check::Flow(check),
};

const PERMITTED: u32 = 1;
const TIMEOUT: u32 = 110;

/// Whether a policy stops all of the flow, or some.
pub(super) fn stops(site: &Site, judged: &Judged) -> Option<(Verdict, Stopped)> {
    let met = met(site, judged, Asks::Block)?;
    let verdict = if met.all { Verdict::Blocked } else { Verdict::Partly };
    Some((verdict, Stopped::here(AUDIT.code, format!("the IPsec policy \"{}\"", met.policy()))))
}

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let met = met(site, judged, Asks::Block)?;
    let title = format!("an IPsec policy drops packets to {}", judged.to());
    let (errno, text, telling) = match met.sent {
        true => (PERMITTED, "operation not permitted", Telling::AtConnect),
        false => (TIMEOUT, "connection timed out", Telling::After(std::time::Duration::ZERO)),
    };
    let seen = seen::of(judged, Leg::First, errno, telling);
    let symptom = Symptom { text: text.into(), errno: Some(errno), seen };
    Some(Problem { symptom: Some(symptom), doubtful: met.doubtful, ..Problem::beside(title, met.facts(site)) })
}
