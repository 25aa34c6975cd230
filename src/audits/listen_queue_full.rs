//! `listen-queue-full`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged},
    symptom::Symptom,
};
use crate::{network::ListeningSocket, simulate::outcome::Delivery, site::Site, snapshot::Owner};

/// A program does not accept its connections in time.
pub const AUDIT: Audit = Audit {
    code: "listen-queue-full",
    summary: "a service has more connections waiting than its listen queue takes",
    explanation: "\
The rules let the flow through, but the program that listens does not accept connections as fast as they come. When more wait than its queue takes, the
kernel drops the first packets of others without a word, and clients see a timeout as with a DROP rule. The queue is as long as the program asks for (nginx \"listen …
backlog=\", haproxy \"backlog\", httpd ListenBackLog), and never longer than net.core.somaxconn. A queue that stays full tells of a program that hangs or is overloaded:
look there first (ss -ltn shows the queue as Recv-Q and its length as Send-Q).",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

/// `ETIMEDOUT`.
const TIMEOUT: u32 = 110;

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let [first, ..] = &judged.legs;
    let taken = first.pieces.iter().filter(|piece| piece.fate == Fate::Pass && !piece.honest.is_empty());
    let socket = |delivery: &Delivery| match delivery {
        Delivery::Local { socket: Some(index) } => site.socket(judged.version, *index),
        _ => None,
    };
    taken.filter_map(|piece| socket(&piece.outcome.delivery)).find_map(|(socket, owner)| overflow(site, judged, socket, owner))
}

fn overflow(site: &Site, judged: &Judged, socket: &ListeningSocket, owner: Option<&Owner>) -> Option<Problem> {
    // Several sockets may share an address (SO_REUSEPORT), each with a queue of its own.
    let alike = |other: &&ListeningSocket| {
        (other.protocol, other.address, other.port, other.device) == (socket.protocol, socket.address, socket.port, socket.device)
    };
    let all = site.network.sockets.iter().filter(alike).count();
    let full: Vec<_> = site.network.sockets.iter().filter(alike).filter(|each| each.is_full()).collect();
    let (waiting, room) = full.first()?.queue?;
    let program = owner.map_or_else(|| "the program".to_owned(), |owner| format!("{} (pid {})", owner.command, owner.pid));
    let title = format!("the listen queue of {} is full: new connections are dropped", judged.to());
    let mut facts = vec![format!("{waiting} connections wait until {program} accepts them; its queue takes {room}")];
    facts.extend((all > 1).then(|| format!("{} of {all} sockets that share this address are full", full.len())));
    let overflows = site.snapshot.obstacles.counters.get("TcpExt/ListenOverflows").filter(|count| **count > 0);
    facts.extend(
        overflows.map(|count| format!("{count} connections were dropped at full queues since the counter began (ListenOverflows)")),
    );
    let symptom = Symptom { text: "connection timed out".into(), errno: Some(TIMEOUT), seen: None };
    Some(Problem { symptom: Some(symptom), doubtful: full.len() < all, ..Problem::beside(title, facts) })
}
