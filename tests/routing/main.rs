//! Routing as the kernel decides it: random tables and policy rules in a network namespace, and thousands of `ip route get` lookups, each
//! of which our own routing has to answer alike.
mod generate;
#[path = "../harness/mod.rs"]
mod harness;
mod lab;
mod lookup;

use clearway::{model::IpVersion, simulate::Simulation, snapshot::Snapshot, world::Recorded};
use generate::Random;
use harness::{Needs, Test, tests};
use lab::Lab;
use lookup::Lookup;

const TESTS: &[Test] = tests![Needs::Namespaces; ipv4_lookups_end_as_the_kernel_says, ipv6_lookups_end_as_the_kernel_says];

fn main() {
    harness::main(&[TESTS]);
}

/// Lookups for each random host.
const LOOKUPS: usize = 250;

/// Of these, so many are also routed as sets, from and to anywhere.
const SETS: usize = 5;

/// Seeds to try: as many as the environment says.
fn seeds() -> std::ops::Range<u64> {
    let count = std::env::var("CLEARWAY_ROUTING_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(12);
    1..1 + count
}

fn compare(version: IpVersion, name: &str) {
    let mut differences = Vec::new();
    let mut sourced = 0;
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for seed in seeds() {
        let lab = Lab::build(&format!("{name}{seed}")).expect("a lab");
        let mut random = Random::new(seed);
        let setting = generate::setting(&mut random, version);
        let host = lab.set_up(&setting, version);
        let lookups: Vec<_> = (0..LOOKUPS).map(|_| generate::lookup(&mut random, version)).collect();
        let expected = lab.ask(&lookups, version);
        let snapshot = Snapshot::default();
        let world = Recorded(&snapshot);
        let simulation = Simulation::new(&host, &world);
        for (lookup, (expected, source)) in lookups.iter().zip(expected) {
            let ours = lookup.answer(&simulation, &lab);
            *kinds.entry(expected.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
            if ours != expected {
                differences.push(format!("seed {seed}: {}: the kernel says {expected}, we say {ours}", lookup.command(version)));
            }
            if let Some(source) = source.filter(|_| lookup.source.is_none()) {
                sourced += 1;
                let chosen = lookup.chosen_source(&host, &lab);
                if chosen != [source] {
                    differences
                        .push(format!("seed {seed}: {}: the kernel sends from {source}, we from {chosen:?}", lookup.command(version)));
                }
            }
        }
        for wide in lookups.iter().step_by(LOOKUPS / SETS) {
            let run = wide.anywhere(&simulation, &lab);
            for other in lookups.iter().filter(|other| wide.source.is_some() == other.source.is_some()) {
                let narrow = Lookup { source: other.source.clone(), destination: other.destination.clone(), ..wide.clone() };
                let (one, of_set) = (narrow.answer(&simulation, &lab), narrow.answer_in(&run, &lab));
                if one != of_set {
                    differences.push(format!("seed {seed}: {}: alone {one}, in a set {of_set}", narrow.command(version)));
                }
            }
        }
        if !differences.is_empty() {
            differences.truncate(8);
            differences.push(format!("seed {seed} was\n{}\n{:?}", setting.commands.join("\n"), setting.sysctls));
            break;
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(sourced > 0, "the kernel chose no source");
    for kind in ["local", "out", "EINVAL", "EACCES", "EHOSTUNREACH", "ENETUNREACH"] {
        assert!(kinds.contains_key(kind), "no lookup ended in {kind}: {kinds:?}");
    }
}

fn ipv4_lookups_end_as_the_kernel_says() {
    compare(IpVersion::V4, "four");
}

fn ipv6_lookups_end_as_the_kernel_says() {
    compare(IpVersion::V6, "six");
}
