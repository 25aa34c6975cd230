//! How a host is looked at before and after a change: by this program again, in a process that gives its privileges up.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
};

use super::plan::{Plan, Planned, SCHEMA};
use crate::{
    cli::{Error, flows_of::FlowArgs},
    fixes::apply::{self, session},
    gateway::Expression,
};

/// Which flows are looked at, and those of the sessions that must get through whatever changes.
pub struct Eye<'a> {
    pub flows: &'a FlowArgs,
    pub sessions: Vec<String>,
}

impl<'a> Eye<'a> {
    /// With the sessions that there are now.
    pub fn new(flows: &'a FlowArgs) -> Self {
        Self { flows, sessions: session::flows().into_iter().map(written).collect() }
    }

    /// The flows that the user names one by one.
    pub fn given(&self) -> Vec<String> {
        self.flows.given().map(|flow| written(flow.to_owned())).collect()
    }

    /// Judges this host.
    pub fn look(&self) -> Result<Plan, Error> {
        judge(&self.flows.options(), &self.sessions)
    }

    /// Judges this host and keeps what it is like.
    pub fn remember(&self) -> Result<(Plan, Kept), Error> {
        self.looked(Vec::new())
    }

    /// The same after the fix of a finding was made, and how the rules differ from what was proved on the state before.
    pub fn compare(&self, before: &Kept, mended: &Planned) -> Result<(Plan, Kept), Error> {
        self.looked(vec!["--since".into(), before.0.clone().into(), "--mended".into(), mended.named().into()])
    }

    fn looked(&self, mut options: Vec<OsString>) -> Result<(Plan, Kept), Error> {
        let kept = Kept(apply::state()?);
        options.extend(["--keep".into(), kept.0.clone().into()]);
        options.extend(self.flows.options());
        Ok((judge(&options, &self.sessions)?, kept))
    }
}

/// The file of a state that was judged; it goes with this.
pub struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A flow as it is judged.
fn written(flow: String) -> String {
    flow.parse().map_or(flow, |parsed: Expression| parsed.to_string())
}

/// Judges a host in another process, and these flows besides.
pub fn judge(options: &[OsString], flows: &[String]) -> Result<Plan, Error> {
    let failed = |why: String| apply::Error::Command { command: "looking at the rules".into(), why };
    let mut words: Vec<OsString> = ["fix", "--format", "json"].map(OsString::from).into();
    words.extend_from_slice(options);
    words.extend(flows.iter().flat_map(|flow| ["--flow".into(), flow.into()]));
    let (plan, told) = itself(&words)?;
    let plan: Plan = serde_json::from_slice(&plan).map_err(|error| failed(format!("{error}: {told}")))?;
    if plan.schema == SCHEMA { Ok(plan) } else { Err(failed("it is of another version".into()).into()) }
}

/// What this program writes with other arguments, and of what it complains.
pub fn itself(words: &[OsString]) -> Result<(Vec<u8>, String), Error> {
    let mut command = Command::new("/proc/self/exe");
    let output = command.args(words).stdin(Stdio::null()).output();
    let output = output.map_err(|error| apply::Error::Command { command: "clearway".into(), why: error.to_string() })?;
    Ok((output.stdout, String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
