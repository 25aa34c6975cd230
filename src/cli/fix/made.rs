//! Makes fixes: plan, change, look again, wait for the confirmation.

use std::{
    io::{BufRead as _, IsTerminal as _},
    sync::mpsc,
    time::{Duration, Instant},
};

use super::{
    eye::{Eye, Kept},
    lasting::make_last,
    plan::{Plan, Planned},
};
use crate::{
    cli::{Error, Exit, complain, flows_of::FlowArgs},
    fixes::{
        Action,
        apply::{
            self, Change,
            change::{End, generation},
        },
    },
};

/// More than this the first look or the second should not take; the guard waits for it besides.
const LOOKING: Duration = Duration::from_secs(60);

/// Makes the fixes of these findings.
pub fn make(flows: &FlowArgs, codes: &[String], confirm: Duration, persist: bool) -> Result<Exit, Error> {
    let eye = Eye::new(flows);
    let (before, kept) = eye.remember()?;
    // What nobody asked for is not opened: that a session must get through is a condition.
    let asked = eye.given();
    let own = |finding: &Planned| !eye.sessions.contains(&finding.flow) || asked.contains(&finding.flow);
    let chosen = chosen(&before, codes, own)?;
    let actions = actions(&chosen);
    if actions.is_empty() {
        complain("there is nothing to fix: none of these findings is there");
        return Ok(Exit::Clean);
    }
    // A fix of the session's own flow is what makes it pass.
    let mended = |flow: &str| chosen.iter().any(|finding| finding.flow == flow);
    if let Some((flow, verdict)) = before.lost(&eye.sessions).into_iter().find(|(flow, _)| !mended(flow)) {
        let why = format!("a new session like yours ({flow}) would not get through now ({verdict}): mend that first; nothing was done");
        return Err(apply::Error::Part(why).into());
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
    let made = eye.one_by_one(&change, (&before, kept), &chosen);
    let made =
        made.and_then(|(after, rules)| eye.verify(&before, &after, &chosen).and_then(|()| of_that_size(&change, rules)).map(|()| after));
    let after = match made.and_then(|after| Ok(change.verified().map(|()| after)?)) {
        Ok(after) => after,
        Err(error) => {
            change.give_up(&error.to_string());
            complain(&error.to_string());
            complain(&format!("the change {} {}", change.id(), change.outcome()));
            return Ok(Exit::Undecided);
        }
    };
    if confirm.is_zero() {
        let _ = change.confirm();
    } else {
        eye.await_decision(&change, end, &after);
    }
    if change.end() != Some(End::Confirmed) {
        complain(&format!("the change {} {}", change.id(), change.outcome()));
        return Ok(Exit::Findings);
    }
    complain("confirmed");
    if persist { make_last(&change, &chosen, &eye.sessions) } else { Ok(Exit::Clean) }
}

/// The findings with these codes that have a fix.
fn chosen(plan: &Plan, codes: &[String], own: impl Fn(&Planned) -> bool) -> Result<Vec<Planned>, Error> {
    for code in codes {
        if crate::audits::find(code).is_none() {
            return Err(Error::Usage(format!("there is no finding '{code}'")));
        }
    }
    let chosen: Vec<Planned> = plan.findings.iter().filter(|finding| codes.contains(&finding.code) && own(finding)).cloned().collect();
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

impl Eye<'_> {
    /// Makes the fixes; before each but the first the rules are looked at anew, as a place among them may have moved, and one fix often mends
    /// several findings. After each it is compared whether the host lets pass exactly what was proved. Gives what is there in the end, and how many rules were to come or go.
    fn one_by_one(&self, change: &Change, (before, mut kept): (&Plan, Kept), chosen: &[Planned]) -> Result<(Plan, usize), Error> {
        let (mut now, mut rules) = (before.clone(), 0);
        for finding in chosen {
            let Some(still) = now.findings.iter().find(|each| each.is(finding)) else { continue };
            let actions = actions(std::slice::from_ref(still));
            change.make(&actions, now.generation)?;
            rules += actions.iter().map(apply::rules_of).sum::<usize>();
            (now, kept) = self.compare(&kept, still)?;
            if let Some(why) = now.differs.take() {
                // Which rules came that should not tells more.
                of_that_size(change, rules)?;
                return Err(apply::Error::Differs(why).into());
            }
        }
        Ok((now, rules))
    }

    /// Whether the findings are gone, nothing else is worse, and a session like this one gets through.
    fn verify(&self, before: &Plan, after: &Plan, chosen: &[Planned]) -> Result<(), Error> {
        let differs = |why: String| Err(apply::Error::Differs(why).into());
        if let Some(left) = chosen.iter().find(|finding| after.findings.iter().any(|each| each.is(finding))) {
            return differs(format!("it is still found that {}", left.title));
        }
        if let Some((flow, verdict)) = after.lost(&self.sessions).first() {
            return differs(format!("a new session like yours ({flow}) would not get through ({verdict})"));
        }
        // What is a lesser matter of a flow that was stopped was there before, only that nothing came so far.
        let stopped = |new: &Planned| before.flows.iter().any(|flow| (&flow.flow, flow.ip) == (&new.flow, new.ip) && !flow.passes());
        let masked = |new: &&Planned| new.severity != "error" && (stopped(new) || chosen.iter().any(|mended| mended.is_of_same_flow(new)));
        let (masked, new): (Vec<_>, Vec<_>) = before.new_in(after).into_iter().partition(masked);
        masked.iter().for_each(|each| complain(&format!("now to be seen: {}: {}", each.code, each.title)));
        if let Some(new) = new.first() {
            return differs(format!("new is {}: {}", new.code, new.title));
        }
        match before.worse_in(after).as_slice() {
            [] => Ok(()),
            worse => differs(format!("worse off is {}", worse.join(", "))),
        }
    }

    /// Waits for a word at the terminal, for `--confirm-now` elsewhere, or for the end of the time. Rules that another program changes meanwhile are
    /// judged again.
    fn await_decision(&self, change: &Change, end: Instant, after: &Plan) {
        let left = || end.saturating_duration_since(Instant::now());
        complain(&format!(
            "made and verified; it is undone in {} seconds unless you type \"yes\" here, or run \"clearway fix --confirm-now\" in a new session",
            left().as_secs()
        ));
        let told = typed();
        let mut judged = after.generation;
        while change.end().is_none() && !left().is_zero() {
            match told.recv_timeout(Duration::from_millis(100)) {
                Ok(line) if line.trim() == "yes" => drop(change.confirm()),
                Ok(_) => complain("only \"yes\" confirms it"),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(100)),
            }
            if change.end().is_some() || generation().is_none_or(|now| now == judged) {
                continue;
            }
            complain("another program changed the rules meanwhile: they are judged again");
            match self.look().and_then(|now| self.verify(after, &now, &[]).map(|()| now)) {
                Ok(plan) => judged = plan.generation,
                Err(error) => change.give_up(&format!("another program changed the rules meanwhile: {error}")),
            }
        }
        if change.end().is_none() {
            change.give_up("it was not confirmed in time");
        }
    }
}

/// Whether no more rules came or went than the proof says: an owner that loads its files may load what somebody wrote there before.
fn of_that_size(change: &Change, rules: usize) -> Result<(), Error> {
    let difference = change.difference()?;
    let lines = || difference.added.iter().map(|line| ("+", line)).chain(difference.removed.iter().map(|line| ("-", line)));
    if lines().count() <= rules {
        return Ok(());
    }
    let told = lines().take(MOST_TOLD).map(|(sign, line)| format!("{sign}{}", line.text)).collect::<Vec<_>>().join("; ");
    Err(apply::Error::Differs(format!(
        "more rules than that changed: {told} (if their owner had not loaded all of its files, have it reload them first)"
    ))
    .into())
}

/// So many lines are told.
const MOST_TOLD: usize = 5;

/// What is typed at the terminal, if there is one.
fn typed() -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::channel();
    if std::io::stdin().is_terminal() {
        std::thread::spawn(move || {
            let lines = std::io::stdin().lock().lines().map_while(Result::ok);
            lines.for_each(|line| drop(tell.send(line)));
        });
    }
    told
}
