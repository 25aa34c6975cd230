//! A change of this host: begun, made part by part, and then confirmed or undone. The program that wants it asks by files in the change's
//! folder; the guard does it, so that nothing is half-done when that program ends.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use super::{
    BASE, Error,
    backup::{Backup, Restored},
    files, guard, journal,
    lock::Lock,
    owner,
    rules::{Difference, Rules},
};
use crate::{collect::netlink::nf_tables::NfTables, fixes::Action};

/// How often it is looked whether something happened.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Putting back takes no longer, whatever an owner's program does.
const RESTORING: Duration = Duration::from_secs(60);

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

/// A part of a change.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    actions: Vec<Action>,
    /// The generation of nf_tables' rules for which they are meant.
    judged: u32,
}

impl Change {
    /// Keeps what is there, starts the guard, and reserves the journal's line. Nothing has changed yet. A change that its guard left undecided is
    /// undone first.
    ///
    /// # Errors
    /// Whatever of it could not be done: then there is no change.
    pub fn begin(what: &str, actions: &[Action], seconds: u64) -> Result<Self, Error> {
        files::folder(&Path::new(BASE).join("changes"))?;
        let _one_at_a_time = alone()?;
        for left in Self::all().filter(Self::is_open) {
            if guard::lives(&left.folder) {
                return Err(Error::Waiting(left.id));
            }
            left.undo("its guard ended before it was decided");
            left.put_back("its guard ended meanwhile");
        }
        let id = format!("{}-{}", jiff::Timestamp::now().as_second(), std::process::id());
        let folder = Path::new(BASE).join("changes").join(&id);
        files::folder(&folder)?;
        let begun = || {
            Backup::save(&folder, actions)?;
            let place = journal::begin(&id, what)?;
            files::write(&folder.join("place"), place.to_string().as_bytes())?;
            files::write(&folder.join("waits"), b"")?;
            Ok(place)
        };
        let place = begun().inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let change = Self { folder, id, place };
        if let Err(error) = guard::start(&change.folder, seconds) {
            let _ = change.decide(End::Undone);
            change.close("did not begin: there is no guard");
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

    /// The change that is not decided yet.
    #[must_use]
    pub fn waiting() -> Option<Self> {
        Self::all().find(|change| change.folder.join("waits").exists())
    }

    fn all() -> impl Iterator<Item = Self> {
        let entries = fs::read_dir(Path::new(BASE).join("changes")).into_iter().flatten();
        entries.filter_map(|entry| Self::of(&entry.ok()?.path()))
    }

    /// Whether something may still happen to it.
    fn is_open(&self) -> bool {
        self.folder.join("waits").exists() || (self.end() == Some(End::Undone) && !self.is_over())
    }

    /// Has the guard make a part of it; not if the rules are no longer those that were judged.
    ///
    /// # Errors
    /// What failed: the change is to be undone then.
    pub fn make(&self, actions: &[Action], judged: u32) -> Result<(), Error> {
        let number = (0..).find(|number| !self.part(*number).exists()).unwrap_or_default();
        let part = Part { actions: actions.to_vec(), judged };
        files::publish(&self.part(number), &serde_json::to_vec(&part).unwrap_or_default())?;
        let answer = self.folder.join(format!("answer-{number}"));
        loop {
            match fs::read_to_string(&answer) {
                Ok(told) if told.is_empty() => return Ok(()),
                Ok(told) => return Err(Error::Part(told)),
                Err(_) if self.end().is_some() => return Err(Error::Part("the time is over".into())),
                Err(_) if !guard::lives(&self.folder) => return Err(Error::Guard("it ended".into())),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    fn part(&self, number: u32) -> PathBuf {
        self.folder.join(format!("part-{number}"))
    }

    /// Makes the parts that were asked for and are not made yet.
    pub(super) fn make_parts(&self, end: Instant) -> Result<(), Error> {
        for number in 0.. {
            let answer = self.folder.join(format!("answer-{number}"));
            let Ok(bytes) = fs::read(self.part(number)) else { break };
            if !answer.exists() {
                let part: Part = serde_json::from_slice(&bytes).map_err(|error| Error::Part(error.to_string()))?;
                let told = self.make_part(&part, end).err().map(|error| error.to_string()).unwrap_or_default();
                files::publish(&answer, told.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Makes one while no program of iptables can change anything, unless it is a daemon that has to.
    fn make_part(&self, part: &Part, end: Instant) -> Result<(), Error> {
        let lock = match part.actions.iter().any(owner::is_of_daemon) {
            true => None,
            false => Some(Lock::take().map_err(Error::file("/run/xtables.lock"))?),
        };
        // Legacy tables have no generation: they must be what was kept, or what the last part made of them.
        let known = Backup::made(&self.folder).map_or_else(|| Backup::load(&self.folder).map(|backup| backup.rules), Ok)?;
        if generation().is_some_and(|now| now != part.judged) || !Rules::read()?.legacy().same(&known.legacy()) {
            return Err(Error::Part("another program changed the rules meanwhile; run it again".into()));
        }
        let made = part.actions.iter().try_for_each(|action| owner::make(action, end));
        drop(lock);
        // What a program that failed has done is noted, too.
        Backup::note_made(&self.folder).and(made)
    }

    /// What the change has done to the rules so far.
    ///
    /// # Errors
    /// What was kept can't be read.
    pub fn difference(&self) -> Result<Difference, Error> {
        let before = Backup::load(&self.folder)?.rules;
        Ok(before.difference(&Backup::made(&self.folder).unwrap_or_else(|| before.clone())))
    }

    /// From now on it may be confirmed.
    ///
    /// # Errors
    /// It can't be noted.
    pub fn verified(&self) -> Result<(), Error> {
        files::write(&self.folder.join("verified"), b"")
    }

    /// Decides, if nobody has.
    #[must_use]
    fn decide(&self, end: End) -> bool {
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

    /// Keeps it; false if it was undone before, or is not verified yet.
    #[must_use]
    pub fn confirm(&self) -> bool {
        let confirmed = self.folder.join("verified").exists() && self.decide(End::Confirmed);
        if confirmed {
            let others = match Backup::made(&self.folder).is_some_and(|made| Rules::read().is_ok_and(|now| !now.same(&made))) {
                true => "; another program changed the rules meanwhile",
                false => "",
            };
            self.tell(&format!("is confirmed: the host is in the new state{others}"));
        }
        confirmed
    }

    /// Asks the guard to put back what was there, and waits until it has; does so itself where there is no guard any more.
    pub fn give_up(&self, why: &str) {
        let asked = files::publish(&self.folder.join("given-up"), why.as_bytes()).is_ok();
        while asked && !self.is_over() && guard::lives(&self.folder) {
            thread::sleep(PAUSE);
        }
        if !self.is_over() {
            self.undo(why);
        }
    }

    /// Why whoever wanted it does not want it any more.
    pub(super) fn given_up(&self) -> Option<String> {
        fs::read_to_string(self.folder.join("given-up")).ok()
    }

    /// Puts back what was there; the reason goes into the journal. Does nothing if it was decided before.
    pub(super) fn undo(&self, why: &str) {
        if self.decide(End::Undone) {
            self.put_back(why);
        }
    }

    /// Puts back what was there, if that is not done yet.
    fn put_back(&self, why: &str) {
        let path = self.folder.join("restoring");
        let file = fs::File::options().create(true).truncate(false).write(true).open(path);
        let _one_at_a_time = file.ok().and_then(|file| Flock::lock(file, FlockArg::LockExclusive).ok());
        if self.is_over() {
            return;
        }
        let restored = Backup::load(&self.folder).map(|backup| backup.restore(&self.folder, Instant::now() + RESTORING));
        self.close(&match restored {
            Ok(Restored::Whole) => format!("is undone: the host is in the old state ({why})"),
            Ok(Restored::OthersKept) => format!("is undone ({why}); what another program changed meanwhile is left"),
            Ok(Restored::Not(failed)) => format!("could not be undone as a whole ({why}): {}", failed.join("; ")),
            Err(error) => format!("could not be undone ({why}): {error}"),
        });
    }

    /// Waits while what was there is put back; tells how that ended.
    #[must_use]
    pub fn outcome(&self) -> String {
        while !self.is_over() && guard::lives(&self.folder) {
            thread::sleep(PAUSE);
        }
        if self.end() == Some(End::Undone) {
            self.put_back("its guard ended meanwhile");
        }
        fs::read_to_string(self.folder.join("done")).unwrap_or_else(|_| format!("see {BASE}/journal"))
    }

    fn is_over(&self) -> bool {
        self.folder.join("done").exists() || self.end() == Some(End::Confirmed)
    }

    /// Where what was there before is kept; for root alone.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its name in the journal.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tells that it is undone, or never began: whoever waits for it knows by this that nothing happens any more, and how it ended.
    fn close(&self, how: &str) {
        self.tell(how);
        let _ = files::write(&self.folder.join("done"), how.as_bytes());
    }

    fn tell(&self, how: &str) {
        // A journal that can't be written keeps nobody from undoing.
        let _ = journal::end(self.place, &self.id, how);
    }
}

/// Keeps others from beginning a change at the same time.
fn alone() -> Result<Flock<fs::File>, Error> {
    let path = Path::new(BASE).join("lock");
    let file = fs::File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::file(&path))?;
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| Error::File { path, error: error.into() })
}

/// The generation of nf_tables' rules.
#[must_use]
pub fn generation() -> Option<u32> {
    NfTables::open().ok()?.generation().ok()
}
