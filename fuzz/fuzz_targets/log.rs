//! `scripts/fuzz log`: what it does is told where the entry is.

#![no_main]

#[path = "../../tests/smoke/entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|input: &[u8]| entries::log(input));
