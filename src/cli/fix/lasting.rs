//! What makes confirmed fixes last beyond the next boot, and whether it does: what is saved is judged as if the host had started with it.

use std::{ffi::OsString, path::Path};

use super::{eye, plan::Planned};
use crate::{
    cli::{Error, Exit, complain},
    fixes::{
        Action,
        apply::{self, Change},
    },
};

/// Files that netfilter-persistent saves, with the options that name them.
const SAVED: [(&str, &str); 2] = [("--iptables-save", "/etc/iptables/rules.v4"), ("--ip6tables-save", "/etc/iptables/rules.v6")];

/// Makes them last, and tells whether the host would start with them.
pub fn make_last(change: &Change, chosen: &[Planned], sessions: &[String]) -> Result<Exit, Error> {
    let mut exit = Exit::Clean;
    let mut actions: Vec<&Action> = Vec::new();
    let mut lasting: Vec<&Planned> = Vec::new();
    for finding in chosen {
        let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.persistent) else { continue };
        if fix.persist.is_empty() {
            complain(&format!("{} has no way here to make it last: the next boot forgets it", fix.owner));
            exit = Exit::Findings;
            continue;
        }
        lasting.push(finding);
        for action in &fix.persist {
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
    }
    // A line moves those after it.
    actions.sort_by_key(|action| std::cmp::Reverse(if let Action::Line { before, .. } = action { *before } else { None }));
    for action in &actions {
        apply::persist(action)?;
        complain(&format!("for good: {}", action.command()));
    }
    if actions.is_empty() {
        return Ok(exit);
    }
    match starts_with(change, &actions, &lasting, sessions) {
        Ok(None) => complain("what is saved was judged: a start with it lets the same pass"),
        Ok(Some(why)) => {
            complain(&format!("what is saved is not what runs: {why}"));
            exit = Exit::Undecided;
        }
        Err(error) => {
            complain(&format!("what is saved could not be judged: {error}"));
            exit = Exit::Undecided;
        }
    }
    Ok(exit)
}

/// What a start with the saved rules would not let pass.
fn starts_with(change: &Change, actions: &[&Action], chosen: &[&Planned], sessions: &[String]) -> Result<Option<String>, Error> {
    let host = change.folder().join("host");
    eye::itself(&["snapshot".into(), "--no-dns".into(), "--sets".into(), "keys".into(), "--output".into(), host.clone().into()])?;
    let mut options: Vec<OsString> = vec!["--no-discover".into(), "--host".into(), host.into()];
    let is_file = |action: &&&Action| matches!(action, Action::Line { .. });
    if actions.iter().any(|action| !is_file(&action)) {
        for (option, file) in SAVED.into_iter().filter(|(_, file)| Path::new(file).exists()) {
            options.extend([option.into(), file.into()]);
        }
    }
    for action in actions {
        if let Action::Line { file, .. } = action {
            let listing = apply::loaded(Path::new(file), change.folder())?;
            options.extend(["--nft-json".into(), listing.into()]);
            break;
        }
    }
    let mut flows: Vec<String> = sessions.to_vec();
    for finding in chosen {
        if !flows.contains(&finding.flow) {
            flows.push(finding.flow.clone());
        }
    }
    let plan = eye::judge(&options, &flows)?;
    let left = chosen.iter().find(|finding| plan.findings.iter().any(|each| each.is(finding)));
    let lost = plan.lost(sessions).first().map(|(flow, verdict)| format!("{flow} would not get through ({verdict})"));
    Ok(left.map(|finding| format!("after a boot, {}", finding.title)).or(lost))
}
