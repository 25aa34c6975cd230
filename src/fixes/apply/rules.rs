//! The rules as their own programs write them: kept, compared line by line, put back whole, or rid of single lines again.

use std::fs;

use serde::{Deserialize, Serialize};

use super::{Error, lines, program};

/// The back ends of iptables, by the programs that save and restore them, with the file that tells whether there is something: asking for a
/// legacy table that is not there makes it.
const XTABLES: [(&str, &str, Option<&str>); 4] = [
    ("iptables-legacy-save", "iptables-legacy-restore", Some("/proc/net/ip_tables_names")),
    ("ip6tables-legacy-save", "ip6tables-legacy-restore", Some("/proc/net/ip6_tables_names")),
    ("iptables-nft-save", "iptables-nft-restore", None),
    ("ip6tables-nft-save", "ip6tables-nft-restore", None),
];

/// Families of iptables' tables in nft's words, of the back end that keeps them there.
const OF_NFT: [(&str, &str); 2] = [("iptables-nft-save", "ip"), ("ip6tables-nft-save", "ip6")];

/// All rules of the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules(Vec<Table>);

/// A table as its program writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Table {
    /// The program that saves it: of iptables, or nft.
    program: String,
    /// `filter`, or for nft `inet filter`.
    name: String,
    text: String,
}

/// What became of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Lines that came.
    pub added: Vec<Line>,
    /// Lines that went.
    pub removed: Vec<Line>,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    program: String,
    table: String,
    /// Of nft's: a line of iptables names it.
    chain: String,
    pub text: String,
}

impl Rules {
    /// As they are now.
    pub fn read() -> Result<Self, Error> {
        let mut tables = Vec::new();
        for (save, _, listed) in XTABLES {
            if listed.is_none_or(|list| fs::read_to_string(list).is_ok_and(|names| !names.trim().is_empty())) {
                // Where the program is not installed, nothing of it is there.
                let text = program::output(&[save, "-c"]).unwrap_or_default();
                tables.extend(lines::tables(&text).into_iter().map(|(name, text)| Table { program: save.into(), name, text }));
            }
        }
        let native = native(&tables)?;
        tables.extend(native);
        Ok(Self(tables))
    }

    /// Legacy tables alone: they have no generation that tells whether something changed.
    pub fn legacy(&self) -> Self {
        Self(self.0.iter().filter(|table| table.program.contains("legacy")).cloned().collect())
    }

    /// Whether the rules are the same: counters and what comes and goes with time aside.
    pub fn same(&self, other: &Self) -> bool {
        self.lines() == other.lines()
    }

    fn lines(&self) -> Vec<Line> {
        self.0.iter().flat_map(Table::lines).collect()
    }

    /// What came and what went from these rules to others.
    pub fn difference(&self, other: &Self) -> Difference {
        let (before, after) = (self.lines(), other.lines());
        let (removed, added) = lines::difference(&before, &after);
        Difference { added, removed }
    }

    /// Those of some lines that stand here once more than there.
    pub fn more_of(&self, lines: Vec<Line>, there: &Self) -> Vec<Line> {
        let (here, there) = (self.lines(), there.lines());
        let count = |of: &[Line], line: &Line| of.iter().filter(|each| *each == line).count();
        lines.into_iter().filter(|line| count(&here, line) > count(&there, line)).collect()
    }

    /// Puts back the tables that are others now, each as a whole, and takes out those that were not there.
    pub fn restore(&self) -> Result<(), Error> {
        let now = Self::read()?;
        let differs = |table: &&Table| now.find(table).is_none_or(|other| other.lines() != table.lines());
        let (native, xtables): (Vec<_>, Vec<_>) = self.0.iter().filter(differs).partition(|table| table.is_native());
        let mut failed = Ok(());
        for (save, restore, _) in XTABLES {
            let of = |table: &&Table| table.program == save;
            let mut text: String = xtables.iter().copied().filter(of).map(|table| table.text.as_str()).collect();
            // A restore replaces only the tables that it names.
            for new in now.0.iter().filter(of).filter(|table| self.find(table).is_none()) {
                text.push_str(&format!("*{}\nCOMMIT\n", new.name));
            }
            if !text.is_empty() {
                failed = program::input(&[restore, "-c"], &text).and(failed);
            }
        }
        let mut text = String::new();
        for Table { name, text: whole, .. } in native {
            text.push_str(&format!("table {name} {{ }}\ndelete table {name}\n{whole}"));
        }
        for new in now.0.iter().filter(|table| table.is_native() && self.find(table).is_none()) {
            text.push_str(&format!("delete table {}\n", new.name));
        }
        match text.is_empty() {
            true => failed,
            false => program::input(&["nft", "-f", "-"], &text).and(failed),
        }
    }

    fn find(&self, table: &Table) -> Option<&Table> {
        self.0.iter().find(|other| (&other.program, &other.name) == (&table.program, &table.name))
    }
}

impl Table {
    fn is_native(&self) -> bool {
        self.program == "nft"
    }

    fn lines(&self) -> Vec<Line> {
        let line = |(chain, text)| Line { program: self.program.clone(), table: self.name.clone(), chain, text };
        lines::bare(&self.text).into_iter().map(line).collect()
    }
}

/// The tables of nft that iptables does not keep.
fn native(xtables: &[Table]) -> Result<Vec<Table>, Error> {
    let Ok(listed) = program::output(&["nft", "list", "tables"]) else { return Ok(Vec::new()) };
    let mut tables = Vec::new();
    for line in listed.lines() {
        let ["table", family, name] = line.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        let of_iptables =
            |(save, of): (&str, &str)| of == family && xtables.iter().any(|table| table.program == save && table.name == name);
        if OF_NFT.into_iter().any(of_iptables) {
            continue;
        }
        let text = program::output(&["nft", "list", "table", family, name])?;
        tables.push(Table { program: "nft".into(), name: format!("{family} {name}"), text });
    }
    Ok(tables)
}

impl Line {
    /// Takes one rule out of its chain: the first that reads like this. One that was there before stands behind it, or it would have done.
    pub fn take_out(&self) -> Result<(), Error> {
        let gone = || Error::Command { command: format!("taking out {}", self.text), why: "it is not there any more".into() };
        let Some((_, restore, _)) = XTABLES.iter().find(|(save, ..)| *save == self.program) else {
            let words: Vec<&str> = self.table.split(' ').collect();
            let [family, table] = words[..] else { return Err(gone()) };
            let listed = program::output(&["nft", "-a", "list", "chain", family, table, &self.chain])?;
            let of = |line: &str| {
                let (rule, handle) = line.rsplit_once(" # handle ")?;
                let same = lines::bare(&format!("chain {} {{\n{rule}\n}}", self.chain)).iter().any(|(_, text)| *text == self.text);
                same.then(|| handle.trim().to_owned())
            };
            let handle = listed.lines().find_map(of).ok_or_else(gone)?;
            return program::output(&["nft", "delete", "rule", family, table, &self.chain, "handle", &handle]).map(drop);
        };
        let rule = self.text.trim().strip_prefix("-A ").ok_or_else(gone)?;
        program::input(&[*restore, "--noflush"], &format!("*{}\n-D {rule}\nCOMMIT\n", self.table))
    }
}
