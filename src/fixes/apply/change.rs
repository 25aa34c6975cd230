//! A change of this host: begun, made, and then confirmed or undone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{BASE, Error, backup, guard, journal, lock::Lock};
use crate::{collect::netlink::nf_tables::NfTables, fixes::Action};

/// A change that is under way.
pub struct Change {
    folder: PathBuf,
    id: String,
    place: u64,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Confirmed,
    Undone,
}

impl Change {
    /// Keeps what is there, starts the guard, and reserves the journal's line. Nothing has changed yet.
    ///
    /// # Errors
    /// Whatever of it could not be done: then there is no change.
    pub fn begin(what: &str, actions: &[Action], seconds: u64) -> Result<Self, Error> {
        if let Some(waiting) = Self::waiting() {
            return Err(Error::Waiting(waiting.id));
        }
        let id = format!("{}-{}", jiff::Timestamp::now().as_second(), std::process::id());
        let folder = Path::new(BASE).join("changes").join(&id);
        backup::folder(&folder)?;
        let begun = || {
            backup::save(&folder, actions)?;
            let place = journal::begin(&id, what)?;
            backup::write(&folder.join("place"), place.to_string().as_bytes())?;
            backup::write(&folder.join("waits"), b"")?;
            Ok(place)
        };
        let place = begun().inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let change = Self { folder, id, place };
        if let Err(error) = guard::start(&change.folder, seconds) {
            let _ = change.decide(End::Undone);
            change.tell("did not begin: there is no guard");
            return Err(error);
        }
        Ok(change)
    }

    /// The change of a folder.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.to_owned();
        let place = fs::read_to_string(folder.join("place")).ok()?.parse().ok()?;
        Some(Self { folder: folder.to_owned(), id, place })
    }

    /// The change that waits for its confirmation.
    #[must_use]
    pub fn waiting() -> Option<Self> {
        let entries = fs::read_dir(Path::new(BASE).join("changes")).ok()?;
        let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
        folders.filter(|folder| folder.join("waits").exists()).find_map(|folder| Self::of(&folder))
    }

    /// Makes a part of it, while no program of iptables can change anything; not if the rules are no longer those that were judged.
    ///
    /// # Errors
    /// What failed: the change is to be undone then.
    pub fn make(&self, actions: &[Action], judged: u32) -> Result<(), Error> {
        let lock = Lock::take().map_err(Error::file("/run/xtables.lock"))?;
        // Legacy tables have no generation: before the first part they must be what was kept.
        let first = !self.folder.join("generation").exists();
        if generation().is_some_and(|now| now != judged) || (first && !backup::is_restored(&self.folder)) {
            let why = "another program changed the rules meanwhile; run it again".to_owned();
            return Err(Error::Command { command: "nothing was done".into(), why });
        }
        let made = actions.iter().try_for_each(backup::run);
        drop(lock);
        made?;
        let now = generation().map_or_else(String::new, |now| now.to_string());
        backup::write(&self.folder.join("generation"), now.as_bytes())
    }

    /// Decides, if nobody has.
    #[must_use]
    pub(super) fn decide(&self, end: End) -> bool {
        let name = match end {
            End::Confirmed => "confirmed",
            End::Undone => "undone",
        };
        fs::rename(self.folder.join("waits"), self.folder.join(name)).is_ok()
    }

    /// What was decided, if something was.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        match () {
            () if self.folder.join("confirmed").exists() => Some(End::Confirmed),
            () if self.folder.join("undone").exists() => Some(End::Undone),
            () => None,
        }
    }

    /// Keeps it; false if it was undone before.
    #[must_use]
    pub fn confirm(&self) -> bool {
        let confirmed = self.decide(End::Confirmed);
        if confirmed {
            self.tell(&format!("is confirmed: the host is in the new state{}", self.moved()));
        }
        confirmed
    }

    /// Puts back what was there; the reason goes into the journal. Does nothing if it was decided before.
    pub fn undo(&self, why: &str) {
        if !self.decide(End::Undone) {
            return;
        }
        let moved = self.moved();
        let _lock = Lock::take();
        let mut failed = backup::restore(&self.folder);
        if !backup::is_restored(&self.folder) {
            failed.push("the rules are not what they were".into());
        }
        match failed.is_empty() {
            true => self.tell(&format!("is undone: the host is in the old state ({why}){moved}")),
            false => self.tell(&format!("could not be undone as a whole ({why}): {}", failed.join("; "))),
        }
        // Whoever waits for it knows by this that nothing happens any more.
        let _ = fs::write(self.folder.join("done"), b"");
    }

    /// Whether putting back what was there is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.folder.join("done").exists()
    }

    /// Its name in the journal.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where what was there before is kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn moved(&self) -> &'static str {
        let made = fs::read_to_string(self.folder.join("generation")).ok().and_then(|text| text.parse::<u32>().ok());
        if made.is_some() && made != generation() { "; another program changed the rules meanwhile" } else { "" }
    }

    fn tell(&self, how: &str) {
        // A journal that can't be written keeps nobody from undoing.
        let _ = journal::end(self.place, &self.id, how);
    }
}

/// The generation of nf_tables' rules.
fn generation() -> Option<u32> {
    NfTables::open().ok()?.generation().ok()
}
