//! The messages that an exchange needs besides its own packets, in words.

use crate::{model::IpVersion, simulate::Companion};

/// As JSON has it.
#[must_use]
pub const fn name(companion: Companion) -> &'static str {
    match companion {
        Companion::NeighbourAsks => "neighbour asks",
        Companion::HostAnswers => "host answers",
        Companion::HostAsks => "host asks",
        Companion::NeighbourAnswers => "neighbour answers",
        Companion::TooBigHere => "too big here",
        Companion::TooBigBack => "too big back",
        Companion::TooBigOn => "too big on",
        Companion::Refusal => "refusal",
    }
}

/// For people.
#[must_use]
pub const fn words(companion: Companion, version: IpVersion) -> &'static str {
    match (companion, version) {
        (Companion::NeighbourAsks, IpVersion::V6) => "neighbour solicitations that come in",
        (Companion::HostAnswers, IpVersion::V6) => "this host's neighbour advertisements",
        (Companion::HostAsks, IpVersion::V6) => "this host's neighbour solicitations",
        (Companion::NeighbourAnswers, IpVersion::V6) => "neighbour advertisements that come in",
        (Companion::NeighbourAsks, IpVersion::V4) => "ARP requests that come in",
        (Companion::HostAnswers, IpVersion::V4) => "this host's ARP replies",
        (Companion::HostAsks, IpVersion::V4) => "this host's ARP requests",
        (Companion::NeighbourAnswers, IpVersion::V4) => "ARP replies that come in",
        (Companion::Refusal, _) => "what a reject answers",
        (Companion::TooBigHere | Companion::TooBigBack | Companion::TooBigOn, IpVersion::V4) => "ICMP \"fragmentation needed\"",
        (Companion::TooBigHere | Companion::TooBigBack | Companion::TooBigOn, IpVersion::V6) => "ICMPv6 \"packet too big\"",
    }
}
