//! Words of others, made harmless: names, comments and processes may be called anything, also what a terminal takes for commands.

use std::borrow::Cow;
use std::fmt::Write as _;

/// On one line, with nothing but what can be seen.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_command) { Cow::Owned(escaped(text, |_| None)) } else { Cow::Borrowed(text) }
}

/// Lines: their ends, tabs and the colours of [`super::style`] stay what they are.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    let stays = |rest: &str| match rest.as_bytes() {
        [b'\n' | b'\t', ..] => Some(1),
        [0x1b, ..] => colour(rest),
        _ => None,
    };
    if text.chars().any(|each| is_command(each) && !matches!(each, '\n' | '\t')) {
        Cow::Owned(escaped(text, stays))
    } else {
        Cow::Borrowed(text)
    }
}

/// A control character, or one that turns the direction of writing: it makes a text look like another.
fn is_command(each: char) -> bool {
    each.is_control() || matches!(each, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Commands as Rust writes them, but those of which `stays` tells the length.
fn escaped(text: &str, stays: impl Fn(&str) -> Option<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if is_command(first) { stays(rest) } else { Some(first.len_utf8()) };
        match length.and_then(|length| rest.split_at_checked(length)) {
            Some((kept, more)) => {
                out.push_str(kept);
                rest = more;
            }
            None => {
                // Writing into a string cannot fail.
                _ = write!(out, "{}", first.escape_default());
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// The length of a sequence that chooses one of the colours in use, bold, dim, or neither.
fn colour(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("\u{1b}[")?;
    let end = inner.find('m').filter(|end| *end <= 6)?;
    // 22 and 39 are how a table ends what it had to wrap.
    let known = |code: &str| matches!(code, "" | "0" | "1" | "2" | "22" | "31" | "32" | "33" | "36" | "39");
    inner.get(..end)?.split(';').all(known).then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::style::{BOLD, paint, severity};

    #[test]
    fn commands_to_a_terminal_are_shown_not_obeyed() {
        assert_eq!(line("web\u{1b}[2J\n\u{9b}31mè\u{202e}"), "web\\u{1b}[2J\\n\\u{9b}31mè\\u{202e}");
        assert!(matches!(line("plain “words”"), Cow::Borrowed(_)));
        let coloured = format!("{}\n\tx", paint(severity(crate::audits::Severity::Error), &paint(BOLD, "bold")));
        assert_eq!(lines(&coloured), coloured);
        let mut wrapped = tabled::Table::from_iter([[paint(severity(crate::audits::Severity::Error), &paint(BOLD, "wide words"))]]);
        wrapped.with(tabled::settings::Width::wrap(9).keep_words(true));
        assert_eq!(lines(&wrapped.to_string()), wrapped.to_string());
        for command in ["\u{1b}]0;title\u{7}", "\u{1b}[8m", "\u{1b}[31", "\u{1b}[1;1H", "\r", "\u{8}", "\u{1b}"] {
            assert!(!lines(command).contains(['\u{1b}', '\r', '\u{8}', '\u{7}']), "{command:?}");
        }
    }
}
