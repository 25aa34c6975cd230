//! `neighbour-discovery-blocked`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Standing, Verdict},
    problem,
};
use crate::{gateway::Role, model::IpVersion, site::Site};

/// Hosts on a link can't find each other.
pub const AUDIT: Audit = Audit {
    code: "neighbour-discovery-blocked",
    summary: "hosts on the link cannot find each other: neighbour discovery or ARP is stopped",
    explanation: "\
Before a packet crosses an Ethernet link, its sender asks for the receiver's hardware address: by ICMPv6 neighbour solicitation and advertisement, which
pass the same chains as all other IPv6, or by ARP, which passes the chains of nft's family arp. Connection tracking leaves neighbour discovery untracked, so
\"ct state new,established,related accept\" does not let it pass. It may seem to work for a while, as long as a neighbour is still known. Clients see \"no
route to host\" (errno 113) after three seconds, or a timeout if a router asks for them. Accept icmpv6 types nd-neighbor-solicit and nd-neighbor-advert
in input and output before anything that drops. A neighbour that is set by hand (ip neigh add ... nud permanent), or a link without such addresses, needs
none of it.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = matches!(judged.verdict, Verdict::Blocked | Verdict::Partly)
        && judged.flow.role != Role::Service
        && !matches!(judged.standing, Standing::Others { .. });
    let how = if judged.version == IpVersion::V6 { "neighbour discovery" } else { "ARP" };
    let title = format!("{how} for {} is stopped, so packets can't cross the link", judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| leg.is_of_neighbours() && piece.fate == Fate::Stopped)).flatten()
}
