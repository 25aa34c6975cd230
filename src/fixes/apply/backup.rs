//! What was there before a change, kept so that it can be put back whole: the rules of every back end, the files that owners write, settings.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Error, lock};
use crate::fixes::Action;

/// Files that programs write when they are told to let packets through.
const FILES: [(&str, &[&str]); 5] = [
    ("ufw", &["/etc/ufw/user.rules", "/etc/ufw/user6.rules"]),
    ("shorewall", &["/etc/shorewall/rules"]),
    ("shorewall6", &["/etc/shorewall6/rules"]),
    ("firewall-cmd", &[]),
    ("sysctl", &[]),
];

/// The back ends of iptables, by the programs that save and restore them, and the file that tells whether there is something: asking for a
/// legacy table that is not there makes it.
const XTABLES: [(&str, &str, &str, Option<&str>); 4] = [
    ("iptables-legacy-save", "iptables-legacy-restore", "legacy4", Some("/proc/net/ip_tables_names")),
    ("ip6tables-legacy-save", "ip6tables-legacy-restore", "legacy6", Some("/proc/net/ip6_tables_names")),
    ("iptables-nft-save", "iptables-nft-restore", "nft4", None),
    ("ip6tables-nft-save", "ip6tables-nft-restore", "nft6", None),
];

/// Saves everything that these actions may change.
pub fn save(folder: &Path, actions: &[Action]) -> Result<(), Error> {
    for (save, _, name, listed) in XTABLES {
        if listed.is_none_or(|list| fs::read_to_string(list).is_ok_and(|names| !names.trim().is_empty())) {
            // Where the program is not installed, nothing of it is there.
            if let Ok(text) = output(&[save.to_owned()]) {
                write(&folder.join(name), text.as_bytes())?;
            }
        }
    }
    write(&folder.join("tables"), tables()?.as_bytes())?;
    let mut files = String::new();
    for path in touched(actions) {
        let copy = format!("file{}", files.lines().count());
        match fs::read(&path) {
            Ok(bytes) => {
                write(&folder.join(&copy), &bytes)?;
                files.push_str(&format!("{copy} {path}\n"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => files.push_str(&format!("- {path}\n")),
            Err(error) => return Err(Error::File { path: path.into(), error }),
        }
    }
    write(&folder.join("files"), files.as_bytes())?;
    let undo: Vec<Action> = actions.iter().filter_map(undo).collect();
    write(&folder.join("undo"), &serde_json::to_vec(&undo).unwrap_or_default())
}

/// Puts everything back: what the owner keeps in files and in itself first, then the rules where they still differ.
/// Goes on where something fails, and tells what did.
pub fn restore(folder: &Path) -> Vec<String> {
    let mut failed = Vec::new();
    let mut note = |outcome: Result<(), Error>| {
        if let Err(error) = outcome {
            failed.push(error.to_string());
        }
    };
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    for line in read("files").lines() {
        let Some((copy, path)) = line.split_once(' ') else { continue };
        note(match copy {
            "-" => match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::File { path: path.into(), error }),
                _ => Ok(()),
            },
            copy => fs::read(folder.join(copy)).map_err(Error::file(folder.join(copy))).and_then(|bytes| replace(Path::new(path), &bytes)),
        });
    }
    // What an action had not done yet has nothing to be undone: an owner's complaint about that is none.
    let undo: Vec<Action> = serde_json::from_str(&read("undo")).unwrap_or_default();
    let _undone: Vec<_> = undo.iter().map(run).collect();
    for (save, restore, name, _) in XTABLES {
        let Ok(before) = fs::read_to_string(folder.join(name)) else { continue };
        if output(&[save.to_owned()]).is_ok_and(|now| bare(&now) == bare(&before)) {
            continue;
        }
        // A table that had no rule yet is not in the text: its chains are emptied by name.
        let emptied = emptied(save, &before);
        note(input(&[restore], &format!("{emptied}{before}")));
    }
    let before = read("tables");
    if tables().is_ok_and(|now| bare(&now) != bare(&before)) {
        note(input(&["nft", "-f", "-"], &before));
    }
    failed
}

/// Whether the rules are what they were.
pub fn is_restored(folder: &Path) -> bool {
    let same_of = |save: &str, name: &str| match fs::read_to_string(folder.join(name)) {
        Ok(before) => output(&[save.to_owned()]).is_ok_and(|now| bare(&now) == bare(&before)),
        Err(_) => true,
    };
    let tables_same = fs::read_to_string(folder.join("tables")).is_ok_and(|before| tables().is_ok_and(|now| bare(&now) == bare(&before)));
    tables_same && XTABLES.iter().all(|(save, _, name, _)| same_of(save, name))
}

/// Tables that are there now and were not: a restore replaces only those that it names.
fn emptied(save: &str, before: &str) -> String {
    let now = output(&[save.to_owned()]).unwrap_or_default();
    let tables = |text: &str| text.lines().filter(|line| line.starts_with('*')).map(str::to_owned).collect::<Vec<_>>();
    let known = tables(before);
    tables(&now).into_iter().filter(|table| !known.contains(table)).map(|table| format!("{table}\nCOMMIT\n")).collect()
}

/// The tables of nft that iptables does not keep, as a text that puts them back in one transaction.
fn tables() -> Result<String, Error> {
    let Ok(listed) = output(&["nft".to_owned(), "list".to_owned(), "tables".to_owned()]) else { return Ok(String::new()) };
    let mut text = String::new();
    for line in listed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["table", family, name] = words.as_slice() else { continue };
        let shown = output(&["nft", "list", "table", family, name].map(str::to_owned))?;
        // What nft can't write it can't put back: that is a table of iptables, which has programs of its own.
        if shown.contains("# Warning: table") || shown.contains("xt target") || shown.contains("xt match") || is_of_iptables(family, name) {
            continue;
        }
        text.push_str(&format!("table {family} {name} {{ }}\ndelete table {family} {name}\n{shown}"));
    }
    Ok(text)
}

