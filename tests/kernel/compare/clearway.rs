//! What clearway says of a case: it runs as the operator runs it, on the lab's namespace.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::lab::{INTERFACES, RuleKey};
use crate::packet::Packet;

/// Clearway's answer to one packet.
#[derive(Debug, Clone)]
pub struct Answer {
    pub verdict: String,
    /// Interface by which it leaves.
    pub leaves: Option<String>,
    /// How often each rule counts it.
    pub matched: BTreeMap<RuleKey, u64>,
    /// The rule that decided, if one did (also as a policy: then without a handle, and none here).
    pub decided_by: Option<RuleKey>,
    /// It leaves the verdict or a counter open.
    pub open: bool,
    /// The whole line.
    pub line: Value,
}

/// Asks about packets, in order.
pub fn trace(netns: &str, packets: &[Packet]) -> Result<Vec<Answer>, String> {
    trace_of(&["--netns", netns], packets)
}

/// The same of any source, named by its options.
pub fn trace_of(source: &[&str], packets: &[Packet]) -> Result<Vec<Answer>, String> {
    let mut file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    for (index, packet) in packets.iter().enumerate() {
        writeln!(file, "{}", packet.json(&index.to_string())).map_err(|error| error.to_string())?;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_clearway"))
        .args(["trace", "--format", "json"])
        .args(source)
        .arg("--packets")
        .arg(file.path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    let answers: Vec<Answer> = text
        .lines()
        .enumerate()
        .map(|(index, line)| {
            let line: Value = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
            if line["id"].as_str() != Some(index.to_string().as_str()) {
                return Err(format!("line {index} answers another packet: {line}"));
            }
            Ok(answer(line))
        })
        .collect::<Result<_, String>>()?;
    if answers.len() != packets.len() {
        return Err(format!("{} answers to {} packets, {}: {complaint}", answers.len(), packets.len(), output.status));
    }
    Ok(answers)
}

fn answer(line: Value) -> Answer {
    let mut matched = BTreeMap::new();
    for rule in line["matched"].as_array().into_iter().flatten().filter_map(key) {
        *matched.entry(rule).or_default() += 1;
    }
    Answer {
        verdict: line["verdict"].as_str().unwrap_or("no verdict").to_owned(),
        leaves: interface(&line["delivered_to"]),
        matched,
        open: line["verdict"] == "unknown" || line["conditions"].as_array().is_some_and(|conditions| !conditions.is_empty()),
        decided_by: key(&line["decided_by"]),
        line,
    }
}

fn key(place: &Value) -> Option<RuleKey> {
    let text = |name: &str| place[name].as_str().map(str::to_owned);
    Some(RuleKey { family: text("family")?, table: text("table")?, chain: text("chain")?, handle: place["handle"].as_u64()? })
}

/// The name of one of the lab's interfaces anywhere in what a packet was delivered to.
fn interface(delivered: &Value) -> Option<String> {
    match delivered {
        Value::String(text) => INTERFACES.contains(&text.as_str()).then(|| text.clone()),
        Value::Object(fields) => fields.values().find_map(interface),
        _ => None,
    }
}
