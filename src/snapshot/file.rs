//! Snapshots as files: JSON, compressed with gzip. Reading takes plain JSON too.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, bufread::MultiGzDecoder, write::GzEncoder};
use serde::Deserialize;

use super::{Snapshot, VERSION};

/// A snapshot that unpacks to more is refused: a small file must not fill the memory.
const LIMIT: u64 = 1 << 30;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a snapshot cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system does not let us.
    #[error("{path}: {error}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// The file ends too early.
    #[error("{path}: the snapshot is truncated", path = .0.display())]
    Truncated(PathBuf),
    /// The compressed data is damaged.
    #[error("{path}: the snapshot is damaged: {error}", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What gzip says.
        error: io::Error,
    },
    /// It is something else.
    #[error("{path}: not a clearway snapshot ({reason})", path = .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How it shows.
        reason: String,
    },
    /// A later version of the program wrote it.
    #[error("{path}: written in format {found} by clearway {clearway}; this clearway reads formats up to {VERSION}", path = .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The program that wrote it.
        clearway: String,
    },
    /// It unpacks to more than the limit.
    #[error("{path}: the snapshot unpacks to more than {} GiB", LIMIT >> 30, path = .0.display())]
    TooBig(PathBuf),
}

/// What every version has, to tell a newer snapshot from something foreign.
#[derive(Deserialize)]
struct Head {
    version: Option<u64>,
    clearway: Option<String>,
}

impl Snapshot {
    /// Writes it as a whole or not at all, readable by the owner only: it may tell secrets of the host.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let failed = |error| FileError::Io { path: path.to_owned(), error };
        // A pipe or a device is written to itself, and what a link leads to is replaced: not the link.
        let there = fs::metadata(path);
        if there.as_ref().is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            let outcome = OpenOptions::new().write(true).open(path).and_then(|file| self.pack(file));
            return outcome.map_err(failed);
        }
        let place = if there.is_ok() { fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
        let path = place.as_path();
        let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::IsADirectory.into()))?;
        let mut unfinished = name.to_owned();
        unfinished.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = path.with_file_name(unfinished);
        let outcome = self.write_to(&unfinished).and_then(|()| fs::rename(&unfinished, path));
        outcome.map_err(|error| {
            // Whatever failed is told; that the remains could not be removed as well adds nothing.
            let _ = fs::remove_file(&unfinished);
            failed(error)
        })
    }

    fn write_to(&self, path: &Path) -> io::Result<()> {
        // Left over from a process with the same id; `create_new` then makes sure that nobody put a link there.
        if let Err(error) = fs::remove_file(path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        self.pack(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?)
    }

    /// Writes it into a file that is open already, for its owner only: it may tell secrets of the host.
    ///
    /// # Errors
    /// It can't be written.
    pub fn pack(&self, file: File) -> io::Result<()> {
        let mut packed = BufWriter::with_capacity(1 << 16, GzEncoder::new(file, Compression::fast()));
        serde_json::to_writer(&mut packed, self)?;
        packed.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()
    }

    /// Reads a snapshot, compressed or not.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let failed = |error| FileError::Io { path: path.to_owned(), error };
        Self::read_from(path, BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?))
    }

    /// Reads a snapshot from what is open already; `path` is its name in errors.
    pub fn read_from(path: &Path, mut file: impl BufRead) -> Result<Self, FileError> {
        let failed = |error| FileError::Io { path: path.to_owned(), error };
        let packed = file.fill_buf().map_err(failed)?.starts_with(&GZIP);
        let source: Box<dyn Read + '_> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut text = Vec::new();
        let length = source.take(LIMIT + 1).read_to_end(&mut text).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => FileError::Truncated(path.to_owned()),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => FileError::Damaged { path: path.to_owned(), error },
            _ => failed(error),
        })?;
        if length as u64 > LIMIT {
            return Err(FileError::TooBig(path.to_owned()));
        }
        parse(path, &text)
    }
}

fn parse(path: &Path, text: &[u8]) -> Result<Snapshot, FileError> {
    let foreign = |reason: String| FileError::Foreign { path: path.to_owned(), reason };
    let malformed = |error: serde_json::Error| {
        let begun = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        if error.is_eof() && begun { FileError::Truncated(path.to_owned()) } else { foreign(error.to_string()) }
    };
    let Head { version, clearway } = serde_json::from_slice(text).map_err(malformed)?;
    let (Some(found), Some(clearway)) = (version, clearway) else { return Err(foreign("it names no version".into())) };
    if found > u64::from(VERSION) {
        return Err(FileError::Newer { path: path.to_owned(), found, clearway });
    }
    serde_json::from_slice(text).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::snapshot::Messages;

    fn sample() -> Snapshot {
        Snapshot {
            version: VERSION,
            clearway: "0.1.0".into(),
            links: Messages((0..=255).cycle().take(4000).collect()),
            ..Snapshot::default()
        }
    }

    #[test]
    fn written_files_are_private_and_read_back_alike() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("host.clearway");
        sample().write(&path).expect("written");
        sample().write(&path).expect("written over");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
        assert_eq!(Snapshot::read(&path).expect("read").links, sample().links);
        fs::write(&path, serde_json::to_vec(&sample()).expect("JSON")).expect("written");
        assert_eq!(Snapshot::read(&path).expect("read").links, sample().links);
        assert!(matches!(sample().write(&folder.path().join("none/host")), Err(FileError::Io { .. })));
        assert!(matches!(sample().write(folder.path()), Err(FileError::Io { .. })));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).expect("made");
        sample().write(&link).expect("written away");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink(), "a device stays what it is");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("host.clearway");
        let read = |bytes: &[u8]| {
            fs::write(&path, bytes).expect("written");
            Snapshot::read(&path).expect_err("it is broken")
        };
        sample().write(&path).expect("written");
        let packed = fs::read(&path).expect("there");
        for length in [3, packed.len() / 2, packed.len() - 1] {
            assert!(matches!(read(&packed[..length]), FileError::Truncated(_)), "{length}");
        }
        let plain = serde_json::to_vec(&sample()).expect("JSON");
        assert!(matches!(read(&plain[..plain.len() / 2]), FileError::Truncated(_)));
        let mut damaged = packed.clone();
        let last = damaged.len() - 6;
        damaged[last] ^= 0xff;
        assert!(matches!(read(&damaged), FileError::Damaged { .. }));
        for foreign in
            [&b""[..], b"*filter\n:INPUT ACCEPT\n", b"{}", b"[1]", b"{\"version\":\"1\"}", b"{\"version\":1,\"clearway\":\"0.1.0\"}"]
        {
            assert!(matches!(read(foreign), FileError::Foreign { .. }), "{foreign:?}");
        }
        let newer = read(b"{\"version\":99,\"clearway\":\"7.0.0\",\"links\":{}}").to_string();
        assert!(newer.contains("format 99 by clearway 7.0.0"), "{newer}");
        assert!(matches!(Snapshot::read(&folder.path().join("none")), Err(FileError::Io { .. })));
        assert!(matches!(Snapshot::read(folder.path()), Err(FileError::Io { .. })));
    }
}
