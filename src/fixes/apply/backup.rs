//! What was there before a change, kept so that it can be put back whole: the rules, the files that owners write, what daemons and settings
//! are told to have it as before.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{Error, change, files, files::Kept, lock::Lock, owner, program, rules::Rules};
use crate::fixes::Action;

/// In a change's folder.
const BEFORE: &str = "before.json";
const MADE: &str = "made.json";

/// So long a daemon may take to do what it was told.
const OF_DAEMONS: Duration = Duration::from_secs(3);

/// What was there, and what takes the actions back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Backup {
    pub rules: Rules,
    files: Vec<Kept>,
    undo: Vec<Action>,
    /// Programs that load the files that were put back.
    reload: Vec<Action>,
}

/// How it was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// Everything is as it was.
    Whole,
    /// What was made is gone; what another program changed meanwhile is left.
    OthersKept,
    /// What failed.
    Not(Vec<String>),
}

impl Backup {
    /// Keeps everything that these actions may change.
    pub fn save(folder: &Path, actions: &[Action]) -> Result<Self, Error> {
        let kept = owner::touched(actions).into_iter().map(Kept::read).collect::<Result<Vec<_>, _>>()?;
        let reload = |action: &&Action| matches!(action, Action::Run(words) if words.last().is_some_and(|word| word == "reload"));
        let backup = Self {
            rules: Rules::read()?,
            files: kept,
            undo: actions.iter().filter_map(owner::undo).rev().collect(),
            reload: actions.iter().filter(reload).cloned().collect(),
        };
        store(&folder.join(BEFORE), &backup)?;
        Ok(backup)
    }

    /// Of a change's folder.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        load(&folder.join(BEFORE))
    }

    /// Keeps how the rules are now that a part of the change was made.
    pub fn note_made(folder: &Path) -> Result<(), Error> {
        store(&folder.join(MADE), &Rules::read()?)
    }

    /// How the rules were after the last part; none if nothing was made.
    pub fn made(folder: &Path) -> Option<Rules> {
        load(&folder.join(MADE)).ok()
    }

    /// Puts everything back: what owners keep in files and in themselves first, then the rules where they still differ. Where another program
    /// changed rules since, only those of the change are taken out.
    pub fn restore(&self, folder: &Path, end: Instant) -> Restored {
        let made = Self::made(folder);
        let others = made.as_ref().is_some_and(|made| !Rules::read().is_ok_and(|now| now.same(made)));
        let mut failed: Vec<String> = self.files.iter().filter_map(|kept| kept.restore().err()).map(|error| error.to_string()).collect();
        // What an action had not done yet has nothing to be undone: an owner's complaint about that is none.
        for action in self.undo.iter().chain(&self.reload) {
            let _complaint = owner::make(action, end);
        }
        // A daemon does later what it was told: if the rules were put back before, it would do that twice.
        let told = self.undo.iter().any(owner::is_of_daemon).then(Instant::now);
        while told.is_some_and(|told| told.elapsed() < OF_DAEMONS) && !Rules::read().is_ok_and(|now| now.same(&self.rules)) {
            thread::sleep(change::PAUSE);
        }
        let _lock = Lock::take();
        if let (Some(made), true, Ok(now)) = (&made, others, Rules::read())
            && now.more_of(self.rules.difference(made).added, &self.rules).iter().all(|line| line.take_out().is_ok())
            && failed.is_empty()
        {
            return Restored::OthersKept;
        }
        // What another program does at the same time may take a second attempt.
        for last in [false, false, true] {
            let restored = self.rules.restore();
            if Rules::read().is_ok_and(|now| self.rules.same(&now)) {
                return if failed.is_empty() { Restored::Whole } else { Restored::Not(failed) };
            }
            if last {
                failed.push(restored.err().map_or_else(|| "the rules are not what they were".to_owned(), |error| error.to_string()));
            }
        }
        Restored::Not(failed)
    }
}

/// Does an action of a file or program that keeps rules for the next boot; puts the file back if nft does not take it.
pub fn persist(action: &Action) -> Result<(), Error> {
    let Action::Line { file, .. } = action else { return owner::make(action, program::usual()) };
    let before = Kept::read(file)?;
    owner::make(action, program::usual())?;
    // `-c` tries the file on the kernel's own rules without changing them.
    program::output(&["nft", "-c", "-f", file]).map(drop).inspect_err(|_| drop(before.restore()))
}

fn store(path: &Path, what: &impl Serialize) -> Result<(), Error> {
    let bytes = serde_json::to_vec(what).map_err(std::io::Error::from).map_err(Error::file(path))?;
    files::publish(path, &bytes)
}

fn load<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Error> {
    let bytes = fs::read(path).map_err(Error::file(path))?;
    serde_json::from_slice(&bytes).map_err(std::io::Error::from).map_err(Error::file(path))
}
