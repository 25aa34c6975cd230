//! A place in a flow expression, for reading words and reporting where one is wrong.

use super::Error;

/// Reads a text from left to right.
pub struct Cursor<'a> {
    text: &'a str,
    /// Byte offset of the next character.
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Byte offset of the next character.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes a literal if it is next.
    pub fn take(&mut self, literal: &str) -> bool {
        let there = self.rest().starts_with(literal);
        if there {
            self.at += literal.len();
        }
        there
    }

    /// Takes everything up to a blank, an arrow, or one of `stops`.
    pub fn word(&mut self, stops: &[char]) -> &'a str {
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|&(index, char)| char.is_whitespace() || stops.contains(&char) || rest[index..].starts_with("->"))
            .map_or(rest.len(), |(index, _)| index);
        self.at += end;
        &rest[..end]
    }

    /// An error at a byte offset.
    pub fn error_at(&self, at: usize, problem: impl Into<String>) -> Error {
        let column = self.text[..at].chars().count() + 1;
        Error { text: self.text.to_owned(), column, problem: problem.into() }
    }

    /// An error here: what was expected, and what is there instead.
    pub fn expected(&self, what: &str) -> Error {
        let found = self.rest().split_whitespace().next();
        let found = found.map_or_else(|| "the flow ends here".to_owned(), |word| format!("found '{word}'"));
        self.error_at(self.at, format!("expected {what}, {found}"))
    }
}
