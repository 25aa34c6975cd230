//! A Caddyfile's tokens, as its `lexer.go` reads them.

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// Where it starts, from 1.
    pub line: u32,
    pub column: u32,
    /// The line on which it ends; a line that goes on after a backslash counts as the one before.
    pub end: u32,
    /// Whether quotes stood around it: then a brace is none.
    pub quoted: bool,
}

/// What is wrong: what, line and column.
pub type Refused = (String, u32, u32);

struct Lexer {
    letters: Vec<char>,
    at: usize,
    line: u32,
    column: u32,
    /// Lines that were joined to the one before.
    joined: u32,
}

/// All tokens of a text.
pub fn tokens(text: &str) -> Result<Vec<Token>, Refused> {
    let mut lexer = Lexer { letters: text.chars().collect(), at: 0, line: 1, column: 1, joined: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn advance(&mut self) -> Option<char> {
        let letter = self.peek(0)?;
        self.at += 1;
        if letter == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(letter)
    }

    fn token(&mut self) -> Result<Option<Token>, Refused> {
        loop {
            match self.peek(0) {
                None => return Ok(None),
                Some('#') => {
                    while self.peek(0).is_some_and(|letter| letter != '\n') {
                        self.advance();
                    }
                }
                Some('\n') => {
                    self.joined = 0;
                    self.advance();
                }
                Some('\\') if self.peek(1) == Some('\n') || (self.peek(1) == Some('\r') && self.peek(2) == Some('\n')) => {
                    while self.advance() != Some('\n') {}
                    self.joined += 1;
                }
                Some(letter) if letter.is_whitespace() || letter == '\u{feff}' => _ = self.advance(),
                Some(quote @ ('"' | '`')) => return self.quoted(quote).map(Some),
                Some(_) => return self.plain().map(Some),
            }
        }
    }

    fn start(&self) -> Token {
        let line = self.line.saturating_sub(self.joined);
        Token { text: String::new(), line, column: self.column, end: line, quoted: false }
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Refused> {
        let mut token = self.start();
        token.quoted = true;
        self.advance();
        while let Some(letter) = self.advance() {
            match letter {
                letter if letter == quote => break,
                '\\' if quote == '"' && self.peek(0) == Some('"') => {
                    token.text.push('"');
                    self.advance();
                }
                letter => token.text.push(letter),
            }
        }
        // What follows on its last line belongs to the line on which it began.
        self.joined += self.line.saturating_sub(self.joined) - token.line;
        Ok(token)
    }

    fn plain(&mut self) -> Result<Token, Refused> {
        let mut token = self.start();
        while let Some(letter) = self.peek(0) {
            if letter == '\\' && self.peek(1).is_some_and(|next| next == '\n') {
                break;
            }
            if letter.is_whitespace() {
                break;
            }
            token.text.push(letter);
            self.advance();
        }
        let Some(marker) = token.text.strip_prefix("<<") else { return Ok(token) };
        // A marker has to end its line.
        if marker.is_empty() || self.peek(0).is_some_and(|letter| letter != '\n' && letter != '\r') {
            return Ok(token);
        }
        if marker.starts_with('<') {
            let what = format!("too many '<' for heredoc on line #{}; only use two, for example <<END", token.line);
            return Err((what, token.line, token.column));
        }
        if !marker.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')) {
            let what = format!(
                "heredoc marker on line #{} must contain only alphanumeric characters, dashes and underscores; got '{marker}'",
                token.line
            );
            return Err((what, token.line, token.column));
        }
        let marker = marker.to_owned();
        self.heredoc(token, &marker)
    }

    fn heredoc(&mut self, mut token: Token, marker: &str) -> Result<Token, Refused> {
        while self.peek(0).is_some_and(|letter| letter != '\n') {
            self.advance();
        }
        self.advance();
        let mut lines: Vec<String> = Vec::new();
        loop {
            let mut line = String::new();
            while let Some(letter) = self.peek(0).filter(|letter| *letter != '\n') {
                line.push(letter);
                self.advance();
                if line.trim_start() == marker && self.peek(0).is_none_or(char::is_whitespace) {
                    let padding = line.len() - line.trim_start().len();
                    let padding = line.get(..padding).unwrap_or_default();
                    for (number, each) in (token.line + 1..).zip(&lines) {
                        if !each.trim().is_empty() && !each.starts_with(padding) {
                            let what = format!(
                                "mismatched leading whitespace in heredoc <<{marker} on line #{number} [{each}], expected whitespace [{padding}] \
                                 to match the closing marker"
                            );
                            return Err((what, number, 1));
                        }
                    }
                    token.text = lines.iter().map(|each| each.strip_prefix(padding).unwrap_or_default()).collect::<Vec<_>>().join("\n");
                    token.quoted = true;
                    self.joined += self.line.saturating_sub(self.joined) - token.line;
                    return Ok(token);
                }
            }
            lines.push(line);
            if self.advance().is_none() {
                return Err((
                    format!("incomplete heredoc <<{marker} on line #{}, expected ending marker {marker}", token.line),
                    token.line,
                    token.column,
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_quotes_and_heredocs() {
        let of = |text: &str| tokens(text).expect("it is taken").into_iter().map(|token| (token.text, token.line)).collect::<Vec<_>>();
        let words = |words: &[(&str, u32)]| words.iter().map(|(word, line)| ((*word).to_owned(), *line)).collect::<Vec<_>>();
        assert_eq!(of("a b#c # d\n{host} \"x \\\" y\" `r\\`\n"), words(&[("a", 1), ("b#c", 1), ("{host}", 2), ("x \" y", 2), ("r\\", 2)]));
        assert_eq!(of("a \\\n b\nc"), words(&[("a", 1), ("b", 1), ("c", 3)]));
        assert_eq!(of("a \"x\ny\" b\nc"), words(&[("a", 1), ("x\ny", 1), ("b", 1), ("c", 3)]));
        assert_eq!(of("a <<E\n  x\n  y\n  E 2\nb"), words(&[("a", 1), ("x\ny", 1), ("2", 1), ("b", 5)]));
        for text in ["a <<E\nx\n", "a <<<E\nx\n", "a <<E!\nx", "a <<E\nx\n  E\n"] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }
}
