//! `redundant-rule`.

use super::{
    Audit, Check, Placed, Severity,
    judge::Judged,
    shadow::{self, How, Shadowed},
};
use crate::site::Site;

/// A rule that changes nothing.
pub const AUDIT: Audit = Audit {
    code: "redundant-rule",
    summary: "a rule does what another rule of its chain does anyway",
    explanation: "\
Without this rule every packet would fare as it does with it: another rule of the chain, which is named, decides all of its packets alike, be it
before it or behind it with nothing in between that has a say. It does no harm but to its reader. Often it was added twice, by a script that runs at
every boot, or it is left over from when a wider rule was not there yet. If it stands there to count packets, keep it. Rules that programs keep
themselves are not looked at.",
    severity: Severity::Note,
    check: Check::Hidden(check),
};

fn check(site: &Site, flows: &[Judged], hidden: &[Shadowed]) -> Placed {
    shadow::told(
        site,
        flows,
        hidden,
        |how| how != How::Otherwise,
        |rule, by| format!("{rule} changes nothing: {by} all of its packets alike"),
    )
}
