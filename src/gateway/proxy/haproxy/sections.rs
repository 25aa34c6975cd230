//! Files to sections of lines, conditional blocks decided, as `readcfgfile` does.

use std::sync::Arc;

use super::{
    super::{Configuration, Fault, Files, Invocation, Place, Severity, files::Unreadable},
    condition::{Known, holds},
    environment::Environment,
    lexer::{Word, words},
};

/// A line with words.
#[derive(Debug, Clone)]
pub struct Line {
    file: Arc<str>,
    number: u32,
    pub words: Vec<Word>,
    /// It began with `no`.
    pub negated: bool,
}

/// A section.
#[derive(Debug, Clone)]
pub struct Section {
    /// The line that opens it.
    pub head: Line,
    pub lines: Vec<Line>,
}

/// More lines than these are no configuration; each takes some 500 bytes.
const MOST_LINES: usize = 1_000_000;

/// Conditional blocks in each other (`MAXNESTEDCONDS`).
const MOST_NESTED: usize = 1024;

/// Sections that haproxy knows, up to 3.3.
const SECTIONS: [&str; 25] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "resolvers",
    "mailers",
    "program",
    "cache",
    "userlist",
    "namespace_list",
    "http-errors",
    "fcgi-app",
    "ring",
    "log-forward",
    "dynamic-update",
    "crt-store",
    "traces",
    "log-profile",
    "acme",
    "dynamic_resolvers",
    "healthcheck",
    "certificate",
    "spoe-agent",
];

impl Line {
    /// A word's text, empty if there is none.
    #[must_use]
    pub fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| word.text.as_str())
    }

    /// Whether it begins with this keyword.
    #[must_use]
    pub fn is(&self, keyword: &str) -> bool {
        self.word(0) == keyword
    }

    /// The texts of its words from one on.
    #[must_use]
    pub fn from(&self, index: usize) -> Vec<&str> {
        self.words.iter().skip(index).map(|word| word.text.as_str()).collect()
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place_of(0)
    }

    /// Where one of its words stands.
    #[must_use]
    pub fn place_of(&self, index: usize) -> Place {
        let column = self.words.get(index).map_or(1, |word| word.column);
        Place { file: Arc::clone(&self.file), line: self.number, column }
    }
}

impl Section {
    /// `frontend`, `backend`…
    #[must_use]
    pub fn kind(&self) -> &str {
        self.head.word(0)
    }

    /// Its name, empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        match (self.kind(), self.head.word(1)) {
            (_, "from") if self.kind() == "defaults" => "",
            (_, name) => name,
        }
    }

    /// The defaults section that it is to inherit from, by name.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        let at = self.head.words.iter().skip(1).position(|word| word.text == "from")?;
        Some(self.head.word(at + 2)).filter(|name| !name.is_empty())
    }
}

/// State of one conditional block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// These lines count, or may count.
    Taken { certain: bool },
    /// Not these, perhaps the next.
    Skipped,
    /// A branch before was taken.
    Done,
}

/// Reads files into sections.
pub struct Reader<'a> {
    files: &'a Files<'a>,
    program: Option<String>,
    pub environment: Environment<'a>,
    pub sections: Vec<Section>,
    pub configuration: Configuration,
    left: usize,
}

