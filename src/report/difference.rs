//! What differs between two states as JSON. Its schema is `schema/diff.json`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    decision::{DecidedBy, decided_by},
    json::{Host, host, number},
    space::Spaces,
    text,
};
use crate::{
    audits::judge::Verdict,
    difference::{self, Passing},
    gateway::Role,
    simulate::outcome::Decision,
    site::Site,
};

/// The version of the format.
pub const SCHEMA: &str = "clearway-diff-1";

/// All that differs.
#[derive(Debug, Serialize)]
pub struct Difference<'a> {
    pub schema: &'static str,
    pub before: Host<'a>,
    pub after: Host<'a>,
    /// Every flow that was compared.
    pub flows: Vec<Flow>,
    /// Packets that fare otherwise; each packet once.
    pub changes: Vec<Change>,
    /// What was not compared.
    pub uncompared: Vec<String>,
}

/// A flow with both verdicts.
#[derive(Debug, Serialize)]
pub struct Flow {
    pub flow: String,
    /// 4 or 6.
    pub ip: u8,
    pub role: Role,
    pub source: String,
    /// None where it can't begin.
    pub before: Option<Verdict>,
    pub after: Option<Verdict>,
}

/// Packets that fare otherwise.
#[derive(Debug, Serialize)]
pub struct Change {
    /// `opened` or `closed`.
    pub change: &'static str,
    pub flow: String,
    pub ip: u8,
    /// In words.
    pub who: String,
    /// Exactly which first packets.
    pub packets: Vec<Map<String, Value>>,
    pub before: State,
    pub after: State,
}

/// How they fare in one state.
#[derive(Debug, Serialize)]
pub struct State {
    pub passes: Passing,
    pub decided_by: Option<DecidedBy>,
}

/// All that differs.
#[must_use]
pub fn difference<'a>(before: &'a Site, after: &'a Site, difference: &difference::Difference) -> Difference<'a> {
    let flows = difference.pairs.iter().filter_map(|pair| {
        let (judged, (old, new)) = (pair.judged()?, pair.verdicts());
        Some(Flow {
            flow: judged.flow.expression.to_string(),
            ip: number(judged.version),
            role: judged.flow.role,
            source: judged.flow.source.clone(),
            before: old,
            after: new,
        })
    });
    Difference {
        schema: SCHEMA,
        before: host(before),
        after: host(after),
        flows: flows.collect(),
        changes: difference.changes.iter().map(|each| change(before, after, each)).collect(),
        uncompared: difference.uncompared.clone(),
    }
}

fn change(before: &Site, after: &Site, change: &difference::Change) -> Change {
    let judged = &change.followed;
    let version = judged.version;
    let [first, ..] = &judged.legs;
    let spaces = Spaces { site: before, version, undecided: &first.undecided };
    let by = |site: &Site, decision: &Option<Decision>| decision.as_ref().map(|decision| decided_by(site, version, decision));
    Change {
        change: if change.is_opening() { "opened" } else { "closed" },
        flow: judged.flow.expression.to_string(),
        ip: number(version),
        who: text::difference::who(before, change),
        packets: change.packets.boxes().flat_map(|cuboid| spaces.objects(&cuboid)).collect(),
        before: State { passes: change.before, decided_by: by(before, &change.decided_before) },
        after: State { passes: change.after, decided_by: by(after, &change.decided_after) },
    }
}
