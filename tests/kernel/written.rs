//! Rulesets written by hand where rules are easily misread (tests/data/rulesets), with random packets: the kernel is asked, and the
//! symbolic engine too.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compare::{self, clearway, kernel, symbolic};
use crate::generate::{Random, packets};
use crate::harness::{Needs, Test, tests};
use crate::lab::Lab;

/// All of them.
pub const TESTS: &[Test] = tests![Needs::Namespaces; written_rulesets];

const PACKETS: usize = 120;

/// Of so many packets sets are followed, too.
const SETS: usize = 16;

/// `# ip …` lines of a ruleset change the lab's network first; with `CLEARWAY_RULESET` only files of this name are read.
fn written_rulesets() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/rulesets");
    let only = std::env::var("CLEARWAY_RULESET").unwrap_or_default();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("the rulesets").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.file_stem().is_some_and(|stem| stem.to_string_lossy().contains(&only)));
    files.sort();
    let failures: Vec<String> = files.iter().filter_map(|file| failure(file)).collect();
    assert!(!files.is_empty() && failures.is_empty(), "{} rulesets disagree:\n{}", failures.len(), failures.join("\n"));
}

fn failure(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).expect("a ruleset");
    let mut lab = Lab::build().expect("a lab");
    for line in text.lines().filter_map(|line| line.strip_prefix("# ip ")) {
        assert!(Command::new("ip").args(line.split_whitespace()).status().expect("ip").success(), "ip {line}");
    }
    lab.load(&text.replace(" }\n", "\n}\n")).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut packets = packets::some(&mut Random::new(name.bytes().map(u64::from).sum()), PACKETS);
    let mut answers = clearway::trace(&lab.path(), &packets).expect("clearway answers");
    let asked = answers.len();
    let sets = symbolic::complaints(packets.iter().step_by(PACKETS / SETS));
    let mut each = answers.iter();
    packets.retain(|_| each.next().is_some_and(|answer| !answer.open));
    let open = answers.iter().find(|answer| answer.open).map(|answer| answer.line.to_string());
    answers.retain(|answer| !answer.open);
    lab.forgetful = true;
    let judgement = kernel::observe(&mut lab, &packets).expect("packets are sent");
    let (_, mut complaints) = compare::compare(&packets, &judgement.expect("nft lists the ruleset"), &answers);
    complaints.push_str(&sets);
    if (asked - answers.len()) * 20 > asked {
        complaints.push_str(&format!("{} of {asked} packets are left open: {}", asked - answers.len(), open.unwrap_or_default()));
    }
    (!complaints.is_empty()).then(|| format!("{name}\n{complaints}"))
}
