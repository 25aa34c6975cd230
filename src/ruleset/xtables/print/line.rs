//! One line of `iptables-save`.

use std::fmt::{Display, Write as _};

use crate::model::IpVersion;

/// A line in the making.
#[derive(Debug)]
pub struct Line {
    text: String,
    /// Of the table that the rule is in.
    pub version: IpVersion,
}

impl Line {
    #[must_use]
    pub fn new(version: IpVersion) -> Self {
        Self { text: String::new(), version }
    }

    /// As much of a text as fits into a room whose last byte ends it.
    #[must_use]
    pub fn cut(text: &str, room: usize) -> &str {
        let end = (0..room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        &text[..end]
    }

    /// ` ! --name value`, without the `!` if it is not inverted.
    pub fn option(&mut self, inverted: bool, name: &str, value: impl Display) {
        self.flag(inverted, name);
        self.word(value);
    }

    /// ` ! --name`.
    pub fn flag(&mut self, inverted: bool, name: &str) {
        self.raw(if inverted { " ! " } else { " " });
        self.raw(name);
    }

    /// ` value`.
    pub fn word(&mut self, value: impl Display) {
        // Writing to a string does not fail.
        _ = write!(self.text, " {value}");
    }

    /// ` value`, in quotes if it is more than a plain word (`xtables_save_string`).
    pub fn quoted(&mut self, value: &str) {
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            return self.word(value);
        }
        self.raw(" \"");
        for char in value.chars() {
            if matches!(char, '"' | '\\' | '\'') {
                self.text.push('\\');
            }
            self.text.push(char);
        }
        self.text.push('"');
    }

    /// Just that.
    pub fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_not_plain_are_quoted() {
        let mut line = Line::new(IpVersion::V4);
        line.quoted("ab-c_9");
        line.quoted("it's \"so\"");
        line.quoted("");
        assert_eq!(line.finish(), r#" ab-c_9 "it\'s \"so\"" """#);
    }
}
