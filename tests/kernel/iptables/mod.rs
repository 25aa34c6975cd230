//! What iptables' matches and targets do: [`case::case`] takes a rule, packets that match and packets that do not; both back ends and
//! clearway have to say the same, and clearway has to print what `iptables-save` does.

mod bytes;
mod case;
mod connection;
mod corpus;
mod dump;
mod fixes;
mod headers;
mod ipsets;
mod judge;
mod limits;
mod packets;
mod ports;
mod random;
mod reverse;
mod set_types;
mod targets;
mod two_worlds;

use crate::harness::Test;

/// Every test.
pub const TESTS: [&[Test]; 14] = [
    bytes::TESTS,
    connection::TESTS,
    corpus::TESTS,
    fixes::TESTS,
    headers::TESTS,
    ipsets::TESTS,
    limits::TESTS,
    ports::TESTS,
    random::TESTS[0],
    random::TESTS[1],
    reverse::TESTS,
    set_types::TESTS,
    targets::TESTS,
    two_worlds::TESTS,
];
