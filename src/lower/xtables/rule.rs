//! A rule of a legacy table (`ipt_do_table`, ip_tables.c): header, matches in order, counter, target.

use super::{Numbers, header, matches, targets};
use crate::{
    lower::context::Context,
    model::{Step, Test, Verdict, step::ConditionKind},
    ruleset::xtables::{Action, Rule},
};

/// The steps of a rule.
#[must_use]
pub fn steps(rule: &Rule, chains: &Numbers<'_>, context: &mut Context<'_>) -> Vec<Step> {
    let mut steps = header::steps(&rule.header, context);
    for each in &rule.matches {
        steps.extend(matches::meaning(each, context).steps());
    }
    // Whatever follows can't be reached, and tests before do not matter; but a match may have dropped the packet before.
    if let Some(never) = steps.iter().position(|step| matches!(step, Step::Test(Test::Never))) {
        steps.truncate(never + 1);
        if !steps.iter().any(|step| matches!(step, Step::Hotdrop(_))) {
            steps.drain(..never);
        }
        return steps;
    }
    steps.push(Step::Count);
    let mut to = |chain: &str, verdict: fn(_) -> Verdict| match chains.get(chain) {
        Some(id) => Step::Verdict(verdict(*id)),
        None => Step::Opaque(context.condition(ConditionKind::Unknown, format!("chain {chain}, which was not collected"))),
    };
    match &rule.action {
        Action::None => {}
        Action::Accept => steps.push(Step::Verdict(Verdict::Accept)),
        Action::Drop => steps.push(Step::Verdict(Verdict::Drop)),
        Action::Queue => steps.push(Step::Verdict(Verdict::Queue { bypass: false })),
        Action::Return => steps.push(Step::Verdict(Verdict::Return)),
        Action::Jump(chain) => steps.push(to(chain, Verdict::Jump)),
        Action::Goto(chain) => steps.push(to(chain, Verdict::Goto)),
        Action::Target(target) => steps.extend(targets::meaning(target, context)),
    }
    steps.shrink_to_fit();
    steps
}
