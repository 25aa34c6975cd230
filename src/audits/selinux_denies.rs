//! `selinux-denies`.

use super::{
    Audit, Check, Problem, Severity,
    beside::Stopped,
    judge::{Judged, Leg, Verdict},
    seen::{self, Telling},
    symptom::Symptom,
    whose::ends,
};
use crate::{gateway::Role, site::Site, snapshot::Owner};

/// SELinux does not let the proxy connect.
pub const AUDIT: Audit = Audit {
    code: "selinux-denies",
    summary: "SELinux's policy does not let the proxy connect to its upstream's port",
    explanation: "\
SELinux is enforcing, and confines the proxy to a domain that connects only to the ports of its policy as long as a boolean is off. connect fails at once with
EACCES (13), \"Permission denied\", before a packet is made; no rule has a part in it. Switch the boolean on: setsebool -P httpd_can_network_connect on (nginx, httpd, Caddy
in httpd_t), setsebool -P haproxy_connect_any on (haproxy); or give the port the type that the domain may use (semanage port -a -t http_port_t -p tcp PORT). ausearch -m avc
-ts recent shows what was denied. Told is what the distributions' own policy says; modules that were added are not read.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

const DENIED: u32 = 13;

/// A domain, the booleans of which any lets it connect, and the ports that it may connect to without (`http_port_t`, `http_cache_port_t`).
const DOMAINS: [(&str, &[&str], &[u16]); 2] = [
    ("httpd_t", &["httpd_can_network_connect", "httpd_can_network_relay"], &[53, 80, 81, 443, 488, 8008, 8009, 8443, 9000]),
    ("haproxy_t", &["haproxy_connect_any"], &[53, 80, 81, 443, 488, 8008, 8009, 8080, 8118, 8123, 8443, 9000]),
];

/// Whether it stops the flow.
pub(super) fn stops(site: &Site, judged: &Judged) -> Option<Stopped> {
    let (owner, domain, _) = denied(site, judged)?;
    Some(Stopped::here(AUDIT.code, format!("SELinux, {} in {domain}", owner.command)))
}

/// Who is denied to connect, its domain, and the booleans that would let it.
fn denied<'a>(site: &'a Site, judged: &'a Judged) -> Option<(&'a Owner, &'static str, &'static [&'static str])> {
    let selinux = site.snapshot.obstacles.selinux.as_ref().filter(|selinux| selinux.enforcing)?;
    if judged.flow.role != Role::Upstream || judged.flow.from.is_some() || (judged.verdict == Verdict::Blocked && judged.stopped.is_none())
    {
        return None;
    }
    let (owner, (domain, booleans, ports)) = ends(site, judged).find_map(|owner| {
        let domain = owner.label.as_deref()?.split(':').nth(2)?;
        Some((owner, DOMAINS.iter().find(|(name, ..)| *name == domain)?))
    })?;
    // A boolean that is not there is of another policy.
    let off = booleans.iter().all(|name| selinux.booleans.get(*name) == Some(&false));
    let to = &judged.flow.expression.destination.ports;
    let free = to.is_empty() || to.iter().any(|(low, high)| low != high || ports.contains(low));
    (off && !free).then_some((owner, domain, booleans))
}

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let (owner, domain, booleans) = denied(site, judged)?;
    let title = format!("SELinux does not let {} connect to {}", owner.command, judged.to());
    let facts = vec![
        format!("SELinux is enforcing, {} (pid {}) runs in {domain}", owner.command, owner.pid),
        format!("off: {}", booleans.join(", ")),
    ];
    let seen = seen::of(judged, Leg::First, DENIED, Telling::AtConnect);
    let symptom = Symptom { text: "permission denied".into(), errno: Some(DENIED), seen };
    Some(Problem { symptom: Some(symptom), doubtful: true, ..Problem::beside(title, facts) })
}
