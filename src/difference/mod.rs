//! What differs between two states of a host: the flows whose verdict changed, and exactly which packets were opened or closed, by which rules.
//!
//! Packets are compared as sets, each over what both states call a flow's first packets. Interfaces are the same where their names are.

mod numbering;

mod passage;

mod deciders;

use std::rc::Rc;

use crate::{
    audits::judge::{self, Judged, Verdict},
    gateway::{Flow, Start},
    model::{HeaderSet, IpVersion},
    simulate::outcome::Decision,
    site::Site,
    world::World,
};
use numbering::Numbering;
use passage::Passage;

/// One of two states.
#[derive(Clone, Copy)]
pub struct State<'a> {
    pub site: &'a Site,
    pub world: &'a dyn World,
}

/// A flow in both states; none where it can't begin there.
#[derive(Debug, Clone)]
pub struct Pair {
    pub before: Option<Judged>,
    pub after: Option<Judged>,
}

/// How packets fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Passing {
    Never,
    /// Under a condition that time, load, a big set or something that is not known decides.
    Sometimes,
    Always,
}

/// Packets that fare otherwise than before.
#[derive(Debug)]
pub struct Change {
    /// Index of the pair whose packets they are; what another pair before it has told of is not told again.
    pub pair: usize,
    /// First packets of connections, with the numbers that interfaces have before.
    pub packets: HeaderSet,
    pub before: Passing,
    pub after: Passing,
    /// What stopped them or let them through.
    pub decided_before: Option<Decision>,
    /// What stops them or lets them through now.
    pub decided_after: Option<Decision>,
    /// The flow as it was followed before, over the packets of both states.
    pub followed: Rc<Judged>,
}

/// All that differs.
#[derive(Debug)]
pub struct Difference {
    pub pairs: Vec<Pair>,
    pub changes: Vec<Change>,
    /// What was not compared, each as a sentence.
    pub uncompared: Vec<String>,
    /// Flows whose packets are too many pieces for an exact answer.
    pub overgrown: bool,
}

impl Change {
    /// Whether packets were opened rather than closed.
    #[must_use]
    pub fn is_opening(&self) -> bool {
        self.after > self.before
    }
}

impl Pair {
    /// Both verdicts; none where the flow can't begin.
    #[must_use]
    pub fn verdicts(&self) -> (Option<Verdict>, Option<Verdict>) {
        (self.before.as_ref().map(|judged| judged.verdict), self.after.as_ref().map(|judged| judged.verdict))
    }

    /// Whether the verdict is another.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        let (before, after) = self.verdicts();
        before != after
    }

    /// The flow, as the later state knows it where both do.
    #[must_use]
    pub fn judged(&self) -> Option<&Judged> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

impl Difference {
    /// Whether anything differs.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.changes.is_empty() || self.pairs.iter().any(Pair::has_changed)
    }

    /// Whether something could not be decided.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        let unknown = |pair: &Pair| pair.verdicts().0 == Some(Verdict::Unknown) || pair.verdicts().1 == Some(Verdict::Unknown);
        self.overgrown || self.pairs.iter().any(unknown)
    }
}

/// Which packets of the flows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    All,
    /// Those that honest senders begin with. Of the others both back ends of iptables make different things: a match on ports drops a packet
    /// that ends before them in the legacy tables (`tcp_mt`, `udp_mt`: `hotdrop`), and misses it in nf_tables.
    Honest,
}

/// Compares what becomes of flows in two states.
#[must_use]
pub fn compare(before: State<'_>, after: State<'_>, pairs: Vec<Pair>, extent: Extent) -> Difference {
    let numbering = [IpVersion::V4, IpVersion::V6]
        .map(|version| Numbering::between(&before.site.lowered(version).host, &after.site.lowered(version).host));
    let [four, six] = &numbering;
    let mut uncompared = four.uncompared.clone();
    if extent == Extent::Honest {
        uncompared.push(
            "saved rules are followed as legacy iptables takes them: packets that no honest sender begins with are not compared".into(),
        );
    }
    uncompared.extend(numbering::unread_sets(before.site, after.site));
    let mut difference = Difference { pairs: Vec::new(), changes: Vec::new(), uncompared, overgrown: false };
    let mut told = [HeaderSet::empty(), HeaderSet::empty()];
    for (index, pair) in pairs.iter().enumerate() {
        let Some(flow) = pair.judged() else { continue };
        let [of_four, of_six] = &mut told;
        let (numbering, told) = if flow.version == IpVersion::V4 { (four, of_four) } else { (six, of_six) };
        let Some(both) = Both::follow(before, after, pair, numbering, extent) else { continue };
        difference.overgrown |= both.is_overgrown();
        difference.changes.extend(both.changes(index, told));
        *told = std::mem::take(told).or(both.packets.minus(told));
    }
    Difference { pairs, ..difference }
}

