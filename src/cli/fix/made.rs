//! Makes fixes: plan, change, look again, wait for the confirmation.

use std::{
    io::{BufRead as _, IsTerminal as _},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use super::plan::{Plan, Planned, SCHEMA};
use crate::{
    cli::{Error, Exit, complain, flows_of::FlowArgs},
    fixes::{
        Action,
        apply::{self, Change, change::End, session},
    },
};

/// More than this the first look or the second should not take; the guard waits for it besides.
const LOOKING: Duration = Duration::from_secs(60);

/// Makes the fixes of these findings.
pub fn make(flows: &FlowArgs, codes: &[String], confirm: Duration, persist: bool) -> Result<Exit, Error> {
    let session = session::flow();
    let before = look(flows, session.as_deref())?;
    let chosen = chosen(&before, codes)?;
    let actions = actions(&chosen);
    if actions.is_empty() {
        complain("there is nothing to fix: none of these findings is there");
        return Ok(Exit::Clean);
    }
    for finding in &chosen {
        let opens = finding.fix.as_ref().map(|fix| fix.opens.join(", and ")).unwrap_or_default();
        complain(&format!("{}: {} (opens {opens} and nothing else)", finding.code, finding.title));
    }
    for action in &actions {
        complain(&format!("runs {}", action.command()));
    }
    let what = actions.iter().map(Action::command).collect::<Vec<_>>().join("; ");
    // What is verified at once needs no waiting, but the guard watches over the looking.
    let time = if confirm.is_zero() { LOOKING } else { confirm };
    let end = Instant::now() + time;
    let change = Change::begin(&what, &actions, time.as_secs())?;
    let look = || look(flows, session.as_deref());
    if let Err(error) = one_by_one(&change, &before, &chosen, &look).and_then(|after| verify(&before, &after, &chosen)) {
        change.undo(&format!("the result is not what was proved: {error}"));
        wait_until_undone(&change);
        complain(&format!("{error}; everything is as it was before"));
        return Ok(Exit::Undecided);
    }
    if confirm.is_zero() {
        let _ = change.confirm();
    } else {
        await_decision(&change, end);
    }
    if change.end() != Some(End::Confirmed) {
        wait_until_undone(&change);
        complain("it was not confirmed: everything is as it was before");
        return Ok(Exit::Findings);
    }
    complain("confirmed");
    if persist { make_last(&chosen) } else { Ok(Exit::Clean) }
}

/// Makes the fixes; before each but the first the rules are looked at anew, as a place among them may have moved, and one fix often mends
/// several findings. Gives what is there in the end.
fn one_by_one(change: &Change, before: &Plan, chosen: &[Planned], look: &dyn Fn() -> Result<Plan, Error>) -> Result<Plan, Error> {
    let mut now = before.clone();
    for finding in chosen {
        let Some(still) = now.findings.iter().find(|each| each.is(finding)) else { continue };
        let actions = actions(std::slice::from_ref(still));
        change.make(&actions, now.generation)?;
        now = look()?;
    }
    Ok(now)
}

/// The findings with these codes that have a fix.
fn chosen(plan: &Plan, codes: &[String]) -> Result<Vec<Planned>, Error> {
    for code in codes {
        if crate::audits::find(code).is_none() {
            return Err(Error::Usage(format!("there is no finding '{code}'")));
        }
    }
    let chosen: Vec<Planned> = plan.findings.iter().filter(|finding| codes.contains(&finding.code)).cloned().collect();
    match chosen.iter().find(|finding| finding.fix.is_none()) {
        Some(Planned { title, why, .. }) => {
            let why = why.as_deref().unwrap_or("nothing that could be proved");
            Err(Error::Usage(format!("there is no proved fix for \"{title}\": {why}")))
        }
        None => Ok(chosen),
    }
}

/// What makes them: an action that two of them share once, as one fix often mends several findings.
fn actions(chosen: &[Planned]) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    for action in chosen.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.actions) {
        if !actions.contains(action) {
            actions.push(action.clone());
        }
    }
    actions
}

/// Judges this host in another process, which gives its privileges up.
fn look(flows: &FlowArgs, session: Option<&str>) -> Result<Plan, Error> {
    let failed = |why: String| apply::Error::Command { command: "looking at the rules".into(), why };
    let mut command = Command::new("/proc/self/exe");
    command.args(["fix", "--format", "json"]).args(flows.options());
    if let Some(session) = session {
        command.args(["--flow", session]);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().map_err(|error| failed(error.to_string()))?;
    let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let plan: Plan = serde_json::from_slice(&output.stdout).map_err(|error| failed(format!("{error}: {told}")))?;
    if plan.schema == SCHEMA { Ok(plan) } else { Err(failed("it is of another version".into()).into()) }
}

/// Whether the findings are gone and nothing else is worse.
fn verify(before: &Plan, after: &Plan, chosen: &[Planned]) -> Result<(), Error> {
    let differs = |why: String| Err(apply::Error::Command { command: "looking at the result".into(), why }.into());
    if let Some(left) = chosen.iter().find(|finding| after.findings.iter().any(|each| each.is(finding))) {
        return differs(format!("it is still found that {}", left.title));
    }
    let new = before.new_in(after);
    let worse = before.worse_in(after);
    match (new.is_empty(), worse.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => differs(format!("new is {}", new.join("; "))),
        (true, false) => differs(format!("no longer passes {}", worse.join(", "))),
    }
}

/// Waits for a word at the terminal, for `--confirm-now` elsewhere, or for the end of the time.
fn await_decision(change: &Change, end: Instant) {
    let left = || end.saturating_duration_since(Instant::now());
    complain(&format!(
        "made and verified; it is undone in {} seconds unless you type \"yes\" here, or run \"clearway fix --confirm-now\" in a new session",
        left().as_secs()
    ));
    let (tell, told) = mpsc::channel();
    if std::io::stdin().is_terminal() {
        std::thread::spawn(move || {
            let lines = std::io::stdin().lock().lines().map_while(Result::ok);
            lines.for_each(|line| drop(tell.send(line)));
        });
    } else {
        drop(tell);
    }
    while change.end().is_none() && !left().is_zero() {
        match told.recv_timeout(Duration::from_millis(100)) {
            Ok(line) if line.trim() == "yes" => drop(change.confirm()),
            Ok(_) => complain("only \"yes\" confirms it"),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    change.undo("it was not confirmed in time");
}

/// Waits while the guard puts back what was there.
fn wait_until_undone(change: &Change) {
    let begun = Instant::now();
    while !change.is_done() && begun.elapsed() < LOOKING {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What makes confirmed fixes last.
fn make_last(chosen: &[Planned]) -> Result<Exit, Error> {
    let mut exit = Exit::Clean;
    let mut done: Vec<&Action> = Vec::new();
    for fix in chosen.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| !fix.persistent) {
        if fix.persist.is_empty() {
            complain(&format!("{} has no way here to make it last: the next boot forgets it", fix.owner));
            exit = Exit::Findings;
        }
        for action in &fix.persist {
            if !done.contains(&action) {
                apply::persist(action)?;
                done.push(action);
            }
        }
    }
    done.iter().for_each(|action| complain(&format!("for good: {}", action.command())));
    Ok(exit)
}
