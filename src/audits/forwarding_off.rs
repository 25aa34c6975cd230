//! `forwarding-off`.

use super::{Audit, Check, Problem, Severity, ended_at, judge::Judged};
use crate::{simulate::Stage, site::Site};

/// This host does not forward.
pub const AUDIT: Audit = Audit {
    code: "forwarding-off",
    summary: "the flow leads through this host, which does not forward",
    explanation: "\
The packet is for another host, most often because a DNAT rule sent it there, and forwarding is off on the interface by which it came in: the
kernel drops it without a word, whatever the forward chains say. Turn forwarding on: \"sysctl -w net.ipv4.ip_forward=1\" or \"sysctl -w
net.ipv6.conf.all.forwarding=1\", and the same line in a file of /etc/sysctl.d so that it lasts. From then on the rules at the forward hook alone
decide what passes: look at them first.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let title = || format!("{} is behind this host, which does not forward", judged.to());
    ended_at(judged, title, |stage, _| stage == Stage::ForwardingOff)
}
