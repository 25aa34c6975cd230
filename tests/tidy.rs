//! The architecture's invariants, read off the source: who may import whom, who may touch the system.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file: its path under src, and its text without comments and unit tests.
struct Source {
    path: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open: Vec<PathBuf> = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).expect("src can be listed").map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file is text");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            files.push(Source { path: path.strip_prefix(&root).expect("under src").display().to_string(), code });
        }
    }
    assert!(files.len() > 50, "the walk found only {} files", files.len());
    files
}

/// Every place where one of the words stands in a file that `in_scope` takes.
fn offenders(in_scope: impl Fn(&str) -> bool, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| in_scope(&source.path)) {
        for (number, line) in source.code.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{}: `{word}` in code line {}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    found
}

fn assert_none(found: &[String], why: &str) {
    assert!(found.is_empty(), "{why}:\n{}", found.join("\n"));
}

#[test]
fn the_model_imports_nothing_of_ours() {
    let ours =
        ["crate::ruleset", "crate::lower", "crate::simulate", "crate::collect", "crate::snapshot", "crate::network", "crate::report"];
    assert_none(&offenders(|path| path.starts_with("model/"), &ours), "model is plain data");
}

#[test]
fn the_simulation_sees_only_the_model() {
    let others =
        ["crate::ruleset", "crate::lower", "crate::collect", "crate::snapshot", "crate::network", "crate::report", "crate::audits"];
    assert_none(&offenders(|path| path.starts_with("simulate/"), &others), "simulate sees the model and the world, nothing else");
}

#[test]
fn no_arrow_leads_back() {
    let later = ["crate::simulate", "crate::audits", "crate::fixes", "crate::report", "crate::cli"];
    let early = |path: &str| ["collect/", "ruleset/", "network/", "obstacles/", "lower/"].iter().any(|each| path.starts_with(each));
    assert_none(&offenders(early, &later), "data flows one way");
    assert_none(&offenders(|path| path.starts_with("audits/"), &["crate::report", "crate::cli"]), "audits do not know the report");
}

#[test]
fn only_the_collector_touches_the_system() {
    let system = ["std::process", "std::fs", "std::net::Tcp", "std::net::Udp", "std::os::unix::net", "nix::", "libc::"];
    // The command line reads the files that the user names; a snapshot is a file.
    // What makes fixes changes the system; only that part of the fixes does.
    let may = |path: &str| {
        path.starts_with("collect/")
            || path.starts_with("fixes/apply/")
            || path.starts_with("cli/")
            || path == "main.rs"
            || path.starts_with("snapshot")
    };
    assert_none(&offenders(|path| !may(path), &system), "only collect, the command line and snapshot files touch the system");
}

#[test]
fn only_the_prover_makes_a_fix() {
    assert_none(&offenders(|path| path != "fixes/prove.rs", &["Fix {"]), "a fix that was not proved can't exist");
}

#[test]
fn unsafe_code_has_one_place() {
    let unsafe_code = ["unsafe {", "unsafe fn", "allow(unsafe_code)", "expect(unsafe_code"];
    assert_none(&offenders(|path| path != "collect/xtables.rs", &unsafe_code), "only the file that calls getsockopt is unsafe");
}

#[test]
fn there_is_no_drawer_for_odds_and_ends() {
    let names = ["utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];
    let found: Vec<_> = sources().into_iter().filter(|source| names.iter().any(|name| source.path.ends_with(name))).collect();
    assert!(found.is_empty(), "a file is named after what it does: {:?}", found.iter().map(|source| &source.path).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_half_done() {
    assert_none(&offenders(|_| true, &["todo!(", "unimplemented!(", "dbg!("]), "nothing is left half-done");
}

/// Where the harness is our own, the standard attribute would drop a test without a word.
#[test]
fn tests_of_our_own_harness_are_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    let own: Vec<&str> = manifest
        .split("[[test]]")
        .skip(1)
        .filter(|target| target.contains("harness = false"))
        .filter_map(|target| target.split('"').nth(1))
        .collect();
    assert!(own.contains(&"kernel"), "{own:?}");
    let mut found = Vec::new();
    for name in own {
        let mut open = vec![root.join("tests").join(name), root.join("tests").join(format!("{name}.rs"))];
        while let Some(path) = open.pop() {
            if !path.exists() {
                continue;
            }
            if path.is_dir() {
                open.extend(fs::read_dir(path).expect("it can be listed").map(|entry| entry.expect("an entry").path()));
            } else if fs::read_to_string(&path).expect("a source file").contains("#[test]") {
                found.push(format!(
                    "{}: list its tests with `tests![Needs::Namespaces; …]` (tests/harness) instead of #[test]",
                    path.display()
                ));
            }
        }
    }
    assert_none(&found, "these tests would not run");
}
