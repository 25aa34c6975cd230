//! `upstream-silent`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Judged, Leg, Verdict},
    neighbour_silent::silent,
    observed,
    seen::{self, Telling},
    symptom::Symptom,
};
use crate::site::Site;

/// What this host sends is not answered, and nothing here is to blame.
pub const AUDIT: Audit = Audit {
    code: "upstream-silent",
    summary: "an upstream does not answer, although this host lets everything through",
    explanation: "\
Sockets of this host wait in SYN-SENT: they have sent their first packet again, and nothing came back. Yet no rule, route or setting of this host stops the packet or
its answer. So it is lost beyond: the upstream's host is down or has another address now, a firewall there or on the way drops it (a cloud security group, the host's
own rules), or the answer takes another way. Audit the upstream's host too: clearway snapshot there, then clearway --snapshot web=FILE --snapshot app=FILE here follows the
packet on into it.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

/// `ETIMEDOUT`.
const TIMEOUT: u32 = 110;

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let (waiting, _) = observed::repeated(site, judged);
    // That a neighbour does not answer says more.
    let told = waiting == 0 || silent(site, judged).is_some();
    if told || !matches!(judged.verdict, Verdict::Pass | Verdict::Partly | Verdict::Degraded) {
        return None;
    }
    let title = match observed::is_answered(site, judged) {
        true => format!("{} does not answer all that {} sends, though nothing here stops it", judged.to(), judged.sender()),
        false => format!("{} does not answer {}, though nothing here stops it", judged.to(), judged.sender()),
    };
    let facts = observed::of(site, judged).into_iter().map(|each| each.text).collect();
    let seen = seen::of(judged, Leg::First, TIMEOUT, Telling::After(std::time::Duration::ZERO));
    let symptom = Symptom { text: "connection timed out".into(), errno: Some(TIMEOUT), seen };
    Some(Problem { symptom: Some(symptom), doubtful: true, ..Problem::beside(title, facts) })
}
