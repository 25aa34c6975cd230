//! `order-after-final-drop`.

use super::{
    Audit, Check, Placed, Severity,
    judge::Judged,
    meant::{Meant, Why, placed},
};
use crate::site::Site;

/// An accept that comes too late.
pub const AUDIT: Audit = Audit {
    code: "order-after-final-drop",
    summary: "a rule accepts the traffic, and stands after the one that stops it",
    explanation: "\
Rules are asked in their order, and a drop or reject is final: what stands behind it is never asked about the same packet. So iptables -A after a
last rule that drops everything adds a rule that does nothing; so do several iptables -I in the order of their reading, as each puts its rule in
front of those before; and so does an accept in a base chain that runs after the one that drops. Put the accept before the rule that drops: iptables
-I CHAIN NUMBER, nft insert rule … handle, ufw insert, or a rule file with the drop at its end.",
    severity: Severity::Note,
    check: Check::Meant(check),
};

fn check(site: &Site, flows: &[Judged], meant: &[Option<Meant>]) -> Placed {
    placed(flows, meant, |judged, meant| {
        let title = format!("a rule accepts traffic to {}, but too late", judged.to());
        matches!(meant.why, Why::Late | Why::LaterChain).then(|| meant.problem(site, judged, title))
    })
}
