//! What must be known of owners' programs to make their actions and to take them back.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{Error, files, program};
use crate::fixes::Action;

/// Files that programs write when they are told to let packets through.
const WRITTEN: [(&str, &[&str]); 3] = [
    ("ufw", &["/etc/ufw/user.rules", "/etc/ufw/user6.rules"]),
    ("shorewall", &["/etc/shorewall/rules"]),
    ("shorewall6", &["/etc/shorewall6/rules"]),
];

/// Those that tell a daemon, which may need the lock of xtables that we would hold.
const OF_DAEMONS: [&str; 2] = ["firewall-cmd", "fail2ban-client"];

/// Does one action, until then.
pub fn make(action: &Action, end: Instant) -> Result<(), Error> {
    match action {
        Action::Run(words) => program::until(words, end),
        Action::Line { file, line, before } => files::add_line(Path::new(file), line, *before),
    }
}

/// The files that actions change.
pub fn touched(actions: &[Action]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for action in actions {
        let of: Vec<&str> = match action {
            Action::Line { file, .. } => vec![file],
            Action::Run(words) => {
                let known = WRITTEN.iter().find(|(program, _)| words.first().is_some_and(|word| word == program));
                known.map_or_else(Vec::new, |(_, files)| files.to_vec())
            }
        };
        for file in of.into_iter().map(PathBuf::from) {
            if !found.contains(&file) {
                found.push(file);
            }
        }
    }
    found
}

/// Whether a daemon does it.
pub fn is_of_daemon(action: &Action) -> bool {
    matches!(action, Action::Run(words) if words.first().is_some_and(|word| OF_DAEMONS.contains(&word.as_str())))
}

/// How many rules an action adds, or takes out.
pub fn rules(action: &Action) -> usize {
    match action {
        Action::Run(words) => match words.first().map(String::as_str) {
            Some("sysctl" | "shorewall" | "shorewall6") => 0,
            Some("firewall-cmd") => usize::from(!words.iter().any(|word| word == "--permanent")),
            _ => 1,
        },
        // A setting's drop-in has none.
        Action::Line { file, .. } => usize::from(!file.ends_with(".conf")),
    }
}

/// What takes an action back in the owner's own memory; files and rules are put back as they were.
pub fn undo(action: &Action) -> Option<Action> {
    let Action::Run(words) = action else { return None };
    let changed = |from: &str, to: &str| Action::run(words.iter().map(|word| word.replace(from, to)));
    match words.first()?.as_str() {
        "firewall-cmd" => changed("--add-rich-rule=", "--remove-rich-rule="),
        "fail2ban-client" => changed("unbanip", "banip"),
        "sysctl" => {
            let (key, _) = words.last()?.split_once('=')?;
            let path = Path::new("/proc/sys").join(key.replace('.', "/"));
            let now = fs::read_to_string(path).ok()?;
            Action::run(["sysctl", "-w", &format!("{key}={}", now.trim())])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str]) -> Action {
        Action::run(words.iter().copied()).expect("words")
    }

    #[test]
    fn what_owners_did_has_an_opposite() {
        let rich = run(&["firewall-cmd", "--permanent", "--zone=public", "--add-rich-rule=rule accept"]);
        assert_eq!(undo(&rich), Some(run(&["firewall-cmd", "--permanent", "--zone=public", "--remove-rich-rule=rule accept"])));
        assert_eq!((rules(&rich), is_of_daemon(&rich)), (0, true));
        let unban = run(&["fail2ban-client", "set", "web", "unbanip", "198.51.100.7"]);
        assert_eq!(undo(&unban), Some(run(&["fail2ban-client", "set", "web", "banip", "198.51.100.7"])));
        assert_eq!(undo(&run(&["ufw", "allow", "80/tcp"])), None);
        let line = Action::line("/etc/shorewall/rules", "ACCEPT net $FW tcp 80", None).expect("a line");
        assert_eq!(touched(&[line.clone(), line.clone(), run(&["ufw", "allow"])]).len(), 3);
        assert_eq!(rules(&line), 1);
    }
}
