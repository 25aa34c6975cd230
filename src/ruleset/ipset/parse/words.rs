//! A line as words: quotes keep spaces together, a comment ends the line (`build_argv`, `ipset_parse_stream`).

use std::borrow::Cow;

/// A word and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    pub text: Cow<'a, str>,
    /// Of its first byte in the line, from 0.
    pub column: usize,
}

/// A complaint: where in the line, and why.
pub type Fault = (usize, String);

/// The words of a line.
pub fn words(line: &str) -> Result<Vec<Word<'_>>, Fault> {
    let mut words = Vec::new();
    let bytes = line.as_bytes();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = at;
        if at >= bytes.len() || words.is_empty() && bytes[at] == b'#' {
            return Ok(words);
        }
        let mut quoted = None;
        while at < bytes.len() && (quoted.is_some() || !bytes[at].is_ascii_whitespace()) {
            if bytes[at] == b'"' {
                quoted = if quoted.is_some() { None } else { Some(at) };
            }
            at += 1;
        }
        if let Some(open) = quoted {
            return Err((open, "a quote is not closed".into()));
        }
        let text = &line[start..at];
        let text = if text.contains('"') { Cow::Owned(text.replace('"', "")) } else { Cow::Borrowed(text) };
        words.push(Word { text, column: start });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_spaces() {
        let told = |line| words(line).map(|words| words.into_iter().map(|word| (word.text.into_owned(), word.column)).collect::<Vec<_>>());
        let word = |text: &str, column| (text.to_owned(), column);
        assert_eq!(told("add a \"b c\"\r"), Ok(vec![word("add", 0), word("a", 4), word("b c", 6)]));
        assert_eq!(told("  # a comment"), Ok(vec![]));
        assert_eq!(told("a #b"), Ok(vec![word("a", 0), word("#b", 2)]));
        assert_eq!(told("add \"é").map_err(|(at, _)| at), Err(4));
        assert_eq!(told("\"\""), Ok(vec![word("", 0)]));
    }
}
