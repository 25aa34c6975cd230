//! `localnet-martian`.

use super::{Audit, Check, Problem, Severity, ended_at, judge::Judged};
use crate::{simulate::Stage, site::Site};

/// 127.0.0.0/8 off lo.
pub const AUDIT: Audit = Audit {
    code: "localnet-martian",
    summary: "a loopback address is used on another interface",
    explanation: "\
The kernel drops what comes in with an address of 127.0.0.0/8 by any interface but lo, and sends none out, unless route_localnet is on for that
interface. A DNAT from outside to 127.0.0.1 is the usual cause: it can't work as it stands. Let the service listen on an address of this host and lead
the DNAT there (or use REDIRECT, which does). With net.ipv4.conf.IFACE.route_localnet=1 it would work, but then neighbours on that link can reach every service that listens on
127.0.0.1 only; rules have to prevent that.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let title = || format!("{} leads to a loopback address from outside, where route_localnet is off", judged.to());
    ended_at(judged, title, |stage, _| stage == Stage::Localnet)
}
