//! Texts for `iptables-restore --noflush`, one after the other, as one text; of each line is known where it comes from.

use crate::ruleset::xtables::blob::BUILT_IN;

/// Tables in the making.
#[derive(Debug, Default)]
pub struct Assembled {
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    /// `FILE:NUMBER`, or who adds it.
    place: String,
    text: String,
}

impl Assembled {
    /// Adds a file. A chain that it declares anew loses its rules unless it is built in (`ip46tables_restore_main`: `ops->flush_entries`).
    pub fn add(&mut self, file: &str, text: &str) {
        let mut current = None;
        for (number, line) in (1..).zip(text.lines()) {
            let text = line.trim();
            if let Some(name) = text.strip_prefix('*') {
                current = Some(self.table(name.trim()));
            } else if text == "COMMIT" {
                current = None;
            } else if !text.is_empty() && !text.starts_with('#') {
                // A line outside of a table is nothing that could be read: it is kept, and complained about there.
                let at = current.unwrap_or_else(|| self.table("filter"));
                let Some(table) = self.tables.get_mut(at) else { continue };
                if let Some(name) = declared(text) {
                    let built_in = BUILT_IN.contains(&name);
                    table.lines.retain(|line| declared(&line.text) != Some(name) && (built_in || appended(&line.text) != Some(name)));
                }
                table.lines.push(Line { place: format!("{file}:{number}"), text: text.to_owned() });
            }
        }
    }

    fn table(&mut self, name: &str) -> usize {
        self.tables.iter().position(|table| table.name == name).unwrap_or_else(|| {
            self.tables.push(Table { name: name.to_owned(), lines: Vec::new() });
            self.tables.len() - 1
        })
    }

    /// All of it; chains come first, so that every jump finds its own.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for table in &self.tables {
            text.push_str(&format!("*{}\n", table.name));
            let (chains, rules): (Vec<&Line>, Vec<&Line>) = table.lines.iter().partition(|line| declared(&line.text).is_some());
            for line in chains.into_iter().chain(rules) {
                text.push_str(&line.text);
                text.push('\n');
            }
            text.push_str("COMMIT\n");
        }
        text
    }

    /// Where a chain's rule stands; none where lines and rules are not one to one.
    pub fn rule(&self, table: &str, chain: &str, index: usize, rules: usize) -> Option<String> {
        let table = self.tables.iter().find(|each| each.name == table)?;
        let lines: Vec<&Line> = table.lines.iter().filter(|line| appended(&line.text) == Some(chain)).collect();
        (lines.len() == rules).then(|| lines.get(index).map(|line| line.place.clone())).flatten()
    }

    /// Where a chain gets its policy.
    pub fn policy(&self, table: &str, chain: &str) -> Option<String> {
        let table = self.tables.iter().find(|each| each.name == table)?;
        table.lines.iter().find(|line| declared(&line.text) == Some(chain)).map(|line| line.place.clone())
    }
}

/// The chain of `:NAME POLICY`.
fn declared(line: &str) -> Option<&str> {
    line.strip_prefix(':')?.split_whitespace().next()
}

/// The chain of `-A NAME …`, with counters before it or without.
fn appended(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with('['));
    matches!(words.next(), Some("-A" | "--append")).then(|| words.next()).flatten()
}
