//! nginx beside `nginx -t`.

use std::{fs, path::Path};

use super::{
    harness::{Needs, Test, tests},
    printed::{self, corpus, read, refused},
};

pub const TESTS: &[Test] = tests![
    Needs::Folder(printed::CORPUS);
    the_corpus_is_taken_and_refused_as_nginx_does,
];

/// What nginx finds out from files, names and sockets, not from what is written.
const SURROUNDINGS: [&str; 11] = [
    "cannot load certificate",
    "open() \"",
    "host not found",
    "bind() to",
    "mkdir() \"",
    "BIO_new_file",
    "getpwnam",
    "getgrnam",
    "could not be resolved",
    "SSL_CTX",
    "dlopen()",
];

/// A configuration as nginx takes it, and the fragment in it that is compared.
fn whole(fragment: &Path) -> Vec<String> {
    let include = format!("include {};", fragment.display());
    vec![
        format!("events {{}} http {{ server {{\n{include}\n}} }}"),
        format!("events {{}} http {{\n{include}\n}}"),
        format!("events {{}} http {{ server {{ location / {{\n{include}\n}} }} }}"),
    ]
}

/// `… in FILE:LINE` of a refusal.
fn place(said: &str) -> Option<String> {
    let line = said.lines().find(|line| line.contains("[emerg]"))?;
    let (_, place) = line.rsplit_once(" in ")?;
    let (file, number) = place.rsplit_once(':')?;
    (file.starts_with('/') && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| place.to_owned())
}

/// Directives of modules that need not be installed, and what is told of no place.
const ELSEWHERE: [&str; 5] = ["_by_lua", "\"lua_", "\"more_", "\"brotli", ": unknown \""];

/// Compares one file; what differs.
fn compare(file: &Path, prefix: &Path) -> Option<String> {
    let arguments = ["-t", "-q", "-p", &prefix.to_string_lossy(), "-e", "stderr", "-c", &file.to_string_lossy()];
    let (taken, said) = printed::of("nginx", &arguments).expect("nginx is installed");
    let ours = refused(&read("nginx", file));
    let emergency = said.lines().find(|line| line.contains("[emerg]")).unwrap_or_default();
    if ELSEWHERE.iter().any(|word| emergency.contains(word)) {
        return None;
    }
    let outside = SURROUNDINGS.iter().any(|word| emergency.contains(word) && !emergency.contains(".conf\" failed (2"));
    match (taken, ours) {
        (true, None) => None,
        (true, Some((place, what))) => Some(format!("nginx takes what we refuse: {place}: {what}")),
        (false, None) if outside => None,
        (false, None) => Some(format!("nginx refuses what we take: {emergency}")),
        (false, Some(_)) if outside && place(&said).is_none() => None,
        (false, Some((at, what))) => match place(&said) {
            Some(place) if place != at && !outside => Some(format!("we: {at}: {what}; nginx: {emergency}")),
            _ => None,
        },
    }
}

fn the_corpus_is_taken_and_refused_as_nginx_does() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["logs", "conf"] {
        fs::create_dir(folder.path().join(name)).expect("made");
    }
    let mut differences = Vec::new();
    let mut compared = 0;
    for file in corpus("nginx") {
        if !matches!(file.extension().and_then(|extension| extension.to_str()), Some("conf" | "types")) {
            continue;
        }
        let mut check = |path: &Path| {
            compared += 1;
            differences.extend(compare(path, folder.path()).map(|what| format!("{}: {what}", file.display())));
        };
        check(&file);
        for text in whole(&file) {
            let path = folder.path().join("conf/nginx.conf");
            fs::write(&path, text).expect("written");
            check(&path);
        }
    }
    assert!(compared > 400, "only {compared}");
    assert!(differences.is_empty(), "{} of {compared} differ:\n{}", differences.len(), differences.join("\n"));
}
