//! The kernel is the judge: real rules, real packets, real counters, in network namespaces that each test makes for itself.
#![allow(clippy::print_stderr, reason = "a sweep's progress is told on standard error")]

mod compare;
mod facts;
mod generate;
use generate::random;
#[path = "../harness/mod.rs"]
mod harness;
mod iptables;
mod lab;
mod listing;
mod packet;
mod sweep;
mod written;

fn main() {
    harness::main(&[&facts::TESTS[..], &iptables::TESTS, &sweep::TESTS, &listing::TESTS, &[written::TESTS]].concat());
}
