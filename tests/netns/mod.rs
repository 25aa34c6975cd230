//! Network namespaces for tests of what is read from the kernel.

use std::process::{Command, Stdio};

use clearway::{
    collect::{Options, collect},
    snapshot::Snapshot,
};

/// A namespace with a name of its own, deleted at the end.
pub struct Namespace(pub String);

impl Namespace {
    /// None, with a note on standard error, where namespaces cannot be made.
    #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
    pub fn new(purpose: &str) -> Option<Self> {
        let name = format!("clearway-test-{purpose}-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !made {
            assert!(std::env::var_os("CLEARWAY_REQUIRE_KERNEL").is_none(), "no privilege to make network namespaces");
            eprintln!("NOT RUN: no privilege to make network namespaces");
            return None;
        }
        Some(Self(name))
    }

    /// Runs a shell script in it.
    pub fn shell(&self, script: &str) {
        let output = Command::new("ip").args(["netns", "exec", &self.0, "sh", "-ec", script]).output().expect("ip runs");
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Loads a ruleset.
    pub fn nft(&self, ruleset: &str) {
        use std::io::Write as _;
        let mut nft =
            Command::new("ip").args(["netns", "exec", &self.0, "nft", "-f", "-"]).stdin(Stdio::piped()).spawn().expect("nft runs");
        nft.stdin.take().expect("piped").write_all(ruleset.as_bytes()).expect("nft reads");
        assert!(nft.wait().expect("nft ends").success(), "{ruleset}");
    }

    /// What clearway reads of it.
    pub fn collect(&self, whole_sets: bool) -> Snapshot {
        let netns = Some(self.0.clone());
        collect(&Options { netns, whole_sets }).expect("the namespace is there")
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}
