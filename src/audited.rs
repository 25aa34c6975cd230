//! What an audit has found out, ready to be reported.

use jiff::civil::Date;
use rayon::prelude::*;

use crate::{
    audits::{
        self, Finding, Severity, beside,
        judge::{self, Fate, Judged, Leg, Piece, Verdict, given},
        reboot::Reboot,
    },
    fixes::{self, Fix, Unproved},
    gateway::config::Allowance,
    model::HeaderSet,
    simulate::{Stage, outcome::Decision},
    site::Site,
    world::World,
};

/// An audited host.
pub struct Audited {
    pub flows: Vec<Judged>,
    pub findings: Vec<Finding>,
    /// Fixes, in the order of the findings; none where a finding asks for none.
    fixes: Vec<Option<Result<Fix, Unproved>>>,
    /// Findings that the operator allows.
    pub allowed: Vec<(Finding, Allowance)>,
    /// What could not be read or decoded, each as a sentence: verdicts may be wrong for it.
    pub shortcomings: Vec<String>,
    /// What the verdicts rest on.
    pub assumptions: Vec<String>,
}

/// A proof runs the flow several times: with more rules than this only an error is worth the time.
const MANY_RULES: usize = 10_000;

/// So many findings get a fix, the first ones: more hardly have as many causes.
const fn most_fixes(rules: usize) -> usize {
    match rules {
        0..=1_000 => 64,
        1_001..=MANY_RULES => 8,
        _ => 1,
    }
}

impl Audited {
    /// Finds what is wrong with the flows, and fixes.
    #[must_use]
    pub fn new(site: &Site, world: &dyn World, mut flows: Vec<Judged>) -> Self {
        let mut shortcomings = site.shortcomings();
        for judged in flows.iter_mut().filter(|_| !shortcomings.is_empty()) {
            judged.doubt();
        }
        for judged in &mut flows {
            beside::consider(site, judged);
        }
        judge::compare_groups(&mut flows);
        // What an unknown part of a rule stands for has made unknown what rests on it.
        shortcomings.extend(site.unread.iter().cloned());
        let reboot = Reboot::new(site, world, &flows);
        let findings = audits::findings(site, &flows, &reboot);
        let fixes = fixes_of(site, world, &flows, &findings);
        Self {
            findings,
            fixes,
            allowed: Vec::new(),
            shortcomings,
            assumptions: reboot.untold().into_iter().chain(assumptions(site)).collect(),
            flows,
        }
    }

    /// Takes out the findings that the operator allows on this day; allowances that serve nothing are told.
    #[must_use]
    pub fn allow(mut self, allowances: &[Allowance], today: Date) -> Self {
        let to = |finding: &Finding, flows: &[Judged]| flows.get(finding.flow).map(Judged::to).unwrap_or_default();
        for allowance in allowances {
            let (mut kept, mut used) = (Vec::new(), false);
            for (finding, fix) in std::mem::take(&mut self.findings).into_iter().zip(std::mem::take(&mut self.fixes)) {
                if allowance.covers(finding.audit.code, &to(&finding, &self.flows), today) {
                    self.allowed.push((finding, allowance.clone()));
                    used = true;
                } else {
                    kept.push((finding, fix));
                }
            }
            (self.findings, self.fixes) = kept.into_iter().unzip();
            let Allowance { place, code, .. } = allowance;
            match allowance.until.filter(|_| allowance.has_ended(today)) {
                Some(until) => self.assumptions.push(format!("{place}: the allowance of {code} ended on {until}")),
                None if !used => self.assumptions.push(format!("{place}: nothing is found for which {code} is allowed")),
                None => {}
            }
        }
        self
    }

    /// The fix of a finding.
    #[must_use]
    pub fn fix(&self, finding: &Finding) -> Option<&Result<Fix, Unproved>> {
        let index = self.findings.iter().position(|each| std::ptr::eq(each, finding))?;
        self.fixes.get(index)?.as_ref()
    }

    /// Whether something could not be decided.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        !self.shortcomings.is_empty() || self.flows.iter().any(|judged| judged.verdict == Verdict::Unknown)
    }
}

