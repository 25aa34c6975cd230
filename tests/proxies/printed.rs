//! What a proxy's own tools print, and files of the corpora.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use clearway::{
    collect::files::Disk,
    gateway::proxy::{self, Configuration, Severity},
};

/// Configurations that others wrote, beside the project.
pub const CORPUS: &str = "../shared/corpora/proxies";

/// All files below a folder of the corpus, sorted.
pub fn corpus(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS).join(folder)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        } else {
            files.push(path.canonicalize().expect("a path"));
        }
    }
    files.sort();
    assert!(!files.is_empty(), "nothing in {folder}");
    files
}

/// What a program says on both its outputs, in a network namespace of its own; and whether it is content. None if it is not installed.
pub fn of(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let output = Command::new("unshare")
        .args(["-n", program])
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .expect("unshare runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code() != Some(127)).then_some((output.status.success(), text))
}

/// What we read of a file.
pub fn read(kind: &str, file: &Path) -> Configuration {
    let reader = proxy::reader(kind).expect("a reader");
    proxy::given(reader, &file.to_string_lossy(), "/", &Disk).configuration
}

/// The first thing that a configuration is refused for: its place as `file:line`, and what.
pub fn refused(configuration: &Configuration) -> Option<(String, String)> {
    let fault = configuration.faults.iter().find(|fault| fault.severity == Severity::Refused)?;
    Some((fault.place.long(), fault.what.clone()))
}
