//! A harness for tests of which it turns out only when they run whether they can run here: those that need network namespaces, or files
//! beside the project. Such a test is reported as ignored, never as passed; where CLEARWAY_REQUIRE_KERNEL is set, it runs and fails.
//!
//! The standard harness knows only what is ignored while compiling. So these binaries have `harness = false` in Cargo.toml, and list their
//! tests with [`tests!`]: one that is forgotten is dead code to the compiler.

use std::{path::Path, process::Command, sync::LazyLock};

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sched::{CloneFlags, unshare};

/// What a test can't run without.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "not every binary needs all of it")]
pub enum Needs {
    Nothing,
    /// The privilege to make network namespaces, and the tools that fill them.
    Namespaces,
    /// The same, and a folder beside the project.
    Folder(&'static str),
    /// The same, and a folder that this variable of the environment names.
    FolderOf(&'static str),
    /// The same, and a program.
    Program(&'static str),
    /// Somebody who asks for it: it takes long.
    Patience,
}

/// A test.
pub struct Test {
    pub name: &'static str,
    pub needs: Needs,
    pub run: fn(),
}

/// The tests of a module: what they need, and their names.
macro_rules! tests {
    ($needs:expr; $($name:ident),+ $(,)?) => {
        &[$($crate::harness::Test { name: concat!(module_path!(), "::", stringify!($name)), needs: $needs, run: $name }),+]
    };
}
pub(crate) use tests;

/// Runs the tests that the command line chooses, and ends the program. What an ignored one lacks stands before its name.
pub fn main(groups: &[&[Test]]) -> ! {
    let arguments = Arguments::from_args();
    let trials = groups.iter().copied().flatten().map(|test| {
        let (_, name) = test.name.split_once("::").unwrap_or(("", test.name));
        let run = test.run;
        let trial = Trial::test(name, move || in_a_thread(name, run));
        match missing(test.needs) {
            Some(what) => trial.with_kind(what).with_ignored_flag(true),
            None => trial,
        }
    });
    let trials = trials.collect();
    libtest_mimic::run(&arguments, trials).exit()
}

/// Each test in a thread of its own: namespaces and privileges belong to threads, and tests change them.
fn in_a_thread(name: &str, run: fn()) -> Result<(), Failed> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
    thread.join().map_err(|_| Failed::from("it panicked"))
}

/// What a test lacks here.
fn missing(needs: Needs) -> Option<String> {
    static NAMESPACES: LazyLock<Option<String>> = LazyLock::new(no_namespaces);
    let namespaces = || NAMESPACES.clone().filter(|_| std::env::var_os("CLEARWAY_REQUIRE_KERNEL").is_none());
    match needs {
        Needs::Nothing => None,
        Needs::Namespaces => namespaces(),
        Needs::Folder(path) => {
            let absent = !Path::new(env!("CARGO_MANIFEST_DIR")).join(path).is_dir();
            absent.then(|| format!("needs the folder {path}")).or_else(namespaces)
        }
        Needs::FolderOf(variable) => {
            let there = std::env::var_os(variable).is_some_and(|path| Path::new(&path).is_dir());
            (!there).then(|| format!("needs a folder in {variable}")).or_else(namespaces)
        }
        Needs::Program(name) => namespaces().or_else(|| {
            let found = ["/usr/sbin", "/usr/bin", "/sbin"].iter().any(|folder| Path::new(folder).join(name).exists());
            (!found && std::env::var_os("CLEARWAY_REQUIRE_KERNEL").is_none()).then(|| format!("needs {name}"))
        }),
        Needs::Patience => Some("long".into()),
    }
}

fn no_namespaces() -> Option<String> {
    let allowed = std::thread::spawn(|| unshare(CloneFlags::CLONE_NEWNET)).join().is_ok_and(|made| made.is_ok());
    let installed = |program: &str| Command::new(program).arg("-V").output().is_ok();
    match () {
        () if !allowed => Some("needs root".into()),
        () if !installed("ip") => Some("needs iproute2".into()),
        () if !installed("nft") => Some("needs nftables".into()),
        () => None,
    }
}
