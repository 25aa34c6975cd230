//! A file that is written whole or not at all: beside its place first, which it takes when it is finished.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// The place of a file that is being written. Unfinished, the file vanishes.
pub struct Replacement {
    /// Where the file is until then; none where the place itself is written to.
    unfinished: Option<PathBuf>,
    place: PathBuf,
}

impl Replacement {
    /// Opens a file for a place. What is there and is no regular file (a pipe, a device) is written to itself, and so is a file in a folder that
    /// takes no other.
    pub fn open(path: &Path) -> io::Result<(File, Self)> {
        let there = fs::metadata(path);
        let direct = || Ok((File::create(path)?, Self { unfinished: None, place: path.to_owned() }));
        if there.as_ref().is_ok_and(|there| !there.is_file()) {
            return direct();
        }
        // A link keeps its place; what it leads to is replaced.
        let place = if there.is_ok() { fs::canonicalize(path)? } else { path.to_owned() };
        let name = place.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = place.with_file_name(hidden);
        let file = match OpenOptions::new().write(true).create_new(true).open(&unfinished) {
            Err(error) if there.is_ok() && matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
                return direct();
            }
            other => other?,
        };
        let replacement = Self { unfinished: Some(unfinished), place };
        if let Ok(there) = there {
            file.set_permissions(there.permissions())?;
        }
        Ok((file, replacement))
    }

    /// The folder in which it takes its place.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        let folder = self.unfinished.as_deref()?.parent()?;
        Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    }

    /// The file, all of it written, takes its place.
    pub fn finish(mut self) -> io::Result<()> {
        match self.unfinished.take() {
            Some(unfinished) => fs::rename(&unfinished, &self.place).inspect_err(|_| drop(fs::remove_file(&unfinished))),
            None => Ok(()),
        }
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(unfinished) = &self.unfinished {
            // Whatever kept it from being finished is told.
            let _ = fs::remove_file(unfinished);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("its owner may");
        let link = folder.path().join("link");
        symlink(&path, &link).expect("made");
        let (mut file, unfinished) = Replacement::open(&link).expect("opened");
        file.write_all(b"ne").expect("written");
        drop(unfinished);
        assert_eq!(fs::read(&path).expect("there"), b"old");
        let (mut file, new) = Replacement::open(&link).expect("opened");
        file.write_all(b"new").expect("written");
        new.finish().expect("finished");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 2, "nothing is left over");
        assert!(Replacement::open(&folder.path().join("none/report")).is_err());
        assert!(Replacement::open(Path::new("/dev/null")).is_ok_and(|(_, null)| null.folder().is_none()));
    }
}