/// A flow, followed in both states over the packets of both.
struct Both<'a> {
    packets: HeaderSet,
    before: (State<'a>, Judged, Passage),
    after: (State<'a>, Judged, Passage),
    numbering: &'a Numbering,
}

impl<'a> Both<'a> {
    /// None where nobody sends a packet.
    fn follow(before: State<'a>, after: State<'a>, pair: &Pair, numbering: &'a Numbering, extent: Extent) -> Option<Self> {
        let start = |judged: &Option<Judged>, of: fn(&Start) -> &HeaderSet| {
            judged.as_ref().map(|judged| of(&judged.start).clone()).unwrap_or_default()
        };
        let both = |of: fn(&Start) -> &HeaderSet| {
            let (old, new) = (numbering.common(&start(&pair.before, of)), numbering.of_after(&start(&pair.after, of)));
            old.minus(&new).or(new)
        };
        let (packets, legitimate) = (both(|start| &start.packets), both(|start| &start.legitimate));
        let packets = if extent == Extent::Honest { legitimate.clone() } else { packets };
        if packets.is_empty() {
            return None;
        }
        let judged = pair.judged()?;
        let follow = |state: State<'_>, flow: &Flow, packets: HeaderSet, legitimate: HeaderSet| {
            judge::judge(state.site, state.world, flow, Start { version: judged.version, packets, legitimate })
        };
        let flow = |own: &Option<Judged>| own.as_ref().unwrap_or(judged).flow.clone();
        let old = follow(before, &flow(&pair.before), packets.clone(), legitimate.clone());
        let new = follow(after, &flow(&pair.after), numbering.to_after(&packets), numbering.to_after(&legitimate));
        let old_passage = Passage::of(&old, &packets, &|set| set.clone());
        let new_passage = Passage::of(&new, &packets, &|set| numbering.of_after(set));
        Some(Self { packets, before: (before, old, old_passage), after: (after, new, new_passage), numbering })
    }

    fn is_overgrown(&self) -> bool {
        self.before.2.is_overgrown() || self.after.2.is_overgrown()
    }

    /// What changed of the packets that were not told of yet, by what decided it.
    fn changes(&self, pair: usize, told: &HeaderSet) -> Vec<Change> {
        let mut changes = Vec::new();
        let followed = Rc::new(self.before.1.clone());
        for from in Passing::ALL {
            for to in Passing::ALL.into_iter().filter(|to| *to != from) {
                let changed = self.before.2.part(from).and(self.after.2.part(to)).minus(told);
                if changed.is_empty() {
                    continue;
                }
                let ((old_state, old, _), (new_state, new, _)) = (&self.before, &self.after);
                let (was, is) = (from == Passing::Always, to == Passing::Always);
                let of_old = deciders::of(old, &changed, was, &|set| set.clone());
                let of_new = deciders::of(new, &changed, is, &|set| self.numbering.of_after(set));
                for part in deciders::together(&changed, &of_old, &of_new) {
                    let (mut decided_before, mut decided_after) =
                        (part.before.map(|each| each.decision.clone()), part.after.map(|each| each.decision.clone()));
                    // Of all that let packets through, what stands in the place of what stopped them matters.
                    if let (Some(stopper), Some(passed), false, true) = (&decided_before, part.after, was, is) {
                        decided_after = Some(deciders::in_place_of((*old_state, stopper), (*new_state, passed), old.version));
                    } else if let (Some(stopper), Some(passed), false, true) = (&decided_after, part.before, is, was) {
                        decided_before = Some(deciders::in_place_of((*new_state, stopper), (*old_state, passed), old.version));
                    }
                    let followed = Rc::clone(&followed);
                    changes.push(Change { pair, packets: part.packets, before: from, after: to, decided_before, decided_after, followed });
                }
            }
        }
        changes
    }
}

impl Passing {
    const ALL: [Self; 3] = [Self::Never, Self::Sometimes, Self::Always];
}
