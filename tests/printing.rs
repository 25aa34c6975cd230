//! Rules loaded by nft, collected from the kernel and printed by us must read exactly as `nft -a list ruleset` writes them.
#![allow(clippy::print_stderr, reason = "how many rulesets load here is told on standard error")]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use clearway::{
    network,
    ruleset::nft::{decode::decode, print},
};

mod harness;
mod netns;
use harness::{Needs, Test, tests};

const TESTS: &[Test] = tests![Needs::Namespaces; every_rule_reads_as_nft_lists_it];

const CORPUS: &str = "../shared/corpora/rulesets";

const OF_OTHERS: &[Test] = tests![Needs::Folder(CORPUS); rulesets_of_other_projects_read_as_nft_lists_them];

fn main() {
    harness::main(&[TESTS, OF_OTHERS]);
}

/// A namespace with a few interfaces.
struct Printer(netns::Namespace);

impl Printer {
    fn new(purpose: &str) -> Self {
        let namespace = netns::Namespace::new(purpose);
        namespace.shell("ip link set lo up; ip link add veth0 type veth peer name veth1; ip link add veth2 type veth peer name veth3");
        Self(namespace)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0.0, program]);
        command
    }

    /// Lines in which nft's list and ours differ.
    fn differences(&self) -> Vec<String> {
        let listed = self.command("nft").args(["-a", "list", "ruleset"]).output().expect("nft runs");
        let wanted = without_expiry(&String::from_utf8_lossy(&listed.stdout));
        let printed = without_expiry(&self.printed());
        let (mut wanted, mut printed) = (wanted.lines(), printed.lines());
        let mut differences = Vec::new();
        loop {
            match (wanted.next(), printed.next()) {
                (None, None) => return differences,
                (nft, ours) if nft != ours => {
                    differences.push(format!("nft:  {}\nours: {}", nft.unwrap_or("(end)").trim(), ours.unwrap_or("(end)").trim()));
                }
                _ => {}
            }
        }
    }

    fn printed(&self) -> String {
        let snapshot = self.0.collect(true);
        let ruleset = decode(&snapshot.nft);
        assert!(ruleset.incomplete.is_empty(), "{:?}", ruleset.incomplete);
        let links = network::decode::decode(&snapshot).links;
        let interfaces = |index| links.iter().find(|link| link.index == index).map(|link| link.name.clone());
        let mut out = String::new();
        print::ruleset(&ruleset, &interfaces, &mut out, true).expect("a String takes all");
        out
    }
}

/// The time that is left to an element runs on between the two lists.
fn without_expiry(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" expires ") {
        out.push_str(before);
        rest = &after[after.find([',', ' ', '\n']).unwrap_or(after.len())..];
    }
    out + rest
}

fn every_rule_reads_as_nft_lists_it() {
    let namespace = Printer::new("rules");
    namespace.0.nft(include_str!("data/printing.nft"));
    let differences = namespace.differences();
    assert!(differences.is_empty(), "{} lines differ:\n{}", differences.len(), differences[..differences.len().min(20)].join("\n\n"));
}

/// Rulesets of other projects, found beside the project.
fn corpus() -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path)
                && (text.contains("\ntable ") || text.starts_with("table ") || text.contains("add table "))
            {
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn rulesets_of_other_projects_read_as_nft_lists_them() {
    let corpus = corpus();
    let namespace = Printer::new("corpus");
    let (mut loaded, mut report) = (0, String::new());
    for (path, text) in &corpus {
        // Newer versions of nft than 1.0.6 know this name in this hook.
        let text = text.replace("hook output priority dstnat", "hook output priority -100");
        if !namespace.0.load(&format!("flush ruleset\n{text}"), Stdio::null()) {
            continue;
        }
        loaded += 1;
        for difference in namespace.differences() {
            let _ = write!(report, "{}\n{difference}\n\n", path.display());
        }
    }
    eprintln!("{loaded} of {} rulesets load here", corpus.len());
    assert!(report.is_empty(), "{report}");
}
