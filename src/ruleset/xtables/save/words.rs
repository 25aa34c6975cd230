//! A line as words, quoted as `iptables-restore` reads it (`add_param_to_argv`).

use std::iter::Peekable;

use super::Wrong;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Character of the line at which it begins, from 0.
    pub at: usize,
    /// Some of it stood in quotes: then it is never an option.
    pub quoted: bool,
}

/// The words of a line from a byte on. A word may be quoted by `"` (inside it `\` takes the next character as it is), or, as a shell would,
/// by `'`.
pub fn words(line: &str, start: usize) -> Result<Vec<Word>, Wrong> {
    let before = line.get(..start).map_or(0, |before| before.chars().count());
    let mut rest = line.get(start..).unwrap_or_default().chars().zip(before..).peekable();
    let mut words = Vec::new();
    while let Some(&(first, at)) = rest.peek() {
        if first.is_whitespace() {
            rest.next();
        } else {
            words.push(word(&mut rest, at)?);
        }
    }
    Ok(words)
}

fn word(rest: &mut Peekable<impl Iterator<Item = (char, usize)>>, at: usize) -> Result<Word, Wrong> {
    let (mut text, mut quoted) = (String::new(), false);
    while let Some((char, place)) = rest.next_if(|(char, _)| !char.is_whitespace()) {
        if char != '"' && char != '\'' {
            text.push(char);
            continue;
        }
        quoted = true;
        loop {
            match rest.next() {
                None => return Err(Wrong::new(place, "a quote is not closed")),
                Some((closing, _)) if closing == char => break,
                Some(('\\', _)) if char == '"' => text.extend(rest.next().map(|(escaped, _)| escaped)),
                Some((inner, _)) => text.push(inner),
            }
        }
    }
    Ok(Word { text, at, quoted })
}
