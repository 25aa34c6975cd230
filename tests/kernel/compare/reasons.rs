//! Why clearway leaves packets open, the most frequent first.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde_json::Value;

use super::clearway::Answer;

/// How many packets each reason leaves open. A packet with several reasons counts with each.
#[derive(Debug, Default)]
pub struct Reasons(BTreeMap<String, usize>);

impl Reasons {
    /// Those of the answers that are open.
    pub fn add(&mut self, answers: &[Answer]) {
        for answer in answers.iter().filter(|answer| answer.open) {
            let mut reasons: Vec<String> = answer.line["conditions"].as_array().into_iter().flatten().map(reason).collect();
            reasons.sort_unstable();
            reasons.dedup();
            if reasons.is_empty() {
                reasons.push(format!("no condition: {}", reason(&answer.line["decided_by"])));
            }
            for reason in reasons {
                *self.0.entry(reason).or_default() += 1;
            }
        }
    }
}

/// The words of a condition without its rule and its numbers, so that equal ones meet.
fn reason(condition: &Value) -> String {
    let text = condition["condition"].as_str().map_or_else(|| condition.to_string(), str::to_owned);
    let mut short = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' if short.ends_with('#') => {}
            '0'..='9' => short.push('#'),
            _ => short.push(letter),
        }
    }
    short
}

impl Display for Reasons {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let mut reasons: Vec<_> = self.0.iter().collect();
        reasons.sort_by_key(|(_, packets)| std::cmp::Reverse(**packets));
        reasons.into_iter().try_for_each(|(reason, packets)| writeln!(out, "{packets:7} unknown: {reason}"))
    }
}
