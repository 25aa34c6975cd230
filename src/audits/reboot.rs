//! The flows as the next boot leaves them, where it can be told what restores rules.

use super::{
    judge::{self, Judged, Piece, Verdict},
    translation,
};
use crate::{
    model::IpVersion,
    saved::{self, Boot, Restored},
    simulate::outcome::Decision,
    site::Site,
    world::World,
};

/// With more rules than this, flows are not followed a second time.
const MANY_RULES: usize = 20_000;

/// What the next boot brings.
pub struct Reboot {
    pub boot: Boot,
    /// Each flow of the audit, judged with the rules of the next boot; none where that can't be told.
    pub flows: Vec<Option<Judged>>,
}

impl Reboot {
    /// Follows the flows through the rules that the next boot restores.
    #[must_use]
    pub fn new(site: &Site, world: &dyn World, flows: &[Judged]) -> Self {
        let boot = if site.rules() > MANY_RULES { Boot::NotRead(vec![TOO_MANY.into()]) } else { saved::read(&site.snapshot) };
        let flows = match &boot {
            Boot::Rules(restored) => flows.iter().map(|judged| then(site, restored, world, judged)).collect(),
            _ => Vec::new(),
        };
        Self { boot, flows }
    }

    /// What can't be told of the next boot, each as a sentence.
    #[must_use]
    pub fn untold(&self) -> Vec<String> {
        match &self.boot {
            Boot::NotRead(why) => why.clone(),
            Boot::Rules(restored) => restored.site.shortcomings().into_iter().chain(restored.site.unread.iter().cloned()).collect(),
            Boot::NotKnown | Boot::Nothing => Vec::new(),
        }
    }
}

const TOO_MANY: &str = "with so many rules, those of the next boot are not compared";

/// The flow with the rules of the next boot, unless another program has a say now: it makes its rules anew when it starts.
fn then(site: &Site, restored: &Restored, world: &dyn World, judged: &Judged) -> Option<Judged> {
    if judged.start.packets.is_empty() || is_of_others(site, restored.saver, judged) {
        return None;
    }
    let mut then = judge::judge(&restored.site, world, &judged.flow, judged.start.clone());
    if !restored.site.shortcomings().is_empty() {
        then.doubt();
    }
    // What is no rule of this host stops it then as well.
    if judged.stopped.is_some() && matches!(then.verdict, Verdict::Pass | Verdict::Degraded | Verdict::Refused) {
        (then.verdict, then.stopped) = (judged.verdict, judged.stopped.clone());
    }
    let known = |judged: &Judged| judged.verdict != Verdict::Unknown;
    (known(judged) && known(&then)).then_some(then)
}

/// Whether rules of a program that makes them itself decide or translate something of the flow.
fn is_of_others(site: &Site, saver: &str, judged: &Judged) -> bool {
    let host = &site.lowered(judged.version).host;
    let by_other = |decision: &Decision| match decision {
        Decision::Rule { rule, .. } => site.writer(judged.version, rule.chain, Some(rule.index)).is_some_and(|writer| writer.name != saver),
        // One of them may be.
        Decision::Several { .. } => true,
        Decision::Policy { chain, .. } => site.writer(judged.version, *chain, None).is_some_and(|writer| writer.name != saver),
        Decision::Stage { .. } => false,
    };
    let of_piece = |piece: &Piece| {
        let outcome = &piece.outcome;
        by_other(&outcome.decided_by) || outcome.passed.iter().any(by_other) || translation::of(host, piece).is_some_and(by_other)
    };
    judged.legs.iter().flat_map(|leg| &leg.pieces).filter(|piece| !piece.honest.is_empty()).any(of_piece)
}

/// What decides of a flow: what stops it most, or what lets it through.
#[must_use]
pub fn decisive(judged: &Judged) -> Option<&Decision> {
    let stopping = judged.against().map(|(_, piece)| piece).next();
    stopping.or_else(|| judged.served()).map(|piece| &piece.outcome.decided_by)
}

/// A decision in words: `ip filter INPUT, rule 3: -p tcp --dport 443 -j ACCEPT`.
#[must_use]
pub fn words(site: &Site, version: IpVersion, decision: &Decision) -> String {
    let place =
        |chain| site.chain(version, chain).map_or_else(String::new, |chain| format!("{} {} {}", chain.family, chain.table, chain.name));
    match decision {
        Decision::Rule { rule, .. } => format!("{}, rule {}: {}", place(rule.chain), rule.index + 1, site.rule_text(version, *rule)),
        Decision::Policy { chain, drop, .. } => format!("{}, policy {}", place(*chain), if *drop { "drop" } else { "accept" }),
        Decision::Several { chain, .. } => format!("{}, several rules", place(*chain)),
        Decision::Stage { reason, .. } => reason.clone(),
    }
}

/// Where the file of the next boot says so.
#[must_use]
pub fn place(restored: &Restored, version: IpVersion, decision: &Decision) -> Option<String> {
    match decision {
        Decision::Rule { rule, .. } => restored.place(version, *rule),
        Decision::Policy { chain, .. } => restored.policy(version, *chain),
        Decision::Several { .. } | Decision::Stage { .. } => None,
    }
}
