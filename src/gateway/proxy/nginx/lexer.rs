//! nginx' tokens, as `ngx_conf_read_token` reads them.

/// Reads statements from a text.
pub struct Lexer<'a> {
    text: &'a str,
    /// Offset of the next byte.
    at: usize,
    line: u32,
    column: u32,
}

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// One word, without its quotes and escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub at: Position,
}

/// What ends a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// `}`, before which nothing stands.
    Close,
    /// The end of the text.
    Text,
}

/// Words up to a `;`, `{` or `}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub words: Vec<Word>,
    pub end: End,
    /// Where it ends: nginx names this line in what it refuses.
    pub at: Position,
}

/// What nginx refuses, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub what: String,
    pub at: Position,
}

/// `NGX_CONF_BUFFER`: a parameter or comment of so many bytes does not fit.
const LONGEST: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

impl<'a> Lexer<'a> {
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// Where the next byte is.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }

    /// The next byte.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What has not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Takes one byte.
    pub fn advance(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 1;
        } else if byte & 0xc0 != 0x80 {
            self.column += 1;
        }
        // The column moved past a character when its first byte was taken; the others belong to it.
        Some(byte)
    }

    /// The next statement.
    pub fn statement(&mut self) -> Result<Statement, Refused> {
        let mut words = Vec::new();
        loop {
            let at = self.position();
            let Some(byte) = self.peek() else {
                if words.is_empty() {
                    return Ok(Statement { words, end: End::Text, at });
                }
                return Err(Refused { what: "unexpected end of file, expecting \";\" or \"}\"".into(), at });
            };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    self.advance();
                }
                b'#' => self.comment()?,
                b';' | b'{' if words.is_empty() => {
                    return Err(Refused { what: format!("unexpected \"{}\"", char::from(byte)), at });
                }
                b'}' if !words.is_empty() => return Err(Refused { what: "unexpected \"}\"".into(), at }),
                b';' | b'{' | b'}' => {
                    self.advance();
                    let end = match byte {
                        b';' => End::Semicolon,
                        b'{' => End::Open,
                        _ => End::Close,
                    };
                    return Ok(Statement { words, end, at });
                }
                _ => words.push(self.word()?),
            }
        }
    }

    fn comment(&mut self) -> Result<(), Refused> {
        let (at, start) = (self.position(), self.at);
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.advance();
            self.fits(start, at, Quote::None)?;
        }
        Ok(())
    }

    fn fits(&self, start: usize, at: Position, quote: Quote) -> Result<(), Refused> {
        if self.at - start < LONGEST || self.at >= self.text.len() {
            return Ok(());
        }
        let what = match quote {
            Quote::None => {
                let head: String = self.text.get(start..).unwrap_or_default().chars().take(10).collect();
                format!("too long parameter \"{head}...\" started")
            }
            Quote::Single => "too long parameter, probably missing terminating \"'\" character".into(),
            Quote::Double => "too long parameter, probably missing terminating \"\"\" character".into(),
        };
        Err(Refused { what, at })
    }

    fn word(&mut self) -> Result<Word, Refused> {
        let at = self.position();
        let quote = match self.peek() {
            Some(b'"') => Quote::Double,
            Some(b'\'') => Quote::Single,
            _ => Quote::None,
        };
        if quote != Quote::None {
            self.advance();
        }
        let start = self.at;
        // The byte before was `$`: then `{` opens a variable's name.
        let mut variable = false;
        loop {
            let here = self.position();
            let Some(byte) = self.peek() else {
                return Err(Refused { what: "unexpected end of file, expecting \";\" or \"}\"".into(), at: here });
            };
            let ends = match quote {
                Quote::Double => byte == b'"',
                Quote::Single => byte == b'\'',
                Quote::None => matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';') || (byte == b'{' && !variable),
            };
            if ends {
                break;
            }
            // A `{` after `${` still follows the variable: nginx leaves its flag set then.
            variable = byte == b'$' || (variable && byte == b'{');
            self.advance();
            if byte == b'\\' && self.peek().is_some() {
                self.advance();
                variable = false;
            }
            self.fits(start, at, quote)?;
        }
        let text = unescaped(self.text.get(start..self.at).unwrap_or_default());
        if quote != Quote::None {
            self.advance();
            self.after_quote()?;
        }
        Ok(Word { text, at })
    }

    /// After a quoted word there is a blank, the end of the statement, or the `)` of a condition.
    fn after_quote(&self) -> Result<(), Refused> {
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')') => Ok(()),
            Some(_) => {
                let letter = self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
                Err(Refused { what: format!("unexpected \"{letter}\""), at: self.position() })
            }
        }
    }
}

/// A backslash stays unless a quote or another backslash follows, or it names a tab or line end.
fn unescaped(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    let mut text = String::with_capacity(raw.len());
    let mut letters = raw.chars().peekable();
    while let Some(letter) = letters.next() {
        let known = (letter == '\\').then(|| letters.peek()).flatten().and_then(|next| match next {
            '"' | '\'' | '\\' => Some(*next),
            't' => Some('\t'),
            'r' => Some('\r'),
            'n' => Some('\n'),
            _ => None,
        });
        if let Some(known) = known {
            letters.next();
            text.push(known);
        } else {
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Lexer::new(text).statement().expect("a statement").words.into_iter().map(|word| word.text).collect()
    }

    fn refused(text: &str) -> (String, u32, u32) {
        let mut lexer = Lexer::new(text);
        loop {
            match lexer.statement() {
                Ok(statement) => assert_ne!(statement.end, End::Text, "{text} is read"),
                Err(refused) => return (refused.what, refused.at.line, refused.at.column),
            }
        }
    }

    #[test]
    fn words_as_nginx_takes_them() {
        assert_eq!(words("listen 80;"), ["listen", "80"]);
        assert_eq!(words("a 'b c' \"d\\\"e\" f\\ g;"), ["a", "b c", "d\"e", "f\\ g"]);
        assert_eq!(words("set $x ${y}z;"), ["set", "$x", "${y}z"]);
        assert_eq!(
            words("a b# c\n#d\n e}f;"),
            ["a", "b#", "c", "e}f"].map(|word| word).to_vec().iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
        );
        assert_eq!(words("if ($a = \"b\") {"), ["if", "($a", "=", "b", ")"]);
        assert_eq!(words("location ~ \\.php$ {"), ["location", "~", "\\.php$"]);
        assert_eq!(words("log '\\t\\q';"), ["log", "\t\\q"]);
    }

    #[test]
    fn positions_count_characters() {
        let statement = Lexer::new("  é 'ü'\n\tz;").statement().expect("a statement");
        let at: Vec<_> = statement.words.iter().map(|word| (word.at.line, word.at.column)).collect();
        assert_eq!(at, [(1, 3), (1, 5), (2, 2)]);
        assert_eq!(statement.at, Position { line: 2, column: 3 });
    }

    #[test]
    fn what_nginx_refuses() {
        assert_eq!(refused("a b\n"), ("unexpected end of file, expecting \";\" or \"}\"".into(), 2, 1));
        assert_eq!(refused("a \"b\"c;"), ("unexpected \"c\"".into(), 1, 6));
        assert_eq!(refused(";"), ("unexpected \";\"".into(), 1, 1));
        assert_eq!(refused("a }"), ("unexpected \"}\"".into(), 1, 3));
        let long = format!("a\n 'b{};", "c".repeat(5000));
        assert_eq!(refused(&long), ("too long parameter, probably missing terminating \"'\" character".into(), 2, 2));
    }
}
