//! `unreachable-rule`.

use super::{
    Audit, Check, Placed, Severity,
    judge::Judged,
    shadow::{self, How, Shadowed},
};
use crate::site::Site;

/// A rule that decides nothing.
pub const AUDIT: Audit = Audit {
    code: "unreachable-rule",
    summary: "a rule is never reached by any packet that it asks for",
    explanation: "\
Rules are asked in their order, and the first that accepts, drops or rejects a packet decides. Here rules further up in the chain, which are named,
decide every packet that this rule asks for, and not as it would: it does nothing, whatever its operator expects of it. Most often it was appended
(iptables -A, ufw allow) behind a wider rule that should have come after it. Move it in front of those, or remove it. Rules that programs keep
themselves are not looked at.",
    severity: Severity::Note,
    check: Check::Hidden(check),
};

fn check(site: &Site, flows: &[Judged], hidden: &[Shadowed]) -> Placed {
    shadow::told(site, flows, hidden, |how| how == How::Otherwise, |rule, by| format!("{rule} is never reached: {by} all of its packets"))
}
