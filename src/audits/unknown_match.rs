//! `unknown-match`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg},
    meant,
};
use crate::{
    model::{Hook, RuleId, step::ConditionKind},
    site::Site,
};

/// A rule asks what is not modelled.
pub const AUDIT: Audit = Audit {
    code: "unknown-match",
    summary: "what becomes of the traffic rests on a part of a rule that is not modelled",
    explanation: "\
A rule that the flow meets has a match, an expression or a target that only something outside the rules can decide, or that is not modelled: a BPF
program, the bytes of the payload, a helper in user space, an extension that is not known. It is shown with its text. Nothing is assumed of it: it
may hold or not, and the flow's verdict is told as far as it does not rest on it. To learn more, read the rule's counter while the flow is used, or
trace it (nft monitor trace).",
    severity: Severity::Note,
    check: Check::Flow(check),
};

/// More parts than this are told by their number.
const MOST: usize = 5;

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let conditions = &site.lowered(judged.version).host.conditions;
    let mut found: Vec<(Option<(Hook, RuleId)>, &str)> = Vec::new();
    let mut pieces: Vec<(Leg, usize)> = Vec::new();
    for leg in &judged.legs {
        let unknown = leg.pieces.iter().enumerate().filter(|(_, piece)| piece.fate == Fate::Unknown && !piece.honest.is_empty());
        for (index, piece) in unknown {
            let before = found.len();
            for undecided in &piece.outcome.conditions {
                let condition = undecided.condition.and_then(|id| conditions.get(id.0 as usize));
                let Some(condition) = condition.filter(|condition| condition.kind == ConditionKind::Unknown) else { continue };
                if !found.contains(&(undecided.rule, &condition.text)) {
                    found.push((undecided.rule, &condition.text));
                }
            }
            if found.len() > before {
                pieces.push((leg.leg, index));
            }
        }
    }
    let (rule, text) = *found.first()?;
    let more = found.len().saturating_sub(MOST);
    let sentence = |(rule, text): &(Option<(Hook, RuleId)>, &str)| match rule {
        Some((_, rule)) => format!("{}: whether \"{text}\" holds can't be told", meant::place(site, judged.version, *rule)),
        None => format!("whether \"{text}\" holds can't be told"),
    };
    let mut facts: Vec<String> = found.iter().take(MOST).map(sentence).collect();
    facts.extend((more > 0).then(|| format!("… and {more} more")));
    let title = format!("what becomes of traffic to {} rests on \"{text}\", which is not modelled", judged.to());
    let rule = rule.map(|(hook, rule)| (judged.version, hook, rule));
    Some(Problem { rule, facts, ..Problem::shown(title, pieces) })
}
