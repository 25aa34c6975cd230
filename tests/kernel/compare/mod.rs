//! Holds clearway's answers against the kernel's: every packet's end, every rule's counter.

pub mod clearway;
pub mod kernel;
pub mod reasons;
pub mod shrink;
pub mod symbolic;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::lab::{Fate, RuleKey, nft};
use crate::packet::Packet;

use clearway::Answer;
use kernel::Judgement;

/// How a comparison went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    pub packets: usize,
    pub verdicts_agreed: usize,
    pub counters: usize,
    pub counters_agreed: usize,
}

impl Score {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.packets += other.packets;
        self.verdicts_agreed += other.verdicts_agreed;
        self.counters += other.counters;
        self.counters_agreed += other.counters_agreed;
    }
}

/// Compares; the text says what does not agree, empty if all does.
pub fn compare(packets: &[Packet], kernel: &Judgement, answers: &[Answer]) -> (Score, String) {
    let mut score = Score { packets: packets.len(), ..Score::default() };
    let mut complaints = String::new();
    for ((packet, fate), answer) in packets.iter().zip(&kernel.fates).zip(answers) {
        let (saw, says) = (seen(packet, fate), end(answer));
        if says.as_ref() == Some(&saw) {
            score.verdicts_agreed += 1;
        } else {
            let _ = writeln!(complaints, "packet   {}\nkernel   {saw:?}\nclearway {says:?} {}", packet.json(""), answer.line);
        }
    }
    let mut counted: BTreeMap<&RuleKey, u64> = BTreeMap::new();
    for (rule, times) in answers.iter().flat_map(|answer| &answer.matched) {
        *counted.entry(rule).or_default() += times;
    }
    let mut decided: BTreeMap<&RuleKey, u64> = BTreeMap::new();
    for rule in answers.iter().filter(|answer| answer.verdict != "accept").filter_map(|answer| answer.decided_by.as_ref()) {
        *decided.entry(rule).or_default() += 1;
    }
    for (rule, count) in &kernel.counters {
        let Some(packets) = count.packets else { continue };
        let ours = counted.get(rule).copied().unwrap_or(0);
        let ends = decided.get(rule).copied().unwrap_or(0);
        let agreed = ours == packets && (!count.decides || ends == packets);
        score.counters += 1;
        score.counters_agreed += usize::from(agreed);
        if !agreed {
            let name = count.comment.as_deref().unwrap_or_default();
            let _ = writeln!(complaints, "counter  {rule:?} \"{name}\": kernel {packets}, clearway {ours}, decided {ends}");
        }
    }
    if !complaints.is_empty() {
        if packets.len() < 4 {
            for (packet, answer) in packets.iter().zip(answers) {
                let _ = writeln!(complaints, "packet   {}\nclearway {}", packet.json(""), answer.line);
            }
        }
        let _ = writeln!(complaints, "ruleset\n{}", nft::listing());
    }
    (score, complaints)
}

/// Where a packet ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Delivered,
    Left(String),
    Gone,
}

pub fn seen(packet: &Packet, fate: &Fate) -> End {
    match fate.left.first() {
        _ if fate.delivered => End::Delivered,
        // What it caused to be sent is not the packet itself.
        Some((interface, bytes)) if bytes.len() == packet.length() => End::Left((*interface).to_owned()),
        _ => End::Gone,
    }
}

/// Where clearway says that it ends; none if it leaves that open.
pub fn end(answer: &Answer) -> Option<End> {
    match (answer.verdict.as_str(), &answer.leaves) {
        ("accept", Some(interface)) => Some(End::Left(interface.clone())),
        ("accept", None) => Some(End::Delivered),
        ("drop" | "reject", _) => Some(End::Gone),
        _ => None,
    }
}
