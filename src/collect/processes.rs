//! Running programs that may be proxies: how they were started.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::owners::{effective_uid, entries, namespace};
use crate::snapshot::Process;

/// Bytes of a command line; a kernel gives no more than that to most programs (`MAX_ARG_STRLEN`).
const LONGEST: usize = 128 << 10;

/// Processes by id.
#[derive(Debug, Default)]
pub struct Running {
    /// Those of this network namespace.
    pub here: Vec<Process>,
    /// Those of each other one.
    pub elsewhere: BTreeMap<PathBuf, Vec<Process>>,
}

/// The processes whose program has one of these names.
#[must_use]
pub fn find(programs: &[&str]) -> Running {
    let here = namespace("thread-self");
    let own_root = root("self");
    let mut pids: Vec<u32> = entries("/proc").filter_map(|name| name.parse().ok()).collect();
    pids.sort_unstable();
    let running = |pid: &u32| {
        let command = read(*pid, "comm").trim_end_matches('\n').to_owned();
        let executable = link(*pid, "exe");
        let named = executable.as_deref().and_then(|path| path.trim_end_matches(" (deleted)").rsplit('/').next());
        let wanted = |name: &str| programs.iter().any(|each| cut(each) == name || *each == name);
        (wanted(&command) || named.is_some_and(wanted)).then_some((*pid, command, executable))
    };
    let mut found = Running::default();
    for (pid, command, executable) in pids.iter().filter_map(running) {
        let Some(namespace) = namespace(&pid.to_string()) else { continue };
        let Some(process) = describe(pid, command, executable, own_root) else { continue };
        if Some(&namespace) == here.as_ref() {
            found.here.push(process);
        } else {
            found.elsewhere.entry(namespace).or_default().push(process);
        }
    }
    found
}

fn describe(pid: u32, command: String, executable: Option<String>, own_root: Option<(u64, u64)>) -> Option<Process> {
    let status = read(pid, "status");
    Some(Process {
        pid,
        parent: status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?,
        command,
        executable,
        arguments: arguments(&fs::read(format!("/proc/{pid}/cmdline")).ok()?),
        folder: link(pid, "cwd"),
        uid: effective_uid(&status)?,
        gids: groups(&status),
        own_root: root(&pid.to_string()).is_some_and(|root| Some(root) != own_root),
    })
}

/// `comm` has 15 bytes (`TASK_COMM_LEN`).
fn cut(name: &str) -> &str {
    name.get(..15).unwrap_or(name)
}

fn read(pid: u32, file: &str) -> String {
    fs::read(format!("/proc/{pid}/{file}")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn link(pid: u32, name: &str) -> Option<String> {
    fs::read_link(format!("/proc/{pid}/{name}")).ok().map(|path| path.to_string_lossy().into_owned())
}

/// The second of the four ids in `Gid:` of /proc/PID/status, and those in `Groups:`.
fn groups(status: &str) -> Vec<u32> {
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line("Gid:").split_whitespace().skip(1).take(1).chain(line("Groups:").split_whitespace()).filter_map(|id| id.parse().ok()).collect()
}

/// Device and inode of a root directory: two that are alike show the same files.
fn root(process: &str) -> Option<(u64, u64)> {
    fs::metadata(Path::new("/proc").join(process).join("root/.")).ok().map(|data| (data.dev(), data.ino()))
}

/// Each ends with a zero byte; a title that was written over them ends with spaces or several of those.
fn arguments(line: &[u8]) -> Vec<String> {
    let line = line.get(..LONGEST).unwrap_or(line);
    let end = line.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
    let line = line.get(..end).unwrap_or_default();
    if line.is_empty() {
        Vec::new()
    } else {
        line.split(|&byte| byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_and_titles() {
        assert_eq!(arguments(b"haproxy\0-f\0/etc/haproxy/haproxy.cfg\0"), ["haproxy", "-f", "/etc/haproxy/haproxy.cfg"]);
        assert_eq!(arguments(b"nginx: master process nginx -c x\0\0\0"), ["nginx: master process nginx -c x"]);
        assert_eq!(arguments(b"a\0\0b\0"), ["a", "", "b"]);
        assert!(arguments(b"").is_empty());
    }

    #[test]
    fn this_very_process_is_found_by_the_name_of_its_program() {
        let program = std::env::current_exe().expect("a program");
        let name = program.file_name().and_then(|name| name.to_str()).expect("a name");
        let found = find(&[name]);
        let this = found.here.iter().find(|process| process.pid == std::process::id()).expect("it runs");
        assert!(!this.own_root);
        assert!(this.folder.is_some() && !this.arguments.is_empty());
        let none = find(&["no-such-program"]);
        assert!(none.here.is_empty() && none.elsewhere.is_empty());
    }
}
