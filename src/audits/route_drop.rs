//! `route-drop`.

use super::{Audit, Check, Problem, Severity, ended_at, judge::Judged};
use crate::{simulate::Stage, site::Site};

/// A route leads nowhere, or none exists.
pub const AUDIT: Audit = Audit {
    code: "route-drop",
    summary: "no route leads there, or one that drops",
    explanation: "\
No rule is to blame: routing stops the packet. A blackhole route drops it (EINVAL for what this host sends), an unreachable or prohibit route answers
with ICMP (EHOSTUNREACH, EACCES), and where no route fits, the network is unreachable (ENETUNREACH). \"ip route get ADDRESS\" asks the kernel the same question;
\"ip route\" and \"ip rule\" show why. A missing default route of one IP version is the most common cause.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let title = || format!("no route of this host leads to {}", judged.to());
    ended_at(judged, title, |stage, piece| matches!(stage, Stage::NoRoute(_)) && !piece.is_redirected())
}
