//! `own-address-blocked`.

use super::{
    Audit, Check, Problem, Severity, is_stopped_by_rules,
    judge::{Judged, Leg, Standing, Verdict},
    loopback_blocked::is_upstream_by_loopback,
    problem,
};
use crate::{
    gateway::{Role, start},
    model::{Field, Values, values::Relation},
    site::Site,
};

/// An upstream at an address of the gateway itself.
pub const AUDIT: Audit = Audit {
    code: "own-address-blocked",
    summary: "the gateway cannot reach its upstream at one of its own addresses",
    explanation: "\
What this host sends to one of its own addresses takes the interface lo, and has that very address as its source: 203.0.113.10 talks to 203.0.113.10. A rule that lets in
127.0.0.1 or 127.0.0.0/8 does not match it, nor does one for the interface that has the address. Accept the interface instead (\"iif lo accept\", iptables -A INPUT -i lo
-j ACCEPT), or let the proxy connect to 127.0.0.1.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let wanted =
        is_to_own_address(site, judged) && judged.verdict == Verdict::Blocked && !matches!(judged.standing, Standing::Others { .. });
    let title = format!("{} can't reach {}, an address of this host", judged.sender(), judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| leg == Leg::First && is_stopped_by_rules(piece))).flatten()
}

/// Whether a proxy has its upstream on this host, at an address that is not one of `lo`.
pub(super) fn is_to_own_address(site: &Site, judged: &Judged) -> bool {
    let own = start::own_addresses(&site.lowered(judged.version).host);
    judged.flow.role == Role::Upstream
        && !is_upstream_by_loopback(judged)
        && judged.start.packets.relation(Field::InInterface, &Values::one(32, 0)) == Relation::Inside
        && judged.start.packets.relation(Field::Destination, &own) == Relation::Inside
}
