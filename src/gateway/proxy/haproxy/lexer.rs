//! One line's words, as `parse_line` splits them: quotes, backslashes, variables in double quotes.

use super::environment::{Environment, Value};

/// One word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// Without quotes and backslashes; a variable whose value is not known stands as it is written.
    pub text: String,
    /// In characters, from 1.
    pub column: u32,
    /// Whether a variable in it is not known.
    pub unknown: bool,
}

/// What haproxy refuses, in its own words, and the column.
pub type Refused = (String, u32);

/// Words of one line; haproxy takes 64 (`MAX_LINE_ARGS`), and complains of more.
const MOST: usize = 64;

/// A word of more bytes is none, whatever variables make of it.
const LONGEST: usize = 64 << 10;

struct Splitter<'a, 'e> {
    letters: Vec<char>,
    at: usize,
    environment: &'a Environment<'e>,
    words: Vec<Word>,
    /// The word that is being read, if one has begun.
    word: Option<Word>,
}

/// Splits a line.
pub fn words(line: &str, environment: &Environment<'_>) -> Result<Vec<Word>, Refused> {
    let mut splitter = Splitter { letters: line.chars().collect(), at: 0, environment, words: Vec::new(), word: None };
    splitter.split()?;
    let Splitter { mut words, word, .. } = splitter;
    words.extend(word);
    if words.len() > MOST {
        return Err((format!("too many words, truncating after word {MOST}"), words.get(MOST).map_or(1, |word| word.column)));
    }
    Ok(words)
}

impl Splitter<'_, '_> {
    fn split(&mut self) -> Result<(), Refused> {
        let mut quote = None;
        let mut opened = 1;
        while let Some(&letter) = self.letters.get(self.at) {
            match (letter, quote) {
                ('"' | '\'', None) => {
                    quote = Some(letter);
                    opened = self.column();
                    self.begin();
                    self.at += 1;
                }
                (letter, Some(open)) if letter == open => {
                    quote = None;
                    self.at += 1;
                }
                ('#', None) => break,
                (letter, None) if letter.is_ascii_whitespace() || letter == '\u{b}' => {
                    self.words.extend(self.word.take());
                    if self.words.len() > MOST {
                        break;
                    }
                    self.at += 1;
                }
                ('\\', None | Some('"')) => self.escape()?,
                ('$', Some('"')) if self.letters.get(self.at + 1).is_some_and(|next| !next.is_whitespace()) => self.variable()?,
                (letter, _) => {
                    self.push(letter);
                    self.at += 1;
                }
            }
        }
        match quote {
            Some(_) => Err(("unmatched quote".into(), opened)),
            None => Ok(()),
        }
    }

    fn column(&self) -> u32 {
        u32::try_from(self.at + 1).unwrap_or(u32::MAX)
    }

    fn begin(&mut self) -> &mut Word {
        let column = self.column();
        self.word.get_or_insert_with(|| Word { column, ..Word::default() })
    }

    fn push(&mut self, letter: char) {
        self.begin().text.push(letter);
    }

    /// A backslash counts before these; before others it stays.
    fn escape(&mut self) -> Result<(), Refused> {
        let column = self.column();
        let next = self.letters.get(self.at + 1).copied();
        let known = match next {
            Some(next @ (' ' | '\\' | '#' | '"' | '\'' | '$')) => Some((next, 2)),
            Some('t') => Some(('\t', 2)),
            Some('n') => Some(('\n', 2)),
            Some('r') => Some(('\r', 2)),
            Some('x') => {
                let digits: String = self.letters.iter().skip(self.at + 2).take(2).collect();
                let byte = u8::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 2);
                Some((byte.map(char::from).ok_or_else(|| ("truncated or invalid hexadecimal sequence".to_owned(), column))?, 4))
            }
            _ => None,
        };
        let (letter, length) = known.unwrap_or(('\\', 1));
        self.push(letter);
        self.at += length;
        Ok(())
    }

    /// `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME[*]}` in double quotes.
    fn variable(&mut self) -> Result<(), Refused> {
        let start = self.column();
        let rest = self.letters.get(self.at + 1..).unwrap_or_default();
        let braced = rest.first() == Some(&'{');
        let rest = if braced { rest.get(1..).unwrap_or_default() } else { rest };
        let length = rest.iter().take_while(|letter| letter.is_ascii_alphanumeric() || **letter == '_' || **letter == '.').count();
        let name: String = rest.iter().take(length).collect();
        let mut taken = 1 + usize::from(braced) + length;
        let mut default = None;
        let mut split = false;
        if braced {
            let tail = rest.get(length..).unwrap_or_default();
            let close = tail.iter().position(|letter| *letter == '}').ok_or_else(|| ("unmatched brace".to_owned(), start))?;
            let inside: String = tail.iter().take(close).collect();
            taken += close + 1;
            split = inside.starts_with("[*]");
            let inside = inside.strip_prefix("[*]").unwrap_or(&inside);
            match inside.strip_prefix('-') {
                Some(text) => default = Some(text.to_owned()),
                None if inside.is_empty() => {}
                None => return Err(("unmatched brace".into(), start)),
            }
        }
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(("unsupported variable name".into(), start));
        }
        let written: String = self.letters.iter().skip(self.at).take(taken).collect();
        match self.environment.value(&name) {
            Value::Set(value) if split => self.each(&value),
            Value::Set(value) => self.append(&value),
            Value::Unset => self.append(&default.unwrap_or_default()),
            Value::Unknown => {
                self.append(&written);
                self.begin().unknown = true;
            }
        }
        self.at += taken;
        Ok(())
    }

    fn append(&mut self, text: &str) {
        let word = self.begin();
        if word.text.len() + text.len() <= LONGEST {
            word.text.push_str(text);
        } else {
            word.unknown = true;
        }
    }

    /// The words of a list become words of the line.
    fn each(&mut self, list: &str) {
        for (number, part) in list.split(' ').enumerate().take(MOST + 1) {
            if number > 0 {
                self.words.extend(self.word.take());
            }
            self.append(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<String> {
        let mut environment = Environment::new(None, None);
        environment.set("A", Some("one two".into()));
        environment.set("PORT", Some("8080".into()));
        words(line, &environment).expect("it is taken").into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_quotes_and_variables() {
        assert_eq!(split("  bind :80  name x#comment"), ["bind", ":80", "name", "x"]);
        assert_eq!(split(r#"a "b c" 'd "e' f\ g \#h"#), ["a", "b c", "d \"e", "f g", "#h"]);
        assert_eq!(split(r#"bind ":${PORT}" "$A" "${A[*]}" '$A' $A"#), ["bind", ":8080", "one two", "one", "two", "$A", "$A"]);
        assert_eq!(split(r#""" x"y"z"#), ["", "xyz"]);
        assert_eq!(split(r"\x41\d"), [r"A\d"]);
        let environment = Environment::new(None, None);
        assert!(words("a 'b", &environment).is_err());
        assert!(words("\"$NONE\"", &environment).expect("taken")[0].unknown);
        assert!(words(&"a ".repeat(65), &environment).is_err());
    }
}
