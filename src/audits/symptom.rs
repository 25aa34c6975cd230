//! What the other end sees of a verdict, as measured on real kernels.

use std::time::Duration;

use serde::Serialize;

use super::{
    judge::{Fate, Judged, Leg, Piece},
    seen::{self, Seen, Telling},
};
use crate::{
    gateway::expression::Protocol,
    model::{Hook, IpVersion, Reject, routing::Failure},
    simulate::{
        Companion, Stage,
        outcome::{Decision, Ending},
    },
};

/// What `connect` comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Symptom {
    /// In words.
    pub text: String,
    /// The error number of Linux.
    pub errno: Option<u32>,
    /// What a proxy makes of it for its clients.
    pub seen: Option<Seen>,
}

/// `MAX_MULTICAST_SOLICIT` questions, each after `RETRANS_TIMER`; of ARP the same.
const NEIGHBOUR_FAILS: Duration = Duration::from_secs(3);
/// `TCP_TIMEOUT_INIT`: an ICMPv6 error that comes while the socket is still in `connect` is only noted (`tcp_v6_err`), and fails it when the SYN
/// is sent again; measured.
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(1020);

const TIMEOUT: u32 = 110;
const REFUSED: u32 = 111;
const NO_ROUTE: u32 = 113;
const NET_UNREACHABLE: u32 = 101;
const PERMISSION: u32 = 13;
const INVALID: u32 = 22;
const NO_PROTOCOL: u32 = 92;

/// What the sender sees.
#[must_use]
pub fn of(protocol: Protocol, leg: Leg, ending: &Ending, decided_by: &Decision) -> Option<Symptom> {
    let errno = match (ending, leg) {
        (Ending::Accept | Ending::Unknown(_), _) => return None,
        // ndisc_error_report, arp_error_report: who can't find a neighbour says so to the sender, by ICMP. What this host says to itself goes
        // through output, where a policy stops it as it did the question.
        (_, Leg::Companion(Companion::HostAsks)) if matches!(decided_by, Decision::Policy { .. }) => TIMEOUT,
        (_, Leg::Companion(companion)) if companion.is_of_neighbours() => NO_ROUTE,
        // A reply that is rejected: its reject goes to the answering side, the client hears nothing.
        (_, Leg::Reply) => TIMEOUT,
        (_, Leg::Rest | Leg::Companion(_)) => {
            return Some(Symptom { text: "connects, then times out waiting for data".into(), errno: Some(TIMEOUT), seen: None });
        }
        (Ending::Drop, Leg::First) => TIMEOUT,
        (Ending::Reject(reject), Leg::First) => rejected(*reject, protocol),
    };
    Some(failed(errno, protocol))
}

/// What fails with an error number.
fn failed(errno: u32, protocol: Protocol) -> Symptom {
    let text = match errno {
        REFUSED => "connection refused",
        NO_ROUTE => "no route to host",
        NET_UNREACHABLE => "network is unreachable",
        PERMISSION => "permission denied",
        INVALID => "invalid argument",
        NO_PROTOCOL => "protocol not available",
        _ if protocol == Protocol::TCP => "connection timed out",
        _ => "no answer",
    };
    Symptom { text: text.into(), errno: Some(errno), seen: None }
}

/// What the sender sees of a piece of a flow, and what a proxy that sends it makes of that.
#[must_use]
pub fn of_piece(judged: &Judged, leg: Leg, piece: &Piece) -> Option<Symptom> {
    let symptom = bare(judged, leg, piece)?;
    let seen = seen::of(judged, leg, symptom.errno.unwrap_or(TIMEOUT), telling(judged, leg, piece));
    Some(Symptom { seen, ..symptom })
}

fn bare(judged: &Judged, leg: Leg, piece: &Piece) -> Option<Symptom> {
    if piece.fate == Fate::NoListener {
        return Some(failed(REFUSED, judged.flow.expression.protocol));
    }
    if let Some(errno) = route(&piece.outcome.decided_by).filter(|_| leg == Leg::First && piece.is_sent_here()) {
        return Some(failed(errno, judged.flow.expression.protocol));
    }
    let silent = leg == Leg::First && judged.is_refused_in_silence(piece);
    let ending = if silent { &Ending::Drop } else { &piece.outcome.verdict };
    of(judged.flow.expression.protocol, leg, ending, &piece.outcome.decided_by)
}

/// What a proxy sees, and makes of it, where nobody hears it in its own network namespace.
#[must_use]
pub fn unheard(judged: &Judged) -> Symptom {
    let seen = seen::of(judged, Leg::First, REFUSED, Telling::After(Duration::ZERO));
    Symptom { seen, ..failed(REFUSED, judged.flow.expression.protocol) }
}

/// What a sender sees, and makes of it, where nobody answers for the next hop (`arp_error_report`, `ndisc_error_report`).
#[must_use]
pub fn silent(judged: &Judged) -> Symptom {
    let seen = seen::of(judged, Leg::First, NO_ROUTE, Telling::After(NEIGHBOUR_FAILS));
    Symptom { seen, ..failed(NO_ROUTE, judged.flow.expression.protocol) }
}

/// How the sender gets to know it.
fn telling(judged: &Judged, leg: Leg, piece: &Piece) -> Telling {
    match (&piece.outcome.decided_by, &piece.outcome.verdict) {
        _ if leg.is_of_neighbours() => Telling::After(NEIGHBOUR_FAILS),
        _ if piece.fate == Fate::NoListener => Telling::After(Duration::ZERO),
        (Decision::Stage { .. }, _) if piece.is_sent_here() => Telling::AtConnect,
        (Decision::Rule { hook: Hook::Output, .. }, Ending::Reject(Reject::Icmp6(_))) if judged.version == IpVersion::V6 => {
            Telling::After(FIRST_RETRANSMISSION)
        }
        _ => Telling::After(Duration::ZERO),
    }
}

/// Routes of this host that stop what it sends itself: `connect` fails (`ip_route_connect`).
fn route(decided_by: &Decision) -> Option<u32> {
    let Decision::Stage { stage: Stage::NoRoute(failure), .. } = decided_by else { return None };
    Some(match failure {
        Failure::Blackhole => INVALID,
        Failure::Prohibited => PERMISSION,
        Failure::NoRoute => NET_UNREACHABLE,
        Failure::Unreachable => NO_ROUTE,
    })
}

/// Error numbers of ICMP codes, as `icmp_err_convert` and `icmpv6_err_convert` translate them for TCP.
fn rejected(reject: Reject, protocol: Protocol) -> u32 {
    match reject {
        Reject::TcpReset if protocol == Protocol::TCP => REFUSED,
        Reject::TcpReset => TIMEOUT,
        Reject::Icmp(0 | 6 | 9 | 11) => NET_UNREACHABLE,
        Reject::Icmp(2) => NO_PROTOCOL,
        Reject::Icmp(3) => REFUSED,
        Reject::Icmp(_) => NO_ROUTE,
        Reject::Icmp6(0) => NET_UNREACHABLE,
        Reject::Icmp6(1 | 5 | 6) => PERMISSION,
        Reject::Icmp6(4) => REFUSED,
        Reject::Icmp6(_) => NO_ROUTE,
    }
}
