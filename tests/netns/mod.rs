//! Network namespaces for tests of what is read from the kernel.

use std::process::{Command, Stdio};

use clearway::{
    collect::{Options, collect},
    snapshot::Snapshot,
};

/// A namespace with a name of its own, deleted at the end.
pub struct Namespace(pub String);

impl Namespace {
    /// An empty one.
    pub fn new(purpose: &str) -> Self {
        let name = format!("clearway-test-{purpose}-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).status().expect("ip runs");
        assert!(made.success(), "no network namespace");
        Self(name)
    }

    /// Runs a shell script in it.
    #[allow(dead_code, reason = "not every binary needs all of it")]
    pub fn shell(&self, script: &str) {
        let output = Command::new("ip").args(["netns", "exec", &self.0, "sh", "-ec", script]).output().expect("ip runs");
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Loads a ruleset that nft and this kernel take.
    #[allow(dead_code, reason = "not every binary needs all of it")]
    pub fn nft(&self, ruleset: &str) {
        assert!(self.load(ruleset, Stdio::inherit()), "{ruleset}");
    }

    /// Loads a ruleset; false if nft or the kernel refuses it, with its complaints told there.
    #[allow(dead_code, reason = "not every binary needs all of it")]
    pub fn load(&self, ruleset: &str, complaints: Stdio) -> bool {
        use std::io::Write as _;
        let mut nft = Command::new("ip");
        nft.args(["netns", "exec", &self.0, "nft", "-f", "-"]).stdin(Stdio::piped()).stderr(complaints);
        let mut nft = nft.spawn().expect("ip runs");
        let written = nft.stdin.take().expect("piped").write_all(ruleset.as_bytes());
        nft.wait().expect("nft ends").success() && written.is_ok()
    }

    /// What a program writes there.
    #[allow(dead_code, reason = "not every binary needs all of it")]
    pub fn output(&self, program: &str, args: &[&str]) -> String {
        let output = Command::new("ip").args(["netns", "exec", &self.0, program]).args(args).output().expect("ip runs");
        assert!(output.status.success(), "{program} {args:?}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What clearway reads of it.
    #[allow(dead_code, reason = "not every binary needs all of it")]
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
