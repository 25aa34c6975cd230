//! How haproxy was started: the arguments of `main` that name its files.

use super::super::{Files, Invocation, files::absolute};
use crate::snapshot::Process;

/// Where Debian, Ubuntu and Fedora keep it.
const PACKAGED: &str = "/etc/haproxy/haproxy.cfg";

/// What a process reads.
pub fn invocation(process: &Process, _files: &Files<'_>) -> Option<Invocation> {
    let options = options(&process.arguments);
    // A program that only tells its version, or checks a file, is no proxy.
    if options.checks {
        return None;
    }
    let current = process.folder.clone().unwrap_or_else(|| "/".into());
    let current = options.folder.map_or_else(|| current.clone(), |folder| absolute(&current, &folder));
    let mut files: Vec<String> = options.files.iter().map(|file| absolute(&current, file)).collect();
    if files.is_empty() {
        files.push(PACKAGED.to_owned());
    }
    Some(Invocation {
        files,
        folder: current,
        arguments: options.peer.into_iter().collect(),
        process: Some(process.pid),
        uid: Some(process.uid),
        program: process.executable.as_deref().map(|path| path.trim_end_matches(" (deleted)").to_owned()),
    })
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    files: Vec<String>,
    folder: Option<String>,
    /// `-L`: the name among peers.
    peer: Option<String>,
    checks: bool,
}

/// `-f a -f b`, `-- a b`; after `-sf` and `-st` come process ids.
fn options(words: &[String]) -> Options {
    let mut options = Options::default();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--" => {
                options.files.extend(words.by_ref().cloned());
                break;
            }
            "-f" => options.files.extend(words.next().cloned()),
            "-C" => options.folder = words.next().cloned(),
            "-L" => options.peer = words.next().cloned(),
            "-c" | "-v" | "-vv" | "-cc" => options.checks = true,
            "-p" | "-x" | "-S" | "-n" | "-N" | "-m" => _ = words.next(),
            _ => {}
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_options() {
        let of = |line: &str| options(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let debian = of("/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid -S /run/haproxy-master.sock");
        assert_eq!(debian.files, ["/etc/haproxy/haproxy.cfg"]);
        assert_eq!(of("haproxy -f a -C /srv -L me -sf 12 13 -f b").files, ["a", "b"]);
        assert_eq!(of("haproxy -D -- a b").files, ["a", "b"]);
        assert!(of("haproxy -c -f a").checks);
    }
}
