//! `nat-target-gone`.

use super::{Audit, Problem, Severity, ended_at, judge::Judged};
use crate::{simulate::Stage, site::Site};

/// A DNAT rule leads to where no route does.
pub const AUDIT: Audit = Audit {
    code: "nat-target-gone",
    summary: "a rule translates the destination to an address that is not there",
    explanation: "\
A DNAT rule gives the flow a new destination, and this host has no route to it: the container, machine or address that the rule was made for is gone, or
moved, and the rule was left behind. Remove the rule, or let it lead to the service's address of today; what Docker, Podman or Kubernetes made is repaired
by restarting the container or the daemon, never by hand.",
    severity: Severity::Error,
    check,
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let title = || format!("{} is translated to an address to which no route leads", judged.to());
    ended_at(judged, title, |stage, piece| matches!(stage, Stage::NoRoute(_)) && piece.is_redirected())
}
