//! One file in one program: its lines loaded one by one in a namespace, then read in every way.

use std::process::{Command, Output};

use clearway::{
    model::IpVersion,
    ruleset::xtables::{print, save::parse},
};

use crate::{
    line::{Case, Line, Outcome, Script},
    netns::Namespace,
    tally::Tally,
};

/// Where the rules are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Legacy,
    Nft,
}

/// A program, in a namespace.
pub struct Session {
    version: IpVersion,
    backend: Backend,
    namespace: Namespace,
}

/// A line that was loaded.
struct Loaded<'a> {
    table: String,
    chain: String,
    case: &'a Case,
}

impl Session {
    pub fn new(version: IpVersion, backend: Backend) -> Self {
        let namespace = Namespace::new(&format!("upstream-{version:?}-{backend:?}"));
        namespace.shell("ip link set lo up");
        Self { version, backend, namespace }
    }

    fn program(&self) -> String {
        let name = if self.version == IpVersion::V4 { "iptables" } else { "ip6tables" };
        let backend = if self.backend == Backend::Legacy { "legacy" } else { "nft" };
        format!("{name}-{backend}")
    }

    fn shell(&self, script: &str) -> Output {
        Command::new("ip").args(["netns", "exec", &self.namespace.0, "sh", "-c", script]).output().expect("ip runs")
    }

    /// `binding`: upstream's word counts for this program; else only what the program itself does.
    pub fn run(&self, script: &Script, binding: bool, tally: &mut Tally) {
        let (mut table, mut chain) = ("filter".to_owned(), "INPUT".to_owned());
        let mut loaded: Vec<Loaded<'_>> = Vec::new();
        for line in &script.0 {
            match line {
                Line::Table(name) => table.clone_from(name),
                Line::Chains(names) => chain.clone_from(&names[0]),
                Line::Command(command) => _ = self.shell(command),
                Line::Prepare(command) => {
                    let command = command.strip_prefix("iptables").unwrap_or(command);
                    self.shell(&format!("{}{command}", self.program()));
                }
                Line::Case(case) => {
                    let output = self.shell(&format!("{} -t {table} -A {chain} {}", self.program(), case.rule));
                    let read = self.read(&table, &chain, &case.rule);
                    let outcome = case.outcome(self.backend);
                    if output.status.success() {
                        loaded.push(Loaded { table: table.clone(), chain: chain.clone(), case });
                    } else if outcome == Outcome::Fail {
                        // What only the kernel refuses may be read.
                        if binding && by_the_program(&output) {
                            tally.refused.count(read.is_err(), || format!("{} {}: accepted: {}", self.program(), case.number, case.rule));
                        }
                    } else if binding {
                        // Not here: upstream says how it is printed.
                        tally.absent += 1;
                        let right = read.as_ref() == Ok(&case.saved) || outcome == Outcome::Other;
                        tally
                            .text
                            .count(right, || format!("{} {}:\nupstream {}\nread     {read:?}", self.program(), case.number, case.saved));
                    }
                }
            }
        }
        self.compare(&loaded, tally);
    }

    /// A rule as clearway prints it when it has read it as text, without chain; or what it does not understand.
    fn read(&self, table: &str, chain: &str, rule: &str) -> Result<String, String> {
        let text = format!("*{table}\n:{chain} ACCEPT [0:0]\n-A {chain} {rule}\nCOMMIT\n");
        let found = parse(&text, self.version);
        if let Some(fault) = found.faults.first() {
            return Err(fault.why.clone());
        }
        let table = found.ruleset.tables.first();
        let rule = table.and_then(|table| table.chains.iter().flat_map(|chain| &chain.rules).next());
        rule.map(|rule| print::without_chain(rule, self.version)).ok_or_else(|| "no rule".into())
    }

    /// What was loaded, as iptables-save prints it, as clearway reads it from the kernel, and from text.
    fn compare(&self, loaded: &[Loaded<'_>], tally: &mut Tally) {
        let saved = String::from_utf8_lossy(&self.shell(&format!("{}-save", self.program())).stdout).into_owned();
        let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["rules", "--netns", &self.namespace.0]).output();
        let ours = String::from_utf8_lossy(&output.expect("clearway runs").stdout).into_owned();
        let mut places: Vec<(&str, &str)> = loaded.iter().map(|each| (each.table.as_str(), each.chain.as_str())).collect();
        places.dedup();
        for (table, chain) in places {
            let cases: Vec<_> = loaded.iter().filter(|each| (each.table.as_str(), each.chain.as_str()) == (table, chain)).collect();
            let (saved, ours) = (rules(&saved, table, chain), rules(&ours, table, chain));
            // What a file adds to the chain besides stands before its lines.
            let before = saved.len().saturating_sub(cases.len());
            for (at, each) in cases.iter().enumerate() {
                let wanted = saved.get(before + at).copied().unwrap_or("(gone)");
                let title = || format!("{} {}: {}", self.program(), each.case.number, each.case.rule);
                let decoded = ours.get(before + at).copied().unwrap_or("(none)");
                let kernel = if self.backend == Backend::Legacy { &mut tally.legacy } else { &mut tally.nft };
                kernel.count(decoded == wanted, || format!("{}\nsaved    {wanted}\nclearway {decoded}", title()));
                let read = self.read(table, chain, &each.case.rule);
                // iptables-nft turns some rules into expressions that say less, or more; a text says what was meant.
                let meant = self.backend == Backend::Nft && read.as_ref() == Ok(&each.case.saved);
                tally.text.count(meant || read.as_deref() == Ok(wanted), || format!("{}\nsaved    {wanted}\nread     {read:?}", title()));
            }
        }
    }
}

/// Whether the program itself refused the rule for what it says; not the kernel, nor for a set or a label that is not there.
fn by_the_program(output: &Output) -> bool {
    let complaint = String::from_utf8_lossy(&output.stderr);
    complaint.contains(" v1.") && !["failed (", "doesn't exist", "not found"].iter().any(|outside| complaint.contains(outside))
}

/// The rules of a chain of a dump, without `-A CHAIN`.
fn rules<'a>(dump: &'a str, table: &str, chain: &str) -> Vec<&'a str> {
    let mut current = "";
    let mut found = Vec::new();
    for line in dump.lines() {
        if let Some(name) = line.strip_prefix('*') {
            current = name;
        } else if current == table {
            let rule = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(line, |(_, rule)| rule);
            if let Some(rest) = rule.strip_prefix("-A ").and_then(|rest| rest.strip_prefix(chain))
                && (rest.is_empty() || rest.starts_with(' '))
            {
                found.push(rest.trim());
            }
        }
    }
    found
}
