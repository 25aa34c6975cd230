//! A ruleset read over netlink and the same one from `nft -j list ruleset` are the same rules, sets and elements.
#![allow(clippy::print_stderr, reason = "how many rulesets load here is told on standard error")]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use clearway::{
    network,
    ruleset::nft::{Base, Chain, Elements, Expr, Ruleset, Set, Table, decode::decode, import, print},
};

mod harness;
mod netns;
use harness::{Needs, Test, tests};

const TESTS: &[Test] = tests![Needs::Namespaces; a_listing_is_what_the_kernel_has];

const CORPUS: &str = "../shared/corpora/rulesets";

const OF_OTHERS: &[Test] = tests![Needs::Folder(CORPUS); listings_of_other_projects_are_what_the_kernel_has];

fn main() {
    harness::main(&[TESTS, OF_OTHERS]);
}

/// Both readings of what is loaded in a namespace.
struct Readings {
    netlink: Ruleset,
    listing: Ruleset,
    faults: Vec<import::Fault>,
    links: Vec<(u32, String)>,
    /// The bytes are compared too: rules are as nft itself makes them.
    exact: bool,
}

impl Readings {
    fn of(namespace: &netns::Namespace, exact: bool) -> Self {
        let snapshot = namespace.collect(true);
        let links = network::decode::decode(&snapshot).links;
        let links: Vec<_> = links.into_iter().map(|link| (link.index, link.name)).collect();
        let listed = namespace.output("nft", &["-j", "list", "ruleset"]);
        let index = |name: &str| links.iter().find(|(_, each)| each == name).map(|(index, _)| *index);
        let listed = import::read(&listed, &index).expect("nft writes JSON");
        Self { netlink: decode(&snapshot.nft), listing: listed.ruleset, faults: listed.faults, links, exact }
    }

    fn name(&self, index: u32) -> Option<String> {
        self.links.iter().find(|(each, _)| *each == index).map(|(_, name)| name.clone())
    }

    /// What differs, but for what a listing can't tell.
    fn differences(&self) -> Vec<String> {
        let mut found: Vec<String> = self.faults.iter().filter(|fault| !is_loss(fault)).map(|fault| format!("{fault:?}")).collect();
        assert_eq!(self.netlink.tables.len(), self.listing.tables.len(), "tables");
        for (kernel, listed) in self.netlink.tables.iter().zip(&self.listing.tables) {
            let chains = kernel.chains.iter().filter(|chain| chain.flags & BINDING == 0);
            assert_eq!(chains.clone().count(), listed.chains.len(), "chains");
            chains.zip(&listed.chains).for_each(|(chain, ours)| self.chain((kernel, chain), (listed, ours), &mut found));
            for set in kernel.sets.iter().filter(|set| set.flags & ANONYMOUS == 0) {
                self.set(set, listed.sets.iter().find(|each| each.name == set.name), &mut found);
            }
        }
        found
    }

    fn chain(&self, kernel: (&Table, &Chain), listed: (&Table, &Chain), found: &mut Vec<String>) {
        let interfaces = &|index| self.name(index);
        let header = |(table, chain): (&Table, &Chain)| {
            // Up to 1.0.6 it names no devices.
            let base = chain.base.clone().map(|base| Base { devices: Vec::new(), ..base });
            without(&print::chain_header(table, &Chain { base, ..chain.clone() }, true), &["comment "])
        };
        if header(kernel) != header(listed) {
            found.push(format!("kernel:  {}\nlisting: {}", header(kernel), header(listed)));
        }
        let first = listed.1.rules.first().and_then(|rule| rule.exprs.first());
        if matches!(first, Some(Expr::Unknown { name, .. }) if name.starts_with("the devices")) {
            return;
        }
        assert_eq!(kernel.1.rules.len(), listed.1.rules.len(), "rules of {}", kernel.1.name);
        for (rule, ours) in kernel.1.rules.iter().zip(&listed.1.rules) {
            let (text, read) = (print::rule(kernel.0, rule, interfaces), print::rule(listed.0, ours, interfaces));
            let is_lost = ours.exprs.iter().any(|expr| matches!(expr, Expr::Unknown { name, .. } if name.starts_with('"')));
            if !is_lost && (text != read || rule.handle != ours.handle) {
                found.push(format!("kernel:  {text}\nlisting: {read}"));
            } else if !is_lost && self.exact && sorted(&rule.exprs) != sorted(&ours.exprs) {
                found.push(format!("{text}\nkernel:  {:?}\nlisting: {:?}", rule.exprs, ours.exprs));
            }
        }
    }

    fn set(&self, kernel: &Set, listed: Option<&Set>, found: &mut Vec<String>) {
        let written = |set| without(&print::set(set, &|index| self.name(index), true), &["typeof ", "type ", "auto-merge", "flags "]);
        // Whether an empty map leads to ranges is not told.
        let is_empty = matches!(&kernel.elements, Elements::Whole(list) if list.is_empty());
        let data_len = |set: &Set| if is_empty { 0 } else { set.data_len };
        let kind = |set: &Set| (set.key_type, set.key_len, set.data_type, data_len(set), set.object_type);
        match listed {
            // That its keys are of no told width is a fault, which is looked at above.
            None => {}
            Some(ours) if written(kernel) != written(ours) || kind(kernel) != kind(ours) => {
                found.push(format!("kernel:  {}\nlisting: {}", written(kernel), written(ours)));
            }
            Some(_) => {}
        }
    }
}

/// `NFT_SET_ANONYMOUS`.
const ANONYMOUS: u32 = 1;
/// `NFT_CHAIN_BINDING`.
const BINDING: u32 = 4;

/// What nft 1.0.6 does not tell: the devices of a chain that has several, what a `typeof` of integers was, statements that it has no JSON for.
fn is_loss(fault: &import::Fault) -> bool {
    fault.text.starts_with('"') || fault.why.contains("on which devices") || fault.why.contains("how wide the keys")
}

/// Without lines that begin so, and without the time that is left to elements.
fn without(text: &str, beginnings: &[&str]) -> String {
    let mut kept = String::new();
    for line in text.lines().filter(|line| !beginnings.iter().any(|beginning| line.trim_start().starts_with(beginning))) {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(" expires ") {
            kept.push_str(before);
            rest = &after[after.find([',', ' ']).unwrap_or(after.len())..];
        }
        kept.push_str(rest);
        kept.push('\n');
    }
    kept
}

/// Where nft put the matches that a listing leaves out can't be told: they stand before what needs them.
fn sorted(exprs: &[Expr]) -> Vec<String> {
    let nameless = |text: String| match text.find("\"__set").or_else(|| text.find("\"__map")) {
        Some(at) => text[..at + 6].to_owned() + text[at + 6..].trim_start_matches(|c: char| c.is_ascii_digit()),
        None => text,
    };
    let mut written: Vec<String> = exprs.iter().map(|expr| nameless(format!("{expr:?}"))).collect();
    written.sort();
    written
}

fn a_listing_is_what_the_kernel_has() {
    let namespace = netns::Namespace::new("listing");
    namespace.shell("ip link set lo up; ip link add veth0 type veth peer name veth1; ip link add veth2 type veth peer name veth3");
    namespace.nft(include_str!("data/printing.nft"));
    let differences = Readings::of(&namespace, false).differences();
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
        for difference in Readings::of(&namespace, true).differences() {
            let _ = write!(report, "{}\n{difference}\n\n", path.display());
        }
    }
    eprintln!("{loaded} of {} rulesets load here", corpus.len());
    assert!(report.is_empty(), "{report}");
}
