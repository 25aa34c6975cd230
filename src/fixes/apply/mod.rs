//! Making proved fixes on this host: the only place besides `collect` that touches the system.
//!
//! A change is a folder under [`BASE`]: what was there before, what was done, and a token. A guard, started before anything changes, in a
//! session of its own, puts back what was there unless the change is confirmed in time; so it does when the program that makes the change ends
//! without a word. Whoever renames the token decides: to `confirmed`, or to `undone`. Only one can.

mod backup;

mod files;

mod lines;

mod owner;

mod program;

pub mod rules;

pub mod change;

pub mod guard;

mod journal;

mod lock;

pub mod session;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use change::Change;

/// Where changes and the journal are.
pub const BASE: &str = "/var/lib/clearway";

/// Why a change was not made, or could not be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file.
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    /// A program that could not be run, or failed; nothing else is known of it.
    #[error("{command}: {why}")]
    Command { command: String, why: String },
    /// The guard did not make a part of a change.
    #[error("{0}")]
    Part(String),
    /// The result differs from the proof.
    #[error("the result is not what was proved: {0}")]
    Differs(String),
    /// Another change waits for its confirmation.
    #[error("the change {0} is not confirmed yet: \"clearway fix --confirm-now\" keeps it; it is undone by itself otherwise")]
    Waiting(String),
    /// None waits.
    #[error("no change waits for a confirmation")]
    NothingWaits,
    /// The guard does not run.
    #[error("the guard that would undo the change does not run: {0}")]
    Guard(String),
}

/// A new name for the file of a state of the host. It tells secrets, so it is in a folder for root alone; files of programs that ended without a
/// word are removed.
///
/// # Errors
/// There can't be such a folder.
pub fn state() -> Result<PathBuf, Error> {
    let folder = Path::new(BASE).join("states");
    files::folder(&folder)?;
    for left in std::fs::read_dir(&folder).map_err(Error::file(&folder))?.filter_map(Result::ok) {
        let maker = left.file_name().to_string_lossy().split('-').next().map(|pid| Path::new("/proc").join(pid));
        if maker.is_none_or(|maker| !maker.exists()) {
            let _ = std::fs::remove_file(left.path());
        }
    }
    let free = |number: &u32| !folder.join(format!("{}-{number}", std::process::id())).exists();
    let number = (0..).find(free).unwrap_or_default();
    Ok(folder.join(format!("{}-{number}", std::process::id())))
}

/// Makes a confirmed fix last. A file of nft's is checked before it takes its place, and stays as it was if nft does not take it.
///
/// # Errors
/// What failed.
pub fn persist(action: &crate::fixes::Action) -> Result<(), Error> {
    backup::persist(action)
}

/// What a file of nft's makes of a kernel without rules, as a listing in JSON that is written into a folder.
///
/// # Errors
/// It can't be loaded there: interfaces that it names by index (`iif`) or devices are not there.
pub fn loaded(file: &Path, folder: &Path) -> Result<PathBuf, Error> {
    let path = file.display().to_string();
    // What a thread starts is in its network namespace; this one ends with it.
    let load = move || {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).map_err(|error| Error::Part(error.to_string()))?;
        program::output(&["nft", "-f", &path])?;
        program::output(&["nft", "-j", "list", "ruleset"])
    };
    let shown = std::thread::spawn(load).join().map_err(|_| Error::Part("loading it failed".into()))??;
    let listing = folder.join("loaded.json");
    files::write(&listing, shown.as_bytes())?;
    Ok(listing)
}

/// How many rules an action adds, or takes out.
#[must_use]
pub fn rules_of(action: &crate::fixes::Action) -> usize {
    owner::rules(action)
}

impl Error {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |error| Self::File { path, error }
    }
}
