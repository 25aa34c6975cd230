//! Network namespaces: finding and entering them.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns},
};

/// Where `ip netns` keeps named ones.
const NAMED: &str = "/run/netns";

/// Why a network namespace cannot be entered.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    /// There is no such thing.
    #[error("no network namespace {name}: {path} does not exist{}", hint(.name))]
    Unknown {
        /// As the user named it.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It is there but cannot be opened.
    #[error("cannot open the network namespace {name} ({path}): {error}{}", if .error.kind() == io::ErrorKind::PermissionDenied { "; it takes the capability CAP_SYS_PTRACE (run as root)" } else { "" })]
    Closed {
        /// As the user named it.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// What was named is something else.
    #[error("{} is not a network namespace", .0.display())]
    Other(PathBuf),
    /// No privilege.
    #[error("entering the network namespace {0} takes the capabilities CAP_SYS_ADMIN and CAP_NET_ADMIN (run as root)")]
    Privilege(String),
    /// Anything else.
    #[error("cannot enter the network namespace {name}: {}", .errno.desc())]
    Refused {
        /// As the user named it.
        name: String,
        /// The kernel's error.
        errno: Errno,
    },
}

/// Moves the calling thread into a namespace: all digits are a process id, with a slash it is a path, anything else a name.
pub fn enter(name: &str) -> Result<(), NamespaceError> {
    let path = path(name);
    let file = File::open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NamespaceError::Unknown { name: name.to_owned(), path: path.clone() },
        _ => NamespaceError::Closed { name: name.to_owned(), path: path.clone(), error },
    })?;
    setns(file, CloneFlags::CLONE_NEWNET).map_err(|errno| match errno {
        Errno::EPERM => NamespaceError::Privilege(name.to_owned()),
        Errno::EINVAL => NamespaceError::Other(path),
        errno => NamespaceError::Refused { name: name.to_owned(), errno },
    })
}

/// Whether this program is in the network namespace of the first process, whose rules are those that a boot restores.
#[must_use]
pub fn is_of_boot() -> bool {
    let of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
    of("1").is_some_and(|first| Some(first) == of("thread-self"))
}

fn path(name: &str) -> PathBuf {
    if is_process(name) {
        PathBuf::from(format!("/proc/{name}/ns/net"))
    } else if name.contains('/') {
        PathBuf::from(name)
    } else {
        Path::new(NAMED).join(name)
    }
}

fn is_process(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn hint(name: &str) -> &'static str {
    if is_process(name) || name.contains('/') { "" } else { " (`ip netns list` shows those that have a name)" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths_and_processes() {
        assert_eq!(path("blue"), Path::new("/run/netns/blue"));
        assert_eq!(path("12"), Path::new("/proc/12/ns/net"));
        assert_eq!(path("./12"), Path::new("./12"));
    }

    #[test]
    fn unknown_namespaces_say_where_they_were_looked_for() {
        let error = enter("no-such-namespace").expect_err("it does not exist");
        assert!(error.to_string().starts_with("no network namespace no-such-namespace: /run/netns/no-such-namespace"), "{error}");
        assert!(matches!(enter("/etc/passwd"), Err(NamespaceError::Other(_) | NamespaceError::Privilege(_))));
        assert!(matches!(enter("/"), Err(NamespaceError::Other(_) | NamespaceError::Privilege(_))));
    }
}
