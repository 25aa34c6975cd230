//! `security-module`.

use std::collections::BTreeMap;

use super::{Audit, Check, Placed, Problem, Severity, judge::Judged, whose::ends};
use crate::{gateway::Expect, site::Site, snapshot::Owner};

/// A program is confined.
pub const AUDIT: Audit = Audit {
    code: "security-module",
    summary: "SELinux or AppArmor confines a program of the gateway",
    explanation: "\
A security module decides what the program may open, bind and connect to, and what it denies fails with EACCES (13) or EPERM (1) without a packet being sent: no rule
of the firewall has a part in it. That is as it ought to be; what the profile or policy says is not read. If the program's log tells of \"Permission
denied\" where the rules let everything through, look there first: journalctl -k -g apparmor, aa-status, and aa-complain PROFILE for a try; or ausearch -m avc -ts
recent, and setenforce 0 for a try.",
    severity: Severity::Note,
    check: Check::Host(check),
};

fn check(site: &Site, flows: &[Judged]) -> Placed {
    let selinux = site.snapshot.obstacles.selinux.as_ref().is_some_and(|selinux| selinux.enforcing);
    let mut told: BTreeMap<&str, (usize, &Owner)> = BTreeMap::new();
    for (index, judged) in flows.iter().enumerate().filter(|(_, judged)| judged.flow.expect == Expect::Pass && judged.flow.wanted.is_some())
    {
        for owner in ends(site, judged) {
            if let Some(label) = owner.label.as_deref().filter(|label| is_enforced(label, selinux)) {
                told.entry(label).or_insert((index, owner));
            }
        }
    }
    let problem = |(label, (index, owner)): (&str, (usize, &Owner))| {
        let title = format!("{} is confined by {}", owner.command, if label.ends_with(ENFORCE) { "AppArmor" } else { "SELinux" });
        (
            index,
            Problem {
                doubtful: true,
                ..Problem::beside(title, vec![format!("{} (pid {}) runs as \"{label}\"", owner.command, owner.pid)])
            },
        )
    };
    told.into_iter().map(problem).collect()
}

/// How AppArmor shows a profile that denies.
const ENFORCE: &str = " (enforce)";

/// Whether it denies: SELinux's unconfined domains do not.
fn is_enforced(label: &str, selinux: bool) -> bool {
    let domain = label.split(':').nth(2).filter(|_| selinux);
    label.ends_with(ENFORCE) || domain.is_some_and(|domain| !domain.contains("unconfined") && domain != "initrc_t" && domain != "init_t")
}
