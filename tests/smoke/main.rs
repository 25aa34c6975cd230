//! A short fuzzing on every machine: each decoder and parser on thousands of damaged copies of real input, with a fixed seed. The long one is
//! `scripts/fuzz`.

mod entries;
mod mutate;
#[path = "../kernel/generate/random.rs"]
#[allow(dead_code, reason = "random rulesets need more of it")]
mod random;
mod seeds;

use std::{
    fs,
    path::PathBuf,
    sync::mpsc,
    time::{Duration, Instant},
};

use nix::sys::resource::{Resource, setrlimit};
use random::Random;

/// Time for each entry. Inputs come in the same order everywhere; a slow machine gets less far.
const TIME: Duration = Duration::from_secs(4);

/// One input that takes longer hangs: the slowest takes some hundredths of a second.
const HANG: Duration = Duration::from_secs(20);

/// Memory for all: real records take some tens of megabytes.
const MEMORY: u64 = 4 << 30;

fn smoke(name: &'static str) {
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY).expect("less is always allowed");
    let (_, entry) = entries::ENTRIES.iter().find(|(each, _)| *each == name).expect("an entry");
    let (next, inputs) = mpsc::sync_channel::<Vec<u8>>(0);
    let (done, ends) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        for input in inputs {
            entry(&input);
            if done.send(()).is_err() {
                break;
            }
        }
    });
    let seeds = seeds::seeds(name);
    let mut random = Random::new(1);
    let start = Instant::now();
    let mut inputs = seeds.clone();
    let mut count = 0;
    while start.elapsed() < TIME {
        let input = inputs.pop().unwrap_or_else(|| mutate::mutate(&seeds[random.below(seeds.len())], &mut random));
        let sent = next.send(input.clone()).is_ok();
        if !sent || ends.recv_timeout(HANG).is_err() {
            let path = std::env::temp_dir().join(format!("clearway-smoke-{name}"));
            fs::write(&path, &input).expect("the input is kept");
            panic!("input {count} of {name} {}: {}", if worker.is_finished() { "panics" } else { "hangs" }, path.display());
        }
        count += 1;
    }
    drop(next);
    worker.join().expect("no panic");
    assert!(count > 20, "only {count} inputs in {TIME:?}");
}

#[test]
fn rulesets() {
    smoke("ruleset");
}

#[test]
fn networks() {
    smoke("network");
}

#[test]
fn snapshots() {
    smoke("snapshot");
}

#[test]
fn expressions() {
    smoke("expression");
}

#[test]
fn logs() {
    smoke("log");
}

#[test]
fn packets() {
    smoke("packet");
}

#[test]
fn answers_of_name_servers() {
    smoke("names");
}

#[test]
fn sites() {
    smoke("site");
}

#[test]
fn legacy_tables() {
    smoke("legacy");
}

#[test]
fn proxies() {
    smoke("proxies");
}

/// Fuzzing begins with real input: `scripts/fuzz` names the folder where it is kept.
#[test]
fn seeds_are_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = std::env::var_os("CLEARWAY_FUZZ_CORPUS").map_or_else(|| folder.path().to_owned(), PathBuf::from);
    for (name, entry) in entries::ENTRIES {
        fs::create_dir_all(root.join(name)).expect("a folder");
        let seeds = seeds::seeds(name);
        assert!(!seeds.is_empty(), "{name}");
        for (index, seed) in seeds.iter().enumerate() {
            entry(seed);
            fs::write(root.join(name).join(format!("seed-{index}")), seed).expect("written");
        }
    }
}
