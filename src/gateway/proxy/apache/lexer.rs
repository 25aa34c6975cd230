//! httpd's lines and words, as `ap_cfg_getline` and `ap_getword_conf` read them.

/// A line, those that end with a backslash joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    /// The number of its first line, from 1.
    pub first: u32,
    /// The number of its last line: httpd names this one.
    pub last: u32,
    /// Characters before its text.
    pub indent: u32,
}

/// The lines that hold something.
#[must_use]
pub fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut rest = (1..).zip(text.lines());
    while let Some((first, line)) = rest.next() {
        let mut whole = line.trim_end_matches('\r').to_owned();
        let mut last = first;
        // A backslash that another one protects ends no line.
        while whole.ends_with('\\') && !whole.ends_with("\\\\") {
            whole.pop();
            let Some((number, more)) = rest.next() else { break };
            last = number;
            whole.push_str(more.trim_end_matches('\r'));
        }
        let text = whole.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let indent = whole.chars().take_while(|letter| letter.is_whitespace()).count();
        lines.push(Line { text: text.to_owned(), first, last, indent: u32::try_from(indent).unwrap_or(u32::MAX) });
    }
    lines
}

/// One word, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Characters before it in its line.
    pub at: u32,
    /// Whether a variable in it is not known.
    pub unknown: bool,
}

/// The words of a text. `value` tells what a variable is; one that is not known stands as it is written.
#[must_use]
pub fn words(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Vec<Word> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        let quote = matches!(letter, '"' | '\'').then_some(letter);
        at += usize::from(quote.is_some());
        let mut word = String::new();
        while let Some(&letter) = letters.get(at) {
            let next = letters.get(at + 1).copied();
            match quote {
                Some(quote) if letter == quote => break,
                Some(quote) if letter == '\\' && next.is_some_and(|next| next == '\\' || next == quote) => {
                    word.extend(next);
                    at += 2;
                    continue;
                }
                None if letter.is_whitespace() => break,
                _ => word.push(letter),
            }
            at += 1;
        }
        at += usize::from(quote.is_some());
        let (text, unknown) = resolved(&word, value, 0);
        words.push(Word { text, at: u32::try_from(start).unwrap_or(u32::MAX), unknown });
    }
    words
}

/// Variables in values of variables beyond this go round in circles.
const DEEPEST: usize = 8;

/// More than this no value becomes.
const LONGEST: usize = 64 << 10;

/// `ap_resolve_env`: `${NAME}`.
fn resolved(text: &str, value: &dyn Fn(&str) -> Option<String>, depth: usize) -> (String, bool) {
    let mut whole = String::new();
    let mut unknown = false;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        whole.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            whole.push_str("${");
            rest = after;
            continue;
        };
        match value(name).filter(|_| depth < DEEPEST && whole.len() < LONGEST) {
            Some(value_of) => {
                let (text, odd) = resolved(&value_of, value, depth + 1);
                whole.push_str(&text);
                unknown |= odd;
            }
            None => {
                whole.push_str(&format!("${{{name}}}"));
                // A map of mod_rewrite (`${map:key}`) looks alike: that is for those who read the word.
                unknown |= !name.contains(':');
            }
        }
        rest = after;
    }
    whole.push_str(rest);
    (whole, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_words() {
        let read = lines("# c\n Listen \\\n  80\n\nA b \\\\\nB\r\n");
        assert_eq!(read.iter().map(|line| (line.first, line.last, line.indent)).collect::<Vec<_>>(), [(2, 3, 1), (5, 5, 0), (6, 6, 0)]);
        let value = |name: &str| (name == "X").then(|| "a b".to_owned());
        let split = |text: &str| words(text, &value).into_iter().map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(split(&read[0].text), ["Listen", "80"]);
        assert_eq!(
            split(r#"ProxyPass "/a b" 'c"d' e\"f "g\"h" ${X}/y ${Z}"#),
            ["ProxyPass", "/a b", "c\"d", "e\\\"f", "g\"h", "a b/y", "${Z}"]
        );
        assert!(words("${Z}", &value)[0].unknown);
        let circle = |_: &str| Some("${X}${X}".to_owned());
        assert!(words("${X}", &circle)[0].text.len() < 10_000);
    }
}
