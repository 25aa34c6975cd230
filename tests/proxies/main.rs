//! Readers of proxies' configurations beside the proxies themselves: what they take we read, what they refuse we refuse at the same place,
//! and the flows of a proxy that runs are those that it serves.

mod apache;
mod caddy;
mod conditions;
mod containers;
mod exchange;
mod haproxy;
#[path = "../harness/mod.rs"]
mod harness;
mod names;
#[path = "../netns/mod.rs"]
#[allow(dead_code, reason = "tests of what is read from the kernel need more of it")]
mod netns;
mod nginx;
mod printed;

fn main() {
    harness::main(&[
        nginx::TESTS,
        haproxy::TESTS,
        apache::TESTS,
        apache::CORPUS,
        caddy::TESTS,
        containers::TESTS,
        names::TESTS,
        exchange::TESTS,
    ]);
}
