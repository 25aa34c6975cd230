//! The journal: a line for every change, whose end is reserved before anything changes, so that a full disk can't keep it from being told.

use std::{
    fs::{self, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::{BASE, Error};

/// Room for how a change ends.
const ROOM: usize = 600;

fn path() -> PathBuf {
    Path::new(BASE).join("journal")
}

/// Writes what begins, and reserves a line for its end; gives the place of that.
pub fn begin(id: &str, what: &str) -> Result<u64, Error> {
    let failed = || Error::file(path());
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path()).map_err(failed())?;
    let line = format!("{} {id} begins: {what}\n", jiff::Timestamp::now());
    let place = file.seek(SeekFrom::End(0)).map_err(failed())? + line.len() as u64;
    let reserved = format!("{:ROOM$}\n", format!("{} {id} is not decided", jiff::Timestamp::now()));
    file.write_all((line + &reserved).as_bytes()).and_then(|()| file.sync_all()).map_err(failed())?;
    Ok(place)
}

/// Writes how a change ended, over what was reserved for it.
pub fn end(place: u64, id: &str, how: &str) -> Result<(), Error> {
    let text: String = format!("{} {id} {how}", jiff::Timestamp::now()).chars().filter(|each| !each.is_control()).collect();
    let mut line = text.into_bytes();
    line.resize(ROOM, b' ');
    let file = fs::File::options().write(true).open(path()).map_err(Error::file(path()))?;
    file.write_all_at(&line, place).and_then(|()| file.sync_all()).map_err(Error::file(path()))
}
