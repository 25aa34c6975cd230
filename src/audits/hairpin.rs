//! `hairpin-without-masquerade`.

use super::{Audit, Check, Problem, Severity, ended_at, judge::Judged};
use crate::{simulate::Stage, site::Site};

/// Clients reach a neighbour through this host, which does not hear the answer.
pub const AUDIT: Audit = Audit {
    code: "hairpin-without-masquerade",
    summary: "clients on the server's own network reach it by a translated address, and the answer goes around this host",
    explanation: "\
A DNAT rule sends clients that ask for this host's address to a server on the very network that they are in themselves. The server sees its
neighbour's address and answers it directly; the client gets an answer from an address that it never asked, refuses it, and waits until it gives up.
Nothing is dropped here. Either translate the source of these connections as well (nft add rule ip nat postrouting ip saddr NETWORK ip daddr SERVER
masquerade), so that the answer comes back by this host, or let names lead clients of that network to the server's own address (split DNS).",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let title = || format!("answers from behind {} go directly to their neighbours, around this host", judged.to());
    ended_at(judged, title, |stage, _| stage == Stage::Around)
}