impl<'a> Reader<'a> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(files: &'a Files<'a>, invocation: &Invocation) -> Self {
        Self {
            files,
            program: invocation.program.clone(),
            environment: Environment::new(Some(files), invocation.process),
            sections: Vec::new(),
            configuration: Configuration::default(),
            left: MOST_LINES,
        }
    }

    /// A file, or all `*.cfg` of a folder in order.
    pub fn path(&mut self, path: &str) {
        let why = match self.files.read(path) {
            Ok(text) => return self.text(path, &text),
            Err(Unreadable::Absent) => {
                return self.configuration.refuse(Place::whole(path), "could not open configuration file: No such file or directory");
            }
            Err(Unreadable::Unknown(why)) => why,
        };
        match self.files.paths(&format!("{}/*.cfg", path.trim_end_matches('/'))) {
            Ok(paths) if !paths.is_empty() => {
                for path in paths {
                    match self.files.read(&path) {
                        Ok(text) => self.text(&path, &text),
                        Err(Unreadable::Absent) => {}
                        Err(Unreadable::Unknown(why)) => self.unreadable(&path, why),
                    }
                }
            }
            _ => self.unreadable(path, why),
        }
    }

    fn unreadable(&mut self, path: &str, what: String) {
        self.configuration.faults.push(Fault { place: Place::whole(path), severity: Severity::Unreadable, what });
    }

    fn text(&mut self, path: &str, text: &str) {
        self.configuration.files += 1;
        let file: Arc<str> = path.into();
        let mut nested: Vec<Branch> = Vec::new();
        // Each file begins outside of any section.
        let mut opened = false;
        for (number, text) in (1..).zip(text.lines()) {
            if self.left == 0 {
                self.configuration.refuse(Place { file, line: number, column: 1 }, format!("more than {MOST_LINES} lines"));
                return;
            }
            self.left -= 1;
            // haproxy reads a line up to its first zero.
            let text = text.split('\0').next().unwrap_or_default();
            let words = match words(text, &self.environment) {
                Ok(words) => words,
                Err((what, column)) => {
                    if nested.iter().all(|branch| matches!(branch, Branch::Taken { .. })) {
                        self.configuration.refuse(Place { file: Arc::clone(&file), line: number, column }, what);
                    }
                    continue;
                }
            };
            let mut line = Line { file: Arc::clone(&file), number, words, negated: false };
            if line.words.is_empty() || line.word(0).is_empty() {
                continue;
            }
            if self.conditional(&line, &mut nested) || nested.iter().any(|branch| !matches!(branch, Branch::Taken { .. })) {
                continue;
            }
            if line.is("no") || line.is("default") {
                line.negated = line.is("no");
                line.words.remove(0);
            }
            self.line(line, &mut opened);
        }
        if !nested.is_empty() {
            let last = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
            self.configuration.refuse(Place { file, line: last, column: 1 }, "non-terminated '.if' block.");
        }
    }

    fn line(&mut self, line: Line, opened: &mut bool) {
        if SECTIONS.contains(&line.word(0)) && !line.negated {
            *opened = true;
            self.sections.push(Section { head: line, lines: Vec::new() });
            return;
        }
        let Some(section) = self.sections.last_mut().filter(|_| *opened) else {
            let what = format!("unknown keyword '{}' out of section", line.word(0));
            self.configuration.refuse(line.place(), what);
            return;
        };
        if section.kind() == "global" {
            self.environment.change(line.word(0), &line.from(1));
        }
        section.lines.push(line);
    }

    /// Takes `.if` and its kind. Whether the line was one of those.
    fn conditional(&mut self, line: &Line, nested: &mut Vec<Branch>) -> bool {
        let counts = |nested: &[Branch]| nested.iter().all(|branch| matches!(branch, Branch::Taken { .. }));
        match line.word(0) {
            ".if" => {
                if nested.len() >= MOST_NESTED {
                    self.configuration.refuse(line.place(), format!("too many nested '.if', max is {MOST_NESTED}"));
                    return true;
                }
                let branch = if counts(nested) { self.branch(line) } else { Branch::Done };
                nested.push(branch);
            }
            ".elif" => match nested.pop() {
                Some(Branch::Skipped) if counts(nested) => {
                    let branch = self.branch(line);
                    nested.push(branch);
                }
                // Where it is not known whether the branch before counts, this one may count as well.
                Some(Branch::Taken { certain: false }) => nested.push(Branch::Taken { certain: false }),
                Some(_) => nested.push(Branch::Done),
                None => self.configuration.refuse(line.place(), "lone '.elif' with no matching '.if'"),
            },
            ".else" => match nested.pop() {
                Some(Branch::Skipped) => nested.push(Branch::Taken { certain: true }),
                Some(Branch::Taken { certain: false }) => nested.push(Branch::Taken { certain: false }),
                Some(_) => nested.push(Branch::Done),
                None => self.configuration.refuse(line.place(), "lone '.else' with no matching '.if'"),
            },
            ".endif" => {
                if nested.pop().is_none() {
                    self.configuration.refuse(line.place(), "lone '.endif' with no matching '.if'");
                }
            }
            ".alert" if counts(nested) => {
                if nested.contains(&Branch::Taken { certain: false }) {
                    self.configuration.doubt(line.place(), format!("it may stop here: {}", line.word(1)));
                } else {
                    self.configuration.refuse(line.place(), line.word(1).to_owned());
                }
            }
            ".alert" | ".diag" | ".notice" | ".warning" => {}
            word if word.starts_with('.') && counts(nested) => {
                self.configuration.refuse(line.place(), format!("unknown directive '{word}'"));
            }
            word if word.starts_with('.') => {}
            _ => return false,
        }
        true
    }

    fn branch(&mut self, line: &Line) -> Branch {
        let program = self.program.clone();
        let files = self.files;
        let feature = |name: &str| {
            let program = program.as_deref()?;
            // `haproxy -vv` prints them in one line: +OPENSSL -QUIC…
            let told = files.built_with(program, "+GETADDRINFO").or_else(|| files.built_with(program, "+EPOLL"))?;
            told.split(' ').find_map(|word| (word.get(1..) == Some(name)).then_some(word.starts_with('+')))
        };
        let known = Known { environment: &self.environment, feature: &feature };
        match holds(&line.from(1).join(" "), &known) {
            Ok(Some(true)) => Branch::Taken { certain: true },
            Ok(Some(false)) => Branch::Skipped,
            Ok(None) => {
                self.configuration.doubt(line.place(), "what this condition rests on is not known: all its branches are read");
                Branch::Taken { certain: false }
            }
            Err(what) => {
                self.configuration.refuse(line.place(), what);
                Branch::Skipped
            }
        }
    }
}
