//! Rules loaded by nft, collected from the kernel and printed by us must read exactly as `nft -a list ruleset` writes them.
#![allow(clippy::print_stderr, reason = "a test that can't run is told on standard error")]

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use clearway::{
    collect::{Options, collect},
    network,
    ruleset::nft::{decode::decode, print},
};

/// A namespace with a few interfaces, deleted at the end.
struct Namespace(String);

impl Namespace {
    /// None, with a note on standard error, where namespaces can't be made.
    fn new(purpose: &str) -> Option<Self> {
        let name = format!("clearway-printing-{purpose}-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !made {
            assert!(std::env::var_os("CLEARWAY_REQUIRE_KERNEL").is_none(), "no privilege to make network namespaces");
            eprintln!("not run: no privilege to make network namespaces");
            return None;
        }
        let namespace = Self(name);
        for link in ["set lo up", "add veth0 type veth peer name veth1", "add veth2 type veth peer name veth3"] {
            let words: Vec<&str> = link.split(' ').collect();
            assert!(namespace.command("ip").arg("link").args(words).status().expect("ip runs").success(), "{link}");
        }
        Some(namespace)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }

    /// Replaces the ruleset. False if nft or the kernel refuses it.
    fn load(&self, ruleset: &str) -> bool {
        let mut nft = self.command("nft").args(["-f", "-"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("nft runs");
        let written = nft.stdin.take().expect("piped").write_all(format!("flush ruleset\n{ruleset}").as_bytes());
        nft.wait().expect("nft ends").success() && written.is_ok()
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
        let snapshot = collect(&Options { netns: Some(self.0.clone()), whole_sets: true }).expect("the namespace is there");
        let ruleset = decode(&snapshot.nft);
        assert!(ruleset.incomplete.is_empty(), "{:?}", ruleset.incomplete);
        let links = network::decode::decode(&snapshot).links;
        let interfaces = |index| links.iter().find(|link| link.index == index).map(|link| link.name.clone());
        let mut out = String::new();
        print::ruleset(&ruleset, &interfaces, &mut out, true).expect("a String takes all");
        out
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
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

#[test]
fn every_rule_reads_as_nft_lists_it() {
    let Some(namespace) = Namespace::new("rules") else { return };
    assert!(namespace.load(include_str!("data/printing.nft")), "nft and this kernel take the rules");
    let differences = namespace.differences();
    assert!(differences.is_empty(), "{} lines differ:\n{}", differences.len(), differences[..differences.len().min(20)].join("\n\n"));
}

/// Rulesets of other projects, found beside the project.
fn corpus() -> Option<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/rulesets");
    let mut folders = vec![root.is_dir().then_some(root)?];
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
    Some(found)
}

#[test]
fn rulesets_of_other_projects_read_as_nft_lists_them() {
    let Some(corpus) = corpus() else {
        eprintln!("not run: no corpus of rulesets beside the project");
        return;
    };
    let Some(namespace) = Namespace::new("corpus") else { return };
    let (mut loaded, mut report) = (0, String::new());
    for (path, text) in &corpus {
        // Newer versions of nft than 1.0.6 know this name in this hook.
        let text = text.replace("hook output priority dstnat", "hook output priority -100");
        if !namespace.load(&text) {
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
