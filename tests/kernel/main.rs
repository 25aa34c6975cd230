//! The kernel is the judge: real rules, real packets, real counters, in network namespaces that each test makes for itself.
#![allow(clippy::print_stderr, reason = "a test that can't run, and a sweep's progress, are told on standard error")]

mod compare;
mod facts;
mod generate;
mod lab;
mod packet;
mod sweep;

/// A lab; without the privilege for it none, which is told, and fails where the tests are required.
fn privileged_lab() -> Option<lab::Lab> {
    match lab::Lab::build() {
        Ok(lab) => Some(lab),
        Err(error) => {
            assert!(std::env::var_os("CLEARWAY_REQUIRE_KERNEL").is_none(), "no network namespace: {error}");
            eprintln!("not run: no network namespace: {error}");
            None
        }
    }
}
