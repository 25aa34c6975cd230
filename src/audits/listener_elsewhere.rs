//! `listener-elsewhere`.

use std::net::SocketAddr;

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg, Verdict},
    no_listener::{is_unheard_within, unheard},
    problem,
};
use crate::{network::ListeningSocket, site::Site};

/// So many places are named.
const MOST: usize = 3;

/// Another address is listened on.
pub const AUDIT: Audit = Audit {
    code: "listener-elsewhere",
    summary: "nothing listens there, but on the same port of another address",
    explanation: "\
No rule stops the flow and no socket takes it, but a socket listens on the same port: only on a loopback address, another address of this host, the other
IP version, or bound to another interface. Clients see \"connection refused\" (errno 111). Let the service listen on this address too (for nginx \"listen
443\" and \"listen [::]:443\", for haproxy \"bind :443\" and \"bind :::443\"), or send the flow to where it listens.
In a container 127.0.0.1 is the container itself: what listens on its host is reached by the host's address on the container's network (Docker: that of the bridge, or
host.docker.internal), if it listens there.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let others = elsewhere(site, judged);
    if judged.verdict != Verdict::Refused || others.is_empty() {
        return None;
    }
    if is_unheard_within(judged) {
        return Some(unheard(judged, format!(", but on this host on {}", others.join(" and "))));
    }
    let title = format!("nothing listens on {}, but on {}", judged.to(), others.join(" and "));
    problem(title, judged, |leg, piece| leg == Leg::First && piece.fate == Fate::NoListener)
}

/// Where else the flow's ports are listened on: `127.0.0.1:8080 (php-fpm)`.
pub(super) fn elsewhere(site: &Site, judged: &Judged) -> Vec<String> {
    let flow = &judged.flow.expression;
    let on_port = |socket: &&ListeningSocket| {
        socket.protocol == flow.protocol.0
            && socket.peer.is_none()
            && flow.destination.ports.iter().any(|(low, high)| (*low..=*high).contains(&socket.port))
    };
    let sockets = site.network.sockets.iter().filter(on_port).take(MOST);
    let mut told: Vec<String> = sockets.map(|socket| SocketAddr::new(socket.address, socket.port).to_string()).collect();
    told.dedup();
    told
}