/// A fix for each finding that is worth one, as long as there are not too many.
fn fixes_of(site: &Site, world: &dyn World, flows: &[Judged], findings: &[Finding]) -> Vec<Option<Result<Fix, Unproved>>> {
    let rules = site.rules();
    let is_worth_it = |severity| severity == Severity::Error || (severity == Severity::Warning && rules <= MANY_RULES);
    let worthy: Vec<usize> = (0..findings.len()).filter(|at| is_worth_it(findings[*at].audit.severity)).collect();
    let mut fixes: Vec<_> = findings.iter().map(|_| None).collect();
    let (mut rest, mut left) = (worthy.as_slice(), most_fixes(rules));
    while let Some((now, later)) = rest.split_at_checked(left.min(rest.len())).filter(|(now, _)| !now.is_empty()) {
        let found = now.par_iter().map(|at| (*at, fix(site, world, &flows[findings[*at].flow], &findings[*at])));
        for (at, fix) in found.collect::<Vec<_>>() {
            left -= usize::from(fix.is_some());
            fixes[at] = fix;
        }
        rest = later;
    }
    fixes
}

/// What would let the flow pass: all of its honest packets, or those that most senders lack.
fn fix(site: &Site, world: &dyn World, judged: &Judged, finding: &Finding) -> Option<Result<Fix, Unproved>> {
    let (leg, index) = *finding.problem.pieces.first()?;
    // What neither a rule nor a setting stops nothing can let pass.
    let by_stage = |stage: &Stage| matches!(stage, Stage::ForwardingOff | Stage::ReversePath | Stage::Localnet);
    let can_be = |decision: &Decision| !matches!(decision, Decision::Stage { stage, .. } if !by_stage(stage));
    let by_rules = |piece: &&Piece| piece.fate == Fate::Stopped && can_be(&piece.outcome.decided_by);
    let main = judged.piece(leg, index).filter(by_rules)?;
    let stopped = judged.judgement(leg).into_iter().flat_map(|each| &each.pieces);
    let alike: Vec<_> =
        stopped.filter(|piece| piece.fate == Fate::Stopped && piece.outcome.decided_by == main.outcome.decided_by).collect();
    let union = |sets: &mut dyn Iterator<Item = &HeaderSet>| sets.fold(HeaderSet::empty(), |all, set| all.minus(set).or(set.clone()));
    let packets = union(&mut alike.iter().map(|piece| &piece.honest));
    let allowed = union(&mut alike.iter().map(|piece| &piece.outcome.space));
    (!packets.is_empty()).then(|| {
        fixes::prove(
            site,
            judged.version,
            world,
            &packets,
            fixes::Aim { allowed: &allowed, path_mtu: matches!(leg, Leg::Companion(_)) && !leg.is_of_neighbours() },
            given(&judged.flow),
        )
    })
}

fn assumptions(site: &Site) -> Vec<String> {
    let lesser =
        site.snapshot.missing.iter().filter(|each| !each.decisive).map(|each| format!("{} could not be read: {}", each.what, each.why));
    let mut assumptions: Vec<String> = lesser.chain(site.snapshot.traffic.unread.iter().cloned()).collect();
    for version in [crate::model::IpVersion::V4, crate::model::IpVersion::V6] {
        for sentence in &site.lowered(version).left_out {
            if !assumptions.contains(sentence) {
                assumptions.push(sentence.clone());
            }
        }
    }
    for inner in &site.snapshot.namespaces {
        if let (Some(process), Some(name)) = (inner.snapshot.processes.first(), &inner.snapshot.netns) {
            let command = &process.command;
            assumptions
                .push(format!("{command} (process {name}) runs in another network namespace: its rules are audited by --netns {name}"));
        }
    }
    assumptions.push(
        "not seen from here: a cloud security group, firewalls of other hosts, what BPF, XDP and tc programs do, what security modules deny".into(),
    );
    assumptions.push(format!("the rules mean what Linux 6.18 makes of them; this host runs {}", site.snapshot.kernel));
    assumptions
}
