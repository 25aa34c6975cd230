//! Dumps of rules, loaded line by line where they do not load as a whole.

use crate::lab::iptables::{Backend, Version};

/// A dump as `iptables-restore` reads it.
#[derive(Debug, Clone)]
pub struct Dump {
    pub name: String,
    pub version: Version,
    pub lines: Vec<String>,
    /// Lines that were taken away.
    pub refused: usize,
}

impl Dump {
    /// From a text.
    pub fn new(name: impl Into<String>, version: Version, text: &str) -> Self {
        let lines = text.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect();
        Self { name: name.into(), version, lines, refused: 0 }
    }

    /// The text.
    pub fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// Loads it, and takes away the rules that are refused; false if that does not help.
    pub fn load(&mut self, backend: Backend) -> bool {
        // The program shows its help and ends well, with nothing done.
        if self.lines.iter().any(|line| line == "-h") {
            return false;
        }
        let mut searched = false;
        for _ in 0..500 {
            let Err(error) = backend.restore(self.version, &self.text()) else { return true };
            match wrong_line(&error).filter(|at| self.lines.get(*at).is_some_and(|line| is_rule(line))) {
                Some(at) => {
                    self.lines.remove(at);
                    self.refused += 1;
                }
                None if searched => return false,
                None => {
                    searched = true;
                    self.search(backend);
                }
            }
        }
        false
    }

    /// Takes away every rule that does not load by itself.
    fn search(&mut self, backend: Backend) {
        let (mut table, mut chains) = (String::new(), Vec::new());
        let mut kept = Vec::new();
        for line in &self.lines {
            if line.starts_with('*') {
                (table, chains) = (line.clone(), Vec::new());
            } else if line.starts_with(':') {
                chains.push(line.clone());
            } else if is_rule(line) && backend.restore(self.version, &format!("{table}\n{}\n{line}\nCOMMIT\n", chains.join("\n"))).is_err()
            {
                self.refused += 1;
                continue;
            }
            kept.push(line.clone());
        }
        self.lines = kept;
    }
}

fn is_rule(line: &str) -> bool {
    line.starts_with("-A") || line.starts_with("-I") || line.starts_with('[')
}

/// The line that a complaint names, from 0.
fn wrong_line(error: &str) -> Option<usize> {
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().ok();
    let after = |words: &str| error.split_once(words).and_then(|(_, rest)| number(rest));
    after("occurred at line: ").or_else(|| after("restore: line ")).or_else(|| after("\nline ")).and_then(|line| line.checked_sub(1))
}

/// Empties every table of both programs.
pub fn empty(backend: Backend) {
    if backend == Backend::Nft {
        crate::lab::nft::load("flush ruleset").expect("nft empties its tables");
        return;
    }
    for version in crate::lab::iptables::VERSIONS {
        let text: String = ["raw", "mangle", "nat", "filter", "security"].map(|table| format!("*{table}\nCOMMIT\n")).concat();
        backend.restore(version, &text).expect("empty tables");
    }
}
