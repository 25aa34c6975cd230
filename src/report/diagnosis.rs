//! A diagnosis as JSON.

use serde::Serialize;

use super::json::{self, Audit};
use crate::{
    audited::Audited,
    diagnose::{
        Event, Log,
        cause::{self, Diagnosis},
    },
    site::Site,
};

/// Of which version the schema is: schema/diagnosis.json.
pub const SCHEMA: &str = "clearway-diagnosis-1";

/// A diagnosis.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    pub schema: &'static str,
    pub events: Vec<Told<'a>>,
    /// Numbers of lines that could not be read, the first ones, and how many there are.
    pub unread: &'a [usize],
    pub unread_lines: usize,
    /// The audit that it rests on; findings and flows are named by their index in it.
    pub audit: Audit<'a>,
}

/// An event with its causes.
#[derive(Debug, Serialize)]
pub struct Told<'a> {
    #[serde(flatten)]
    pub event: &'a Event,
    pub lines: usize,
    pub flows: &'a [usize],
    /// Findings that predict what the log tells, the likeliest first.
    pub causes: &'a [usize],
    /// Other findings about the same flows.
    pub others: &'a [usize],
    /// What else makes it, where no cause is found on this host.
    pub elsewhere: Option<&'static str>,
}

/// The whole report.
#[must_use]
pub fn report<'a>(site: &'a Site, audited: &Audited, log: &'a Log, diagnoses: &'a [Diagnosis]) -> Report<'a> {
    let told = |each: &'a Diagnosis| {
        let (causes, others) = each.causes.split_at(each.agreeing.min(each.causes.len()));
        Told {
            event: &each.event,
            lines: each.lines,
            flows: &each.flows,
            causes,
            others,
            elsewhere: causes.is_empty().then(|| cause::elsewhere(&each.event)),
        }
    };
    Report {
        schema: SCHEMA,
        events: diagnoses.iter().map(told).collect(),
        unread: &log.unread,
        unread_lines: log.strange,
        audit: json::audit(site, audited),
    }
}
