//! fail2ban: an address is let in again by lifting its ban; a rule before it would be forgotten with the next ban.

use super::{Blocked, Lasting, Proposal};
use crate::{
    fixes::{action::Action, edit::Edit, prove::Unproved, terms},
    model::{Field, RuleId},
};

/// Lifts the ban of the one address that a rule of a jail stops.
pub fn proposals(blocked: &Blocked<'_>, part: Option<&str>) -> Result<Vec<Proposal>, Unproved> {
    let banned = || Unproved::Owned {
        owner: "fail2ban",
        hint: "the addresses were banned on purpose; lift one ban with \"fail2ban-client set JAIL unbanip ADDRESS\"".into(),
    };
    let jail = part.and_then(|part| part.strip_prefix("jail ")).ok_or_else(banned)?;
    let plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.');
    let (Some(rule), true) = (blocked.rule, !jail.starts_with('-') && jail.chars().all(plain)) else { return Err(banned()) };
    let address = single_source(blocked).ok_or_else(banned)?;
    let unban = Action::run(["fail2ban-client", "set", jail, "unbanip", &address]).ok_or(Unproved::NoMatch)?;
    let edit = Edit::Remove(RuleId { chain: blocked.chain, index: rule as u32 });
    let remarks = vec![
        format!(
            "what it was banned for will ban it again: \"fail2ban-client set {jail} addignoreip {address}\" spares it until fail2ban starts anew"
        ),
        format!("for good, add {address} to ignoreip of [{jail}] in /etc/fail2ban/jail.local"),
    ];
    Ok(vec![Proposal { owner: "fail2ban", edit, actions: vec![unban], persist: Vec::new(), lasting: Lasting::Always, remarks }])
}

/// The address of all the packets that a rule stops, which it names: the rule stops no others.
pub fn single_source(blocked: &Blocked<'_>) -> Option<String> {
    let version = blocked.host.version;
    let source = blocked.outcome.space.values(Field::Source, Field::Source.width(version)).single()?;
    let rule = blocked.chain()?.rules.get(blocked.rule?)?;
    let names = |step: &crate::model::Step| match step {
        crate::model::Step::Test(crate::model::Test::In { field: Field::Source, values }) => values.single() == Some(source),
        _ => false,
    };
    rule.steps.iter().any(names).then(|| terms::one(source, version))
}
