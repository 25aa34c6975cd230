//! `path-mtu-black-hole`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg, Verdict},
    problem,
};
use crate::site::Site;

/// Messages about the size of packets are stopped.
pub const AUDIT: Audit = Audit {
    code: "path-mtu-black-hole",
    summary: "on a path with a narrow link connections open and then stand still: messages about the size of packets are stopped",
    explanation: "\
TCP sends packets as big as its own link takes them, and must not let them be cut. Where a link on the path takes only smaller ones (a tunnel, PPPoE, a
VPN, an overlay), the router before it drops them and says so: ICMP \"fragmentation needed\" (type 3, code 4), ICMPv6 \"packet too big\" (type 2). A rule stops
these messages here. Then connections open, small answers arrive, and big ones never do; proxies log a timeout while reading or sending. Only some
clients are hit. Connection tracking calls these messages related: \"ct state established,related accept\" lets them pass. Blocking all of
ICMP is the usual cause. A host that finds out by itself (net.ipv4.tcp_mtu_probing) needs none of them.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = matches!(judged.verdict, Verdict::Pass | Verdict::Partly | Verdict::Degraded);
    let title = format!("connections to {} may stand still: messages about too big packets are stopped", judged.to());
    let of_size = |leg: Leg| matches!(leg, Leg::Companion(_)) && !leg.is_of_neighbours();
    wanted
        .then(|| problem(title, judged, |leg, piece| of_size(leg) && piece.fate == Fate::Stopped && !piece.is_dropped_by_routing()))
        .flatten()
}
