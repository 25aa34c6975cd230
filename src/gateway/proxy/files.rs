//! The files of a proxy, asked for through the world and bounded together.

use std::cell::Cell;

use crate::world::{Answer, Question, World};

/// All files of one configuration together; 5,000 sites of 2 KiB are 10 MiB.
const MOST_BYTES: usize = 256 << 20;

/// So many files are read for one configuration.
const MOST_FILES: usize = 100_000;

/// Where a proxy's files are.
pub struct Files<'a> {
    world: &'a dyn World,
    /// The process whose root directory is meant.
    root: Option<u32>,
    bytes: Cell<usize>,
    files: Cell<usize>,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It does not exist: the proxy can't read it either.
    Absent,
    /// Why it could not be told what is in it.
    Unknown(String),
}

impl<'a> Files<'a> {
    /// The files that a process sees, or those of the program itself.
    #[must_use]
    pub fn new(world: &'a dyn World, root: Option<u32>) -> Self {
        Self { world, root, bytes: Cell::new(0), files: Cell::new(0) }
    }

    /// Whether these are the files of a container or of a changed root.
    #[must_use]
    pub fn are_foreign(&self) -> bool {
        self.root.is_some()
    }

    /// The text of a file, by its absolute path.
    pub fn read(&self, path: &str) -> Result<String, Unreadable> {
        if !path.starts_with('/') {
            return Err(Unreadable::Unknown(format!("it is not known what '{path}' is relative to")));
        }
        self.files.set(self.files.get() + 1);
        if self.files.get() > MOST_FILES || self.bytes.get() > MOST_BYTES {
            return Err(Unreadable::Unknown(format!("the configuration has more than {MOST_FILES} files or {} MiB", MOST_BYTES >> 20)));
        }
        match self.world.ask(&Question::File { root: self.root, path: path.to_owned() }) {
            Answer::Text(text) => {
                self.bytes.set(self.bytes.get() + text.len());
                Ok(text)
            }
            Answer::Absent(_) => Err(Unreadable::Absent),
            Answer::Unknown(why) => Err(Unreadable::Unknown(why)),
            _ => Err(Unreadable::Unknown("the snapshot has another answer".into())),
        }
    }

    /// The paths that a pattern names, sorted; `*` names no hidden files. Why, if that can't be told.
    pub fn paths(&self, pattern: &str) -> Result<Vec<String>, String> {
        match self.world.ask(&Question::Paths { root: self.root, pattern: pattern.to_owned() }) {
            Answer::Paths(paths) => Ok(paths),
            Answer::Absent(_) => Ok(Vec::new()),
            Answer::Unknown(why) => Err(why),
            _ => Err("the snapshot has another answer".into()),
        }
    }

    /// A variable of a process' environment; none if it has none. Why, if that can't be told.
    pub fn environment(&self, process: Option<u32>, name: &str) -> Result<Option<String>, String> {
        let Some(process) = process else { return Err("the process is not known".into()) };
        match self.world.ask(&Question::Environment { process, name: name.to_owned() }) {
            Answer::Text(value) => Ok(Some(value)),
            Answer::Absent(_) => Ok(None),
            Answer::Unknown(why) => Err(why),
            _ => Err("the snapshot has another answer".into()),
        }
    }

    /// The run of printable characters in a program that holds `text`.
    #[must_use]
    pub fn built_with(&self, program: &str, text: &str) -> Option<String> {
        match self.world.ask(&Question::BuiltWith { root: self.root, program: program.to_owned(), text: text.to_owned() }) {
            Answer::Text(run) => Some(run),
            _ => None,
        }
    }

    /// The id of a user by the passwd file of these files.
    #[must_use]
    pub fn uid(&self, user: &str) -> Option<u32> {
        let passwd = self.read("/etc/passwd").ok()?;
        let mut entries = passwd.lines().map(|line| line.split(':'));
        entries.find_map(|mut fields| (fields.next()? == user).then(|| fields.nth(1)?.parse().ok()).flatten())
    }
}

/// A path made absolute: relative ones are relative to `folder`.
#[must_use]
pub fn absolute(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else if folder.ends_with('/') {
        format!("{folder}{path}")
    } else {
        format!("{folder}/{path}")
    }
}

/// The folder in which a file is, with its slash.
#[must_use]
pub fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("")
}
