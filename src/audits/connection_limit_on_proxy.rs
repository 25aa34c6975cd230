//! `connection-limit-on-proxy`.

use super::{Audit, Check, Problem, Severity, judge::Judged, rate_limit_on_proxy::shared};
use crate::{model::step::ConditionKind, site::Site};

/// All users have so many connections between them.
pub const AUDIT: Audit = Audit {
    code: "connection-limit-on-proxy",
    summary: "a limit of connections counts everybody who comes through the proxy as one",
    explanation: "\
Behind a proxy all users have one address: the proxy's. connlimit counts the connections of each source address (of each network with --connlimit-mask), ct count in a meter by ip saddr does,
and ct count outside one counts all: on what the proxy sends, or on the way in to a server behind it, that is one number for all users together. When it is reached, new
connections fail and old ones go on, so that it looks as if the server were slow. Take the proxy's address out before the limit, or count in the proxy (limit_conn, maxconn).",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let title = format!("a limit of connections counts all users of {} together", judged.to());
    shared(site, judged, ConditionKind::Connections, title)
}
