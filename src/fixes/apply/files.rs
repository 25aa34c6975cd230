//! Files that owners and fixes write: kept, replaced whole or not at all, and put back.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Error;

/// A file as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    path: PathBuf,
    /// None if there was none.
    bytes: Option<Vec<u8>>,
}

impl Kept {
    /// As it is now.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        match fs::read(&path) {
            Ok(bytes) => Ok(Self { path, bytes: Some(bytes) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self { path, bytes: None }),
            Err(error) => Err(Error::File { path, error }),
        }
    }

    /// Puts it back.
    pub fn restore(&self) -> Result<(), Error> {
        if Self::read(&self.path).is_ok_and(|now| now == *self) {
            return Ok(());
        }
        match &self.bytes {
            // Where there is no room for another file there is for this one, in the place of what is there.
            Some(bytes) => replace(&self.path, bytes).or_else(|_| fs::write(&self.path, bytes).map_err(Error::file(&self.path))),
            None => fs::remove_file(&self.path).map_err(Error::file(&self.path)),
        }
    }
}

/// Adds a line before the one with this number, from 1, or at the end of a file that need not be there.
pub fn add_line(path: &Path, line: &str, before: Option<usize>) -> Result<(), Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && before.is_none() => String::new(),
        Err(error) => return Err(Error::File { path: path.to_owned(), error }),
    };
    let mut lines: Vec<&str> = text.lines().collect();
    let at = before.map_or(lines.len(), |number| number.saturating_sub(1).min(lines.len()));
    lines.insert(at, line);
    replace(path, format!("{}\n", lines.join("\n")).as_bytes())
}

/// A file's new content takes its place whole or not at all, with the old one's owner and mode.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&place).ok();
    let mode = old.as_ref().map_or(0o644, |old| old.permissions().mode() & 0o7777);
    let unfinished = PathBuf::from(format!("{}.clearway", place.display()));
    let _left = fs::remove_file(&unfinished);
    let owned = || match &old {
        Some(old) => std::os::unix::fs::chown(&unfinished, Some(old.uid()), Some(old.gid())),
        None => Ok(()),
    };
    let written = write(&unfinished, bytes)
        .and_then(|()| owned().map_err(Error::file(&unfinished)))
        .and_then(|()| fs::set_permissions(&unfinished, fs::Permissions::from_mode(mode)).map_err(Error::file(&unfinished)))
        .and_then(|()| fs::rename(&unfinished, &place).map_err(Error::file(&place)));
    written.inspect_err(|_| drop(fs::remove_file(&unfinished)))
}

/// A file for root alone.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all())).map_err(Error::file(path))
}

/// A file that is there whole or not at all, for whoever waits for it.
pub fn publish(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let unfinished = path.with_extension("unfinished");
    write(&unfinished, bytes)?;
    fs::rename(&unfinished, path).map_err(Error::file(path))
}

/// A folder for root alone.
pub fn folder(path: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_comes_back() {
        let place = tempfile::tempdir().expect("a folder");
        let [old, new] = ["old", "new"].map(|name| place.path().join(name));
        fs::write(&old, "one\nthree\n").expect("written");
        fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).expect("its mode");
        let kept = [Kept::read(&old).expect("read"), Kept::read(&new).expect("none")];
        add_line(&old, "two", Some(2)).expect("added");
        add_line(&new, "first", None).expect("made");
        assert!(add_line(&place.path().join("none"), "x", Some(1)).is_err());
        assert_eq!(fs::read_to_string(&old).expect("read"), "one\ntwo\nthree\n");
        assert_eq!(fs::metadata(&old).expect("there").permissions().mode() & 0o7777, 0o640);
        assert_eq!(fs::read_to_string(&new).expect("read"), "first\n");
        kept.iter().for_each(|each| each.restore().expect("put back"));
        assert_eq!(fs::read_to_string(&old).expect("read"), "one\nthree\n");
        assert!(!new.exists());
        assert_eq!(fs::read_dir(place.path()).expect("listed").count(), 1, "nothing is left behind");
    }
}
