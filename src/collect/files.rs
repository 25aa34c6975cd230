//! Files that a question names: read whole or not at all, of bounded size, and never outside the root that is meant.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::fd::{AsRawFd as _, OwnedFd},
    path::Path,
};

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};

use crate::{
    gateway::proxy::pattern,
    world::{Answer, Question, World},
};

/// The files of this machine and nothing else: what the user names by hand lies here, whichever host is audited.
pub struct Disk;

impl World for Disk {
    fn ask(&self, question: &Question) -> Answer {
        match question {
            Question::File { root, path } => text(*root, path),
            Question::Paths { root, pattern } => paths(*root, pattern),
            // Whose socket files these would be is not known.
            _ => Answer::Unknown("not collected".into()),
        }
    }
}

/// A configuration file of more bytes is none.
const LARGEST: u64 = 16 << 20;

/// A program of more bytes is not searched.
const LARGEST_PROGRAM: u64 = 256 << 20;

/// So many paths are enough for one pattern.
const MOST_PATHS: usize = 100_000;

/// Opens a path below the root directory of a process, or of this one. Nothing waits for a writer, and no link leads out of the root
/// (`RESOLVE_IN_ROOT`): a container's absolute links mean the container's files.
pub(super) fn open(root: Option<u32>, path: &str, flags: OFlag) -> io::Result<File> {
    let folder = root.map_or_else(|| "/".to_owned(), |pid| format!("/proc/{pid}/root"));
    let folder = File::open(folder)?;
    // `openat2` takes nothing beside O_PATH that has no meaning for it.
    let careful = if flags.contains(OFlag::O_PATH) { OFlag::empty() } else { OFlag::O_NONBLOCK | OFlag::O_NOCTTY };
    let flags = flags | careful | OFlag::O_CLOEXEC;
    let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let opened: OwnedFd = openat2(folder, Path::new(path), how)?;
    Ok(File::from(opened))
}

/// What a regular file holds.
fn contents(root: Option<u32>, path: &str, largest: u64) -> io::Result<Vec<u8>> {
    let file = open(root, path, OFlag::O_RDONLY)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    if file.take(largest + 1).read_to_end(&mut bytes)? as u64 > largest {
        return Err(io::Error::other(format!("it has more than {} MiB", largest >> 20)));
    }
    Ok(bytes)
}

pub(super) fn failed(error: &io::Error) -> Answer {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Answer::Absent("no such file".into()),
        io::ErrorKind::PermissionDenied => Answer::Unknown("permission denied (run as root)".into()),
        _ => Answer::Unknown(error.to_string()),
    }
}

/// The text of a file.
pub fn text(root: Option<u32>, path: &str) -> Answer {
    match contents(root, path, LARGEST) {
        Ok(bytes) => Answer::Text(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())),
        Err(error) => failed(&error),
    }
}

/// The first run of printable characters of a program in which a text stands.
pub fn built_with(root: Option<u32>, program: &str, wanted: &str) -> Answer {
    let bytes = match contents(root, program, LARGEST_PROGRAM) {
        Ok(bytes) => bytes,
        Err(error) => return failed(&error),
    };
    let printable = |byte: &u8| (b' '..=b'~').contains(byte);
    let mut runs = bytes.split(|byte| !printable(byte)).filter(|run| run.len() >= wanted.len());
    match runs.find(|run| run.windows(wanted.len()).any(|window| window == wanted.as_bytes())) {
        Some(run) => Answer::Text(String::from_utf8_lossy(run).into_owned()),
        None => Answer::Absent(format!("the program does not say '{wanted}'")),
    }
}

/// The paths that a pattern names, sorted by byte as in the C locale.
pub fn paths(root: Option<u32>, pattern: &str) -> Answer {
    let mut found = vec![String::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut deeper = Vec::new();
        for folder in &found {
            if !pattern::is_pattern(part) {
                deeper.push(format!("{folder}/{}", pattern::unescaped(part)));
                continue;
            }
            let names = match names(root, if folder.is_empty() { "/" } else { folder }) {
                Ok(names) => names,
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return failed(&error),
                // As `glob`: what can't be listed holds nothing.
                Err(_) => continue,
            };
            deeper.extend(names.into_iter().filter(|name| pattern::matches(part, name)).map(|name| format!("{folder}/{name}")));
            if deeper.len() > MOST_PATHS {
                return Answer::Unknown(format!("it names more than {MOST_PATHS} files"));
            }
        }
        found = deeper;
    }
    found.retain(|path| open(root, path, OFlag::O_PATH).is_ok());
    found.sort_unstable();
    Answer::Paths(found)
}

fn names(root: Option<u32>, folder: &str) -> io::Result<Vec<String>> {
    let folder = open(root, folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
    let listing = fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
    Ok(listing.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}

/// A variable of a process' environment, as it was when it started.
pub fn environment(process: u32, name: &str) -> Answer {
    let block = match fs::read(format!("/proc/{process}/environ")) {
        Ok(block) => block,
        Err(error) => return failed(&error),
    };
    let mut variables = block.split(|&byte| byte == 0).filter_map(|entry| {
        let at = entry.iter().position(|&byte| byte == b'=')?;
        Some((entry.get(..at)?, entry.get(at + 1..)?))
    });
    match variables.find(|(each, _)| *each == name.as_bytes()) {
        Some((_, value)) => Answer::Text(String::from_utf8_lossy(value).into_owned()),
        None => Answer::Absent(format!("the environment has no {name}")),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn files_and_patterns() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        fs::create_dir_all(path("a/x")).expect("made");
        fs::create_dir_all(path("b/x")).expect("made");
        fs::write(path("b/x/2.conf"), b"two\xff").expect("written");
        fs::write(path("a/x/1.conf"), "one").expect("written");
        fs::write(path("a/x/.3.conf"), "three").expect("written");
        symlink(path("none"), path("a/x/dangling.conf")).expect("linked");
        assert_eq!(paths(None, &path("*/x/*.conf")), Answer::Paths(vec![path("a/x/1.conf"), path("b/x/2.conf")]));
        assert_eq!(paths(None, &path("none/*")), Answer::Paths(Vec::new()));
        assert_eq!(text(None, &path("b/x/2.conf")), Answer::Text("two\u{fffd}".into()));
        assert!(matches!(text(None, &path("none")), Answer::Absent(_)));
        assert!(matches!(text(None, &path("a")), Answer::Unknown(_)));
        assert!(matches!(text(None, "/dev/zero"), Answer::Unknown(_)));
        assert_eq!(text(Some(std::process::id()), &path("a/x/1.conf")), Answer::Text("one".into()));
    }
}
