//! Events of connection tracking by name, for `-j CT --ctevents` (`ct_parse_events`, libxt_CT.c).

use crate::ruleset::xtables::options::Given;

/// A name, and the number of its bit.
type Event = (&'static str, u32);

/// `enum ip_conntrack_events`.
pub const CONNECTION: [Event; 10] = [
    ("new", 0),
    ("related", 1),
    ("destroy", 2),
    ("reply", 3),
    ("assured", 4),
    ("protoinfo", 5),
    ("helper", 6),
    ("mark", 7),
    ("natseqinfo", 8),
    ("secmark", 9),
];

/// `enum ip_conntrack_expect_events`.
pub const EXPECTATION: [Event; 1] = [("new", 0)];

/// The bits of a list of names.
///
/// # Errors
/// One is not known.
pub fn numbers(events: &[Event], given: &Given<'_>) -> Result<u32, String> {
    given.value.split(',').try_fold(0, |bits, name| {
        let known = events.iter().find(|(each, _)| *each == name);
        known.map(|(_, bit)| bits | 1 << bit).ok_or_else(|| given.bad("a list of events"))
    })
}

/// A list of the names of bits.
#[must_use]
pub fn names(events: &[Event], bits: u32) -> String {
    let names: Vec<_> = events.iter().filter(|(_, bit)| bits & 1 << bit != 0).map(|(name, _)| *name).collect();
    names.join(",")
}
