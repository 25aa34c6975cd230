//! A ruleset read over netlink and the same one from `nft -j list ruleset` are the same rules, sets and elements.
#![allow(clippy::print_stderr, reason = "how many rulesets load here is told on standard error")]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../netns/mod.rs"]
mod netns;
mod readings;
use harness::{Needs, Test, tests};
use readings::Readings;

const TESTS: &[Test] = tests![Needs::Namespaces; a_listing_is_what_the_kernel_has];

const CORPUS: &str = "../shared/corpora/rulesets";

const OF_OTHERS: &[Test] = tests![Needs::Folder(CORPUS); listings_of_other_projects_are_what_the_kernel_has];

/// Both readings of what is loaded in a namespace.
fn readings(namespace: &netns::Namespace) -> Readings {
    Readings::new(&namespace.collect(true), &namespace.output("nft", &["-j", "list", "ruleset"]))
}

fn main() {
    harness::main(&[TESTS, OF_OTHERS]);
}

fn a_listing_is_what_the_kernel_has() {
    let namespace = netns::Namespace::new("listing");
    namespace.shell("ip link set lo up; ip link add veth0 type veth peer name veth1; ip link add veth2 type veth peer name veth3");
    namespace.nft(include_str!("../data/printing.nft"));
    let differences = readings(&namespace).differences(false);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n\n"));
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

fn listings_of_other_projects_are_what_the_kernel_has() {
    let corpus = corpus();
    let namespace = netns::Namespace::new("listings");
    let (mut loaded, mut report) = (0, String::new());
    for (path, text) in &corpus {
        // Newer versions of nft than 1.0.6 know this name in this hook.
        let text = text.replace("hook output priority dstnat", "hook output priority -100");
        if !namespace.load(&format!("flush ruleset\n{text}"), Stdio::null()) {
            continue;
        }
        loaded += 1;
        for difference in readings(&namespace).differences(true) {
            let _ = write!(report, "{}\n{difference}\n\n", path.display());
        }
    }
    eprintln!("{loaded} of {} rulesets load here", corpus.len());
    assert!(report.is_empty(), "{report}");
}
