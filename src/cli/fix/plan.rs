//! What `clearway fix --format json` says, and what `--apply` reads of it: the part of the program that looks at rules and configurations has
//! no privilege left to change anything, and the part that changes something does not look at them.

use serde::{Deserialize, Serialize};

use crate::{
    audited::Audited,
    fixes::{Action, Edit, Lasting},
    model::IpVersion,
    site::Site,
};

/// The version of the format.
pub const SCHEMA: &str = "clearway-fix-1";

/// Findings and their fixes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub schema: String,
    /// The generation of nf_tables' rules that were judged.
    pub generation: u32,
    pub findings: Vec<Planned>,
    pub flows: Vec<Judged>,
    /// Where a change is verified: how the rules that run differ from those that were proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
}

/// A finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Planned {
    pub code: String,
    pub title: String,
    pub flow: String,
    /// 4 or 6.
    pub ip: u8,
    /// A note asks for no fix.
    pub severity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Proved>,
    /// Why there is no fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A proved fix.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proved {
    pub owner: String,
    pub commands: Vec<String>,
    pub actions: Vec<Action>,
    pub opens: Vec<String>,
    pub persistent: bool,
    pub persist: Vec<Action>,
    pub remarks: Vec<String>,
}

/// A flow's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    pub flow: String,
    pub ip: u8,
    /// pass, blocked, partly, degraded, refused or unknown.
    pub verdict: String,
}

impl Judged {
    /// Whether connections get through.
    pub fn passes(&self) -> bool {
        self.badness() <= 1
    }

    fn badness(&self) -> usize {
        ["pass", "degraded", "partly", "unknown", "refused", "blocked"].iter().position(|each| *each == self.verdict).unwrap_or(usize::MAX)
    }
}

impl Plan {
    /// What an audit comes to.
    pub fn of(site: &Site, audited: &Audited) -> Self {
        let number = |version| crate::report::json::number(version);
        let planned = audited.findings.iter().map(|finding| {
            let judged = &audited.flows[finding.flow];
            let (fix, why) = match audited.fix(finding) {
                Some(Ok(fix)) => (Some(fix), None),
                Some(Err(why)) => (None, Some(why.to_string())),
                None => (None, None),
            };
            Planned {
                code: finding.audit.code.to_owned(),
                title: finding.problem.title.clone(),
                flow: judged.flow.expression.to_string(),
                ip: number(judged.version),
                severity: format!("{:?}", finding.audit.severity).to_lowercase(),
                fix: fix.map(|fix| Proved {
                    owner: fix.owner(),
                    commands: fix.commands(),
                    actions: fix.actions().cloned().collect(),
                    opens: fix.opens().to_vec(),
                    persistent: fix.lasting() == Lasting::Always,
                    persist: fix.persist().into_iter().cloned().collect(),
                    remarks: fix.remarks().map(str::to_owned).collect(),
                }),
                why,
            }
        });
        let flows = audited.flows.iter().map(|judged| Judged {
            flow: judged.flow.expression.to_string(),
            ip: number(judged.version),
            verdict: format!("{:?}", judged.verdict).to_lowercase(),
        });
        Self {
            schema: SCHEMA.to_owned(),
            generation: site.snapshot.nft.generation,
            findings: planned.collect(),
            flows: flows.collect(),
            differs: None,
        }
    }

    /// Findings of another plan that this one does not have. Flows that only the other has say nothing about a change: a program that begins to
    /// listen makes one.
    pub fn new_in<'a>(&self, other: &'a Self) -> Vec<&'a Planned> {
        let known = |finding: &Planned| self.findings.iter().any(|each| each.is(finding));
        let judged = |finding: &Planned| self.flows.iter().any(|each| (&each.flow, each.ip) == (&finding.flow, finding.ip));
        other.findings.iter().filter(|finding| judged(finding) && !known(finding)).collect()
    }

    /// Flows that fare worse in another plan.
    pub fn worse_in(&self, other: &Self) -> Vec<String> {
        let now = |flow: &Judged| other.flows.iter().find(|each| (&each.flow, each.ip) == (&flow.flow, flow.ip));
        let worse = self.flows.iter().filter(|flow| now(flow).is_some_and(|now| now.badness() > flow.badness()));
        worse.map(|flow| flow.flow.clone()).collect()
    }

    /// Of these flows, those that don't pass, each with its verdict.
    pub fn lost<'a>(&'a self, flows: &'a [String]) -> Vec<(&'a str, &'a str)> {
        let verdict = |flow: &'a String| {
            let mut judged = self.flows.iter().filter(|judged| judged.flow == *flow).peekable();
            match judged.peek() {
                None => Some((flow.as_str(), "not judged")),
                Some(_) => judged.find(|judged| !judged.passes()).map(|judged| (flow.as_str(), judged.verdict.as_str())),
            }
        };
        flows.iter().filter_map(verdict).collect()
    }
}

impl Planned {
    /// As an argument of this program.
    pub fn named(&self) -> String {
        named(&self.code, self.ip, &self.flow)
    }

    /// Whether it is the same finding.
    pub fn is(&self, other: &Self) -> bool {
        self.code == other.code && self.is_of_same_flow(other)
    }

    /// Whether it is about the same flow.
    pub fn is_of_same_flow(&self, other: &Self) -> bool {
        (&self.flow, self.ip) == (&other.flow, other.ip)
    }
}

/// A finding as an argument of this program.
fn named(code: &str, ip: u8, flow: &str) -> String {
    format!("{code} {ip} {flow}")
}

/// The edits of the fix of a finding that is named so, of either IP version; none if there is no such fix.
pub fn edits(audited: &Audited, name: &str) -> Option<Vec<(IpVersion, Edit)>> {
    audited.findings.iter().find_map(|finding| {
        let judged = audited.flows.get(finding.flow)?;
        let is = name == named(finding.audit.code, crate::report::json::number(judged.version), &judged.flow.expression.to_string());
        let fix = audited.fix(finding).filter(|_| is)?.as_ref().ok()?;
        Some(fix.edits().map(|edit| (judged.version, edit.clone())).collect())
    })
}
