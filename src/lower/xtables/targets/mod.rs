//! What the targets do, a file each.

mod mark;

mod reject;

use crate::{
    lower::context::Context,
    model::{Step, step::ConditionKind},
    ruleset::xtables::{Target, extension::Foreign, print::Line},
};

/// The steps of a target. What does not end with a verdict goes on with the next rule (`XT_CONTINUE`).
#[must_use]
pub fn meaning(target: &Target, context: &mut Context<'_>) -> Vec<Step> {
    match target {
        // `log_tg` goes on.
        Target::Log(_) => Vec::new(),
        Target::Mark(mark) => mark::meaning(mark, context),
        Target::Reject(reject) => reject::meaning(reject, context),
        Target::Foreign(foreign) => unknown(foreign, context),
    }
}

/// A target that is not modelled may end the packet in any way.
fn unknown(foreign: &Foreign, context: &mut Context<'_>) -> Vec<Step> {
    let text = format!("-j {}", foreign.name);
    vec![Step::Opaque(context.condition(ConditionKind::Unknown, text))]
}

/// A target in the operator's words.
#[expect(dead_code, reason = "for targets that something outside of the packet decides")]
fn text(target: &Target, context: &Context<'_>) -> String {
    let mut line = Line::new(context.version);
    line.raw("-j ");
    line.raw(target.name());
    target.write(&mut line);
    line.finish()
}