fn is_of_iptables(family: &str, name: &str) -> bool {
    matches!(family, "ip" | "ip6") && matches!(name, "filter" | "nat" | "mangle" | "raw" | "security") && {
        let save = if family == "ip" { "iptables-nft-save" } else { "ip6tables-nft-save" };
        output(&[save.to_owned()]).is_ok_and(|text| text.lines().any(|line| line == format!("*{name}")))
    }
}

/// Without what counts and what tells the time.
fn bare(text: &str) -> String {
    let counted = |word: &str| word.starts_with('[') && word.ends_with(']') && word.contains(':');
    let mut bare = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut number = false;
        for word in line.split_whitespace() {
            if !counted(word) && !std::mem::replace(&mut number, matches!(word, "packets" | "bytes" | "expires")) {
                bare.push_str(word);
                bare.push(' ');
            }
        }
        bare.push('\n');
    }
    bare
}

/// The files that actions change.
fn touched(actions: &[Action]) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for action in actions {
        let of = match action {
            Action::Line { file, .. } => vec![file.clone()],
            Action::Run(words) => {
                let known = FILES.iter().find(|(program, _)| words.first().is_some_and(|word| word == program));
                known.map_or_else(Vec::new, |(_, files)| files.iter().map(|file| (*file).to_owned()).collect())
            }
        };
        files.extend(of.into_iter().filter(|file| !files.contains(file)).collect::<Vec<_>>());
    }
    files
}

/// What takes an action back in the owner's own memory; files and rules are put back as they were.
fn undo(action: &Action) -> Option<Action> {
    let Action::Run(words) = action else { return None };
    let changed = |from: &str, to: &str| Action::run(words.iter().map(|word| word.replace(from, to)));
    match words.first()?.as_str() {
        "firewall-cmd" => changed("--add-rich-rule=", "--remove-rich-rule="),
        "fail2ban-client" => changed("unbanip", "banip"),
        "shorewall" | "shorewall6" => Some(action.clone()),
        "sysctl" => {
            let (key, _) = words.last()?.split_once('=')?;
            let path = Path::new("/proc/sys").join(key.replace('.', "/"));
            let now = fs::read_to_string(path).ok()?;
            Action::run(["sysctl", "-w", &format!("{key}={}", now.trim())])
        }
        _ => None,
    }
}

/// Does one action.
pub fn run(action: &Action) -> Result<(), Error> {
    match action {
        Action::Run(words) => output(words).map(|_| ()),
        Action::Line { file, line, before } => {
            let path = Path::new(file);
            let text = match fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && before.is_none() => String::new(),
                Err(error) => return Err(Error::File { path: path.to_owned(), error }),
            };
            let mut lines: Vec<&str> = text.lines().collect();
            let at = before.map_or(lines.len(), |number| number.saturating_sub(1).min(lines.len()));
            lines.insert(at, line);
            replace(path, format!("{}\n", lines.join("\n")).as_bytes())
        }
    }
}

/// Does an action of a file or program that keeps rules for the next boot; puts the file back if nft does not take it.
pub fn persist(action: &Action) -> Result<(), Error> {
    let Action::Line { file, .. } = action else { return run(action) };
    let before = fs::read(file).map_err(Error::file(file))?;
    run(action)?;
    // `-c` tries the file on the kernel's own rules without changing them.
    output(&["nft", "-c", "-f", file].map(str::to_owned)).map(|_| ()).inspect_err(|_| drop(replace(Path::new(file), &before)))
}

/// A file's new content takes its place whole or not at all, with the old one's mode.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mode = fs::metadata(&place).map_or(0o644, |data| data.permissions().mode() & 0o7777);
    let unfinished = PathBuf::from(format!("{}.clearway", place.display()));
    let _left = fs::remove_file(&unfinished);
    let written = write(&unfinished, bytes)
        .and_then(|()| fs::set_permissions(&unfinished, fs::Permissions::from_mode(mode)).map_err(Error::file(&unfinished)))
        .and_then(|()| fs::rename(&unfinished, &place).map_err(Error::file(&place)));
    written.inspect_err(|_| drop(fs::remove_file(&unfinished)))
}

/// A file for root alone.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all())).map_err(Error::file(path))
}

/// A folder for root alone.
pub fn folder(path: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::file(path))
}

fn output(words: &[String]) -> Result<String, Error> {
    let failed = |why: String| Error::Command { command: words.join(" "), why };
    let (program, arguments) = words.split_first().ok_or_else(|| failed("nothing to run".into()))?;
    let mut command = Command::new(program);
    let output = lock::under(&mut command).args(arguments).stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

fn input(words: &[&str], text: &str) -> Result<(), Error> {
    let failed = |why: String| Error::Command { command: words.join(" "), why };
    let (program, arguments) = words.split_first().ok_or_else(|| failed("nothing to run".into()))?;
    let mut command = Command::new(program);
    lock::under(&mut command).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let sent = child.stdin.take().map(|mut pipe| pipe.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    match (output.status.success(), sent) {
        (true, Some(Ok(()))) => Ok(()),
        (true, _) => Err(failed("it did not read everything".into())),
        (false, _) => Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}
