//! Three inputs, one answer: what is traced through the rules that are read over netlink is traced alike through their `nft -j list ruleset`.

use std::io::Write as _;

use ::clearway::collect::{Options, collect};
use serde_json::{Value, json};

use crate::compare::{clearway, kernel};
use crate::generate::{self, Case};
use crate::harness::{Needs, Test, tests};
use crate::lab::Lab;

#[path = "../listing/readings.rs"]
mod readings;

/// The short run, and the long one of `scripts/agreement --listings`.
pub const TESTS: [&[Test]; 2] = [tests![Needs::Namespaces; random_listings], tests![Needs::Patience; agreement]];

const PACKETS: usize = 40;

/// How a run went.
#[derive(Default)]
struct Run {
    rulesets: usize,
    rules: usize,
    packets: usize,
    /// Packets that the listing leaves open, and netlink does not.
    open: usize,
    failures: Vec<String>,
}

impl Run {
    fn of(seeds: std::ops::Range<u64>) -> Self {
        let mut lab = Lab::build().expect("a lab");
        let mut run = Self::default();
        for seed in seeds {
            if let Err(complaint) = run.case(&mut lab, generate::case(seed, PACKETS)) {
                run.failures.push(format!("seed {seed}\n{complaint}"));
            }
        }
        run
    }

    fn case(&mut self, lab: &mut Lab, mut case: Case) -> Result<(), String> {
        // A ruleset that nft refuses as a whole is none.
        if kernel::load(lab, &mut case.ruleset).is_err() {
            return Ok(());
        }
        let snapshot = collect(&Options { netns: Some(lab.path()), whole_sets: true }).map_err(|error| error.to_string())?;
        let listed = std::process::Command::new("nft").args(["-j", "list", "ruleset"]).output().map_err(|error| error.to_string())?;
        // Some rules nft 1.0.6 itself can't list.
        let Ok(mut listing) = serde_json::from_slice::<Value>(&listed.stdout) else { return Ok(()) };
        self.rulesets += 1;
        self.rules += case.ruleset.rules();
        tell_what_1_0_6_does_not(&mut listing, &snapshot);
        let differences = readings::Readings::new(&snapshot, &listing.to_string()).differences(false);
        if !differences.is_empty() {
            return Err(differences.join("\n"));
        }
        let write = |bytes: &[u8]| {
            let mut file = tempfile::NamedTempFile::new()?;
            file.write_all(bytes).map(|()| file)
        };
        let rules = write(listing.to_string().as_bytes()).map_err(|error| error.to_string())?;
        let host = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        snapshot.write(host.path()).map_err(|error| error.to_string())?;
        let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
        let by_netlink = clearway::trace_of(&["--snapshot", &path(&host)], &case.packets)?;
        let by_listing = clearway::trace_of(&["--nft-json", &path(&rules), "--host", &path(&host)], &case.packets)?;
        self.packets += case.packets.len();
        for (netlink, listing) in by_netlink.iter().zip(&by_listing) {
            if listing.open && !netlink.open {
                self.open += 1;
            } else if netlink.line != listing.line {
                return Err(format!("netlink {}\nlisting {}\n{}", netlink.line, listing.line, case.ruleset.text()));
            }
        }
        Ok(())
    }
}

/// Names the devices of chains and the flags of tables, as newer versions of nft do.
fn tell_what_1_0_6_does_not(listing: &mut Value, snapshot: &::clearway::snapshot::Snapshot) {
    let ruleset = ::clearway::ruleset::nft::decode::decode(&snapshot.nft);
    for object in listing["nftables"].as_array_mut().into_iter().flatten() {
        let word = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        let find =
            |of: &Value, name| ruleset.tables.iter().find(|each| each.family.name() == word(of, "family") && each.name == word(of, name));
        if let Some(chain) = object.get_mut("chain") {
            let name = word(chain, "name");
            let base = find(chain, "table")
                .and_then(|table| table.chains.iter().find(|each| each.name == name))
                .and_then(|chain| chain.base.as_ref());
            if let Some(base) = base.filter(|base| !base.devices.is_empty()) {
                chain["dev"] = json!(base.devices);
            }
        } else if let Some(table) = object.get_mut("table")
            && find(table, "name").is_some_and(|table| table.flags & 1 != 0)
        {
            table["flags"] = json!("dormant");
        }
    }
}

fn random_listings() {
    let run = Run::of(1..26);
    assert!(run.failures.is_empty(), "{} of {} rulesets differ, the first:\n{}", run.failures.len(), run.rulesets, run.failures[0]);
    assert!(run.open * 50 <= run.packets, "{} of {} packets are open", run.open, run.packets);
    assert!(run.rulesets > 20 && run.packets > 500, "{} rulesets, {} packets", run.rulesets, run.packets);
}

fn agreement() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let start = number("CLEARWAY_AGREEMENT_START", 1000);
    let run = Run::of(start..start + number("CLEARWAY_AGREEMENT_SEEDS", 100));
    let Run { rulesets, rules, packets, open, failures } = run;
    eprintln!(
        "{rulesets} rulesets, {rules} rules, {packets} packets, traced alike but for {} rulesets, {open} packets open",
        failures.len()
    );
    assert!(failures.is_empty(), "{} rulesets differ:\n{}", failures.len(), failures.join("\n"));
}
