//! `cgroup-filter`.

use super::{
    Audit, Check, Problem, Severity,
    beside::Stopped,
    judge::{Fate, Judged, Leg, Piece},
    seen::{self, Telling},
    symptom::Symptom,
    whose::ends,
};
use crate::{
    model::{Bits, Field, Values},
    obstacles::units::{self, Filter},
    simulate::outcome::Delivery,
    site::Site,
    snapshot::Owner,
};

/// systemd does not let the service talk with these addresses.
pub const AUDIT: Audit = Audit {
    code: "cgroup-filter",
    summary: "systemd's IPAddressDeny= forbids a service the addresses that it talks with",
    explanation: "\
systemd hangs a filter (a BPF program at the cgroup) on services with IPAddressDeny=, in the unit itself, a drop-in or a slice that the service is in. What is
not in an IPAddressAllow= of any of them is dropped on its way to the service's sockets and from them, after and before all rules of the firewall, and no rule, counter or log tells of
it; connecting ends in a timeout. Add the address: systemctl edit UNIT, [Service], IPAddressAllow=ADDRESS; then systemctl daemon-reload. Told is what the unit files say;
whether the service was started since they changed can't be seen, nor what other programs hang on cgroups (bpftool cgroup tree).",
    severity: Severity::Error,
    check: Check::Flow(check),
};

const TIMEOUT: u32 = 110;

/// Whether the filter stops all of the flow.
pub(super) fn stops(site: &Site, judged: &Judged) -> Option<Stopped> {
    let (owner, filter) = denied(site, judged)?;
    let keys: Vec<_> = filter.settings.iter().map(|setting| format!("{}={}", setting.key, setting.value)).collect();
    Some(Stopped::here(AUDIT.code, format!("systemd, {} of {}", keys.join(" "), unit(owner))))
}

fn unit(owner: &Owner) -> &str {
    owner.unit.as_deref().unwrap_or(&owner.command)
}

/// Who is denied all of the flow's peers, and by what.
fn denied<'a>(site: &'a Site, judged: &'a Judged) -> Option<(&'a Owner, Filter<'a>)> {
    let [first, ..] = &judged.legs;
    let counts = || first.pieces.iter().filter(|piece| !piece.honest.is_empty() && matches!(piece.fate, Fate::Pass | Fate::Sometimes));
    ends(site, judged).find_map(|owner| {
        let filter = units::filter(&site.snapshot, owner.cgroup.as_deref()?, judged.version)?;
        let all = counts().next().is_some()
            && counts().all(|piece| peers(judged, piece).is_some_and(|peers| peers.minus(&filter.denied).is_empty()));
        all.then_some((owner, filter))
    })
}

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let (owner, filter) = denied(site, judged)?;
    let title = format!("systemd forbids {} the addresses of {}", unit(owner), judged.flow.expression);
    let facts =
        filter.settings.iter().map(|setting| format!("{}:{}: {}={}", setting.file, setting.line, setting.key, setting.value)).collect();
    let seen = seen::of(judged, Leg::First, TIMEOUT, Telling::After(std::time::Duration::ZERO));
    let symptom = Symptom { text: "connection timed out".into(), errno: Some(TIMEOUT), seen };
    Some(Problem { symptom: Some(symptom), doubtful: true, ..Problem::beside(title, facts) })
}

/// The addresses that the service talks with: of whom it hears, or to whom it sends.
fn peers(judged: &Judged, piece: &Piece) -> Option<Values> {
    let field = match piece.outcome.delivery {
        Delivery::Local { .. } => Field::Source,
        Delivery::Sent { .. } => Field::Destination,
        Delivery::Forward { .. } | Delivery::None => return None,
    };
    let width = field.width(judged.version);
    match piece.outcome.changed.get(field) {
        None => Some(piece.honest.values(field, width)),
        Some(bits) => Bits::as_constant(bits).map(|value| Values::one(width, value)),
    }
}
