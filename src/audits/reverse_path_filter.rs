//! `reverse-path-filter`.

use super::{Audit, Check, Problem, Severity, ended_at, judge::Judged};
use crate::{simulate::Stage, site::Site};

/// Packets come in where their answers would not go out.
pub const AUDIT: Audit = Audit {
    code: "reverse-path-filter",
    summary: "the kernel drops packets that come in by another interface than their answers would leave by",
    explanation: "\
The kernel looks up the way back to the source, and drops the packet where that does not lead out of the interface by which the packet came in
(rp_filter 1, strict) or leads nowhere (rp_filter 2, loose). The higher of net.ipv4.conf.all.rp_filter and that of the interface counts. No rule is
asked, and nothing is logged unless log_martians is on. Where two uplinks, a tunnel or policy routing make such ways legitimate, set rp_filter to 2
for the interface (net.ipv4.conf.IFACE.rp_filter=2) or give the kernel the route back; else the packets are probably forged.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let title = || format!("packets to {} come in where no route leads back, and rp_filter drops them", judged.to());
    ended_at(judged, title, |stage, _| stage == Stage::ReversePath)
}
