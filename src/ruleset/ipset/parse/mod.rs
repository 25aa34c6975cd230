//! The text of `ipset save`, and what is pasted around it: prompts, comments, several dumps one after the other, the commands of a script.
//!
//! What cannot be understood is a complaint with its place, and all the rest is kept.

mod command;

mod words;

use std::fmt;

use super::Ipsets;
use command::{Reader, is_command};
use words::{Word, words};

/// Something in a text that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Of its first byte, from 1.
    pub column: usize,
    /// The line.
    pub text: String,
    pub why: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, text, why } = self;
        write!(f, "{file}:{line}:{column}: {why}: {text}")
    }
}

/// Longer lines are cut in complaints.
const SHOWN: usize = 200;

/// More complaints than this are only counted.
const MOST: usize = 100;

/// Reads a text into sets; what it complains about also makes them incomplete.
pub fn read(ipsets: &mut Ipsets, file: &str, text: &str) {
    let (sets, complaints) = parse(file, text);
    for set in sets.sets {
        match ipsets.sets.iter_mut().find(|other| other.name == set.name) {
            Some(other) => *other = set,
            None => ipsets.sets.push(set),
        }
    }
    ipsets.incomplete.extend(complaints.iter().map(ToString::to_string));
}

/// The sets of a text, and what in it is not understood.
#[must_use]
pub fn parse(file: &str, text: &str) -> (Ipsets, Vec<Complaint>) {
    let mut reader = Reader::default();
    let mut complaints = Vec::new();
    let mut more = 0_usize;
    for (at, line) in text.split('\n').enumerate() {
        let words = words(line);
        let result = words.and_then(|words| reader.line(command_of(&words)));
        let Err((column, why)) = result else { continue };
        if complaints.len() == MOST {
            more += 1;
            continue;
        }
        let text = line.trim_end().chars().take(SHOWN).collect();
        complaints.push(Complaint { file: file.to_owned(), line: at + 1, column: column + 1, text, why });
    }
    if more > 0 {
        let lines = text.split('\n').count();
        let why = format!("{more} more lines are not understood");
        complaints.push(Complaint { file: file.to_owned(), line: lines, column: 1, text: String::new(), why });
    }
    (reader.finish(), complaints)
}

/// The words of a command, without what a shell's prompt or a script puts before them.
fn command_of<'a>(words: &'a [Word<'a>]) -> &'a [Word<'a>] {
    if words.first().is_none_or(|word| is_command(&word.text)) {
        return words;
    }
    match words.iter().position(|word| word.text == "ipset" || word.text.ends_with("/ipset")) {
        Some(at) => words.get(at + 1..).unwrap_or_default(),
        // A prompt with nothing behind it.
        None if words.last().is_some_and(|last| last.text.ends_with(['$', '#', '>'])) => &[],
        None => words,
    }
}
