//! What is done on a host to make an edit: a program that is run, or a line that comes into a file.
//!
//! A program is run from a list of words, never through a shell. People get the same as a line for their shell, every word of which that a
//! shell could take for more than a word is quoted.

/// One step of a fix.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Runs a program with its arguments.
    Run(Vec<String>),
    /// Adds a line to a file, which is made if it is not there.
    Line {
        /// Absolute.
        file: String,
        line: String,
        /// The number, from 1, that the line shall have; none means the end.
        before: Option<usize>,
    },
}

impl Action {
    /// A program with its words; none if one of them is no text that can be shown.
    pub(super) fn run(words: impl IntoIterator<Item = impl Into<String>>) -> Option<Self> {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        words.iter().all(|word| is_shown(word)).then_some(Self::Run(words))
    }

    /// A line of a file; none if it is no text of one line.
    pub(super) fn line(file: &str, line: &str, before: Option<usize>) -> Option<Self> {
        is_shown(&line.replace('\t', " ")).then(|| Self::Line { file: file.to_owned(), line: line.to_owned(), before })
    }

    /// As a command for a shell.
    #[must_use]
    pub fn command(&self) -> String {
        match self {
            Self::Run(words) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            Self::Line { file, line, before: None } => format!("echo {} >>{}", quoted(line), quoted(file)),
            // sed strips what is blank before the text, unless a backslash keeps it.
            Self::Line { file, line, before: Some(number) } => {
                format!("sed -i {} {}", quoted(&format!("{number}i\\{}", line.replace('\\', "\\\\"))), quoted(file))
            }
        }
    }
}

/// Nothing in it commands a terminal or begins another line.
fn is_shown(word: &str) -> bool {
    !word.chars().any(char::is_control)
}

/// A word as a shell takes it for one word and for nothing else. Names in quotes of their own are left: a shell takes the quotes away, and nft
/// does not need them.
fn quoted(word: &str) -> String {
    let plain = |each: char| each.is_ascii_alphanumeric() || "_-./:=,@%+".contains(each);
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(word);
    match word {
        "{" | "}" => word.to_owned(),
        _ if !inner.is_empty() && inner.chars().all(plain) => word.to_owned(),
        _ => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_every_word_for_one() {
        let words = ["echo", "a b", "$(reboot)", "it's", "", "{", "80,", "}", "\"eth0\"", "\"a b\"", "x;y", "*", "~", "#", "!", "\\"];
        let command = Action::run(words).map(|action| action.command()).expect("it can be shown");
        let shown =
            std::process::Command::new("sh").args(["-c", &command.replacen("echo", "printf '%s\\n'", 1)]).output().expect("a shell");
        let taken = String::from_utf8(shown.stdout).expect("text");
        let expected = words[1..].iter().map(|word| if *word == "\"eth0\"" { "eth0\n".to_owned() } else { format!("{word}\n") });
        assert_eq!(taken, expected.collect::<String>());
        assert_eq!(Action::run(["a\nb"]), None);
        assert_eq!(Action::run(["\u{1b}[2J"]), None);
    }

    #[test]
    fn a_line_comes_to_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "one\nthree\n").expect("written");
        let path = path.to_str().expect("text");
        let lines = [("\ttwo 'q' \\ $x", Some(2)), ("four", None)];
        for (line, before) in lines {
            let command = Action::line(path, line, before).expect("a line").command();
            assert!(std::process::Command::new("sh").args(["-c", &command]).status().expect("a shell").success());
        }
        assert_eq!(std::fs::read_to_string(path).expect("read"), "one\n\ttwo 'q' \\ $x\nthree\nfour\n");
    }
}
