//! `exposed-upstream`.

use super::{
    Audit, Check, Placed, Problem, Severity,
    judge::{Judged, Verdict},
};
use crate::{
    gateway::{Role, expression::Hosts},
    model::{Field, Values, values::Relation},
    simulate::outcome::Delivery,
    site::Site,
};

/// A way around the proxy.
pub const AUDIT: Audit = Audit {
    code: "exposed-upstream",
    summary: "a port that only the proxy needs is open to everybody",
    explanation: "\
A proxy on this host has its upstream on this host, and the upstream listens on an address that others reach, and the rules let anybody in: what the proxy checks (TLS, passwords, limits,
request filters) is gone around by asking the port directly. Let the service listen on 127.0.0.1 or a socket file, or let the rules take its port from the proxy alone.
Published ports of containers pass the rules for forwarded packets: publish them as 127.0.0.1:PORT.",
    severity: Severity::Warning,
    check: Check::Host(check),
};

fn check(site: &Site, flows: &[Judged]) -> Placed {
    flows
        .iter()
        .enumerate()
        .filter_map(|(index, judged)| {
            let open = judged.flow.role == Role::Service
                && judged.flow.expression.source.hosts == Hosts::Any
                && matches!(judged.verdict, Verdict::Pass | Verdict::Degraded)
                && !site.snapshot.has_unread_sets();
            let proxy = open.then(|| flows.iter().find(|upstream| is_upstream_of(upstream, judged))).flatten()?;
            let title = format!("{} is open to everybody, and only {} needs it", judged.to(), proxy.sender());
            let fact = format!("{} has its upstream there: {}", proxy.sender(), proxy.flow.source);
            Some((index, Problem::beside(title, vec![fact])))
        })
        .collect()
}

/// Whether a proxy's leg ends at the very socket that others reach, too.
fn is_upstream_of(upstream: &Judged, open: &Judged) -> bool {
    let sent_here = || upstream.start.packets.relation(Field::InInterface, &Values::one(32, 0)) == Relation::Inside;
    upstream.flow.role == Role::Upstream
        && upstream.version == open.version
        && sent_here()
        && socket(upstream).is_some_and(|it| socket(open) == Some(it))
}

/// The socket that takes a flow.
fn socket(judged: &Judged) -> Option<usize> {
    match judged.served()?.outcome.delivery {
        Delivery::Local { socket } => socket,
        _ => None,
    }
}
