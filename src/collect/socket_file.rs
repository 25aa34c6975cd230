//! Socket files: who may use them, and whether anybody listens.

use std::{collections::BTreeSet, fs, io, os::unix::fs::MetadataExt as _};

use nix::fcntl::OFlag;

use super::{
    files::{failed, open},
    owners::{entries, namespace},
};
use crate::world::{Answer, Step};

/// The way to a socket file of a process' root directory, or of this program's.
pub fn ask(root: Option<u32>, path: &str) -> Answer {
    let ends = path.char_indices().filter(|(at, char)| *char == '/' && *at > 0).map(|(at, _)| at).chain([path.len()]);
    let prefixes = std::iter::once("/").chain(ends.filter_map(|end| path.get(..end)));
    let step = |prefix: &str| {
        let data = open(root, prefix, OFlag::O_PATH)?.metadata()?;
        Ok(Step { path: prefix.to_owned(), uid: data.uid(), gid: data.gid(), mode: data.mode() })
    };
    match prefixes.map(step).collect::<io::Result<Vec<Step>>>() {
        Ok(way) => Answer::SocketFile { way, listens: listens(path) },
        Err(error) => failed(&error),
    }
}

/// Whether a socket that is bound to this path listens; none if one does that may be the same by another name. The kernel finds a socket by
/// the file's inode, whatever network namespace it is of (`unix_find_bsd`): a container's service may well listen on a file that it shares.
fn listens(path: &str) -> Option<bool> {
    let mut seen = BTreeSet::new();
    let mut alike = false;
    for process in std::iter::once("thread-self".to_owned()).chain(entries("/proc").filter(|name| name.parse::<u32>().is_ok())) {
        if !namespace(&process).is_some_and(|namespace| seen.insert(namespace)) {
            continue;
        }
        let table = fs::read(format!("/proc/{process}/net/unix")).unwrap_or_default();
        for bound in String::from_utf8_lossy(&table).lines().filter_map(listener) {
            if bound == path {
                return Some(true);
            }
            alike |= file_name(bound) == file_name(path);
        }
    }
    (!alike).then_some(false)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The path of a listening socket in a line of /proc/net/unix: its flags have `__SO_ACCEPTCON` (`unix_seq_show`).
fn listener(line: &str) -> Option<&str> {
    const ACCEPTS: u32 = 1 << 16;
    // Address, uses, protocol, flags, type, state, inode, which may be padded, and the path.
    let mut rest = line;
    let mut flags = 0;
    for field in 0..7 {
        rest = rest.trim_start();
        let (word, after) = rest.split_once(' ')?;
        if field == 3 {
            flags = u32::from_str_radix(word, 16).ok()?;
        }
        rest = after;
    }
    (flags & ACCEPTS != 0).then_some(rest)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn lines_of_the_table() {
        let line = "0000000000000000: 00000002 00000000 00010000 0001 01  1234 /run/with space.sock";
        assert_eq!(listener(line), Some("/run/with space.sock"));
        assert_eq!(listener("0000000000000000: 00000002 00000000 00000000 0002 01  1234 /run/a.sock"), None);
        assert_eq!(listener("0000000000000000: 00000003 00000000 00000000 0001 03  1234"), None);
        assert_eq!(listener("Num       RefCount Protocol Flags    Type St Inode Path"), None);
    }

    #[test]
    fn who_listens() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(path("other")).expect("made");
        let _here = UnixListener::bind(path("clearway-here")).expect("bound");
        drop(UnixListener::bind(path("clearway-left")).expect("bound"));
        std::fs::write(path("other/clearway-here"), "").expect("written");
        assert_eq!(listens(&path("clearway-here")), Some(true));
        assert_eq!(listens(&path("clearway-left")), Some(false));
        assert_eq!(listens(&path("other/clearway-here")), None);
        let Answer::SocketFile { way, .. } = ask(None, &path("clearway-left")) else { panic!("it is there") };
        assert_eq!(way.first().map(|step| step.path.as_str()), Some("/"));
        assert_eq!(way.last().map(|step| step.path.clone()), Some(path("clearway-left")));
        assert!(matches!(ask(None, &path("none")), Answer::Absent(_)));
    }
}
