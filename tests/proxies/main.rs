//! Readers of proxies' configurations beside the proxies themselves: what they take we read, what they refuse we refuse at the same place,
//! and the flows of a proxy that runs are those that it serves.

mod apache;
mod caddy;
mod haproxy;
#[path = "../harness/mod.rs"]
mod harness;
mod nginx;
mod printed;

fn main() {
    harness::main(&[nginx::TESTS, haproxy::TESTS, apache::TESTS, apache::CORPUS, caddy::TESTS]);
}
