//! `saved-differs-from-running`.

use super::{
    Audit, Check, Placed, Problem, Severity,
    judge::{Judged, Verdict},
    reboot::{self, Reboot},
};
use crate::{gateway::Expect, saved::Boot, site::Site};

/// A flow fares otherwise after the next boot.
pub const AUDIT: Audit = Audit {
    code: "saved-differs-from-running",
    summary: "after the next boot a flow fares otherwise, for other rules are saved than run",
    explanation: "\
Rules that are typed in work until the host is switched off. What works at the next boot is what is saved: /etc/iptables/rules.v4 and rules.v6 for
netfilter-persistent, ufw's own files for ufw. Both were followed here, and of this flow they say different things. If the running rules are what is wanted, save
them (netfilter-persistent save; with ufw make the change by the command ufw, or in /etc/ufw/before.rules); if the saved ones are, load them (netfilter-persistent
reload, ufw reload). Rules of programs that make their own at each start (Docker, fail2ban) are not compared. clearway diff running saved tells every packet that
is opened or closed.",
    severity: Severity::Warning,
    check: Check::Boot(check),
};

fn check(site: &Site, flows: &[Judged], reboot: &Reboot) -> Placed {
    let Boot::Rules(restored) = &reboot.boot else { return Vec::new() };
    let mut placed = Vec::new();
    for (index, (now, then)) in flows.iter().zip(&reboot.flows).enumerate() {
        let Some(then) = then.as_ref().filter(|then| then.verdict != now.verdict) else { continue };
        let blocked = |judged: &Judged| judged.verdict == Verdict::Blocked;
        let title = match (blocked(now), blocked(then)) {
            (false, true) => {
                format!("after a reboot traffic to {} will be stopped: the rules that {} restores are others", now.to(), restored.saver)
            }
            (true, false) if now.flow.expect == Expect::Block => {
                format!(
                    "after a reboot {} will be open, which must not be: the rules that {} restores are others",
                    now.to(),
                    restored.saver
                )
            }
            (true, false) => format!(
                "traffic to {} is stopped by rules that {} will not restore: it works again after a reboot",
                now.to(),
                restored.saver
            ),
            _ => format!(
                "after a reboot traffic to {} fares otherwise: {} now, {} with the rules that {} restores",
                now.to(),
                word(now.verdict),
                word(then.verdict),
                restored.saver
            ),
        };
        let mut facts = Vec::new();
        facts.extend(reboot::decisive(now).map(|decision| format!("now: {}", reboot::words(site, now.version, decision))));
        facts.extend(reboot::decisive(then).map(|decision| {
            let place = reboot::place(restored, then.version, decision).map_or_else(String::new, |place| format!(" ({place})"));
            format!("then: {}{place}", reboot::words(&restored.site, then.version, decision))
        }));
        placed.push((index, Problem::beside(title, facts)));
    }
    placed
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "it passes",
        Verdict::Blocked => "it is stopped",
        Verdict::Partly => "a part of it is stopped",
        Verdict::Degraded => "it is stopped sometimes",
        Verdict::Refused => "it is refused",
        Verdict::Unknown => "it is not known",
    }
}
