//! What a rule takes for itself, where that can be told exactly.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::{
    audits::reading::{Ask, End, read},
    model::{ChainId, Field, HeaderSet, Host, Reject, Rule, Step, Values, values::Relation},
};

/// The packets that a rule asks for: the values of the fields that it constrains.
#[derive(Debug, Clone, Default)]
pub struct Area(Vec<(Field, Arc<Values>)>);

/// How a rule ends what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Accept,
    /// Dropped, or rejected with an answer.
    Stop(Option<Reject>),
    /// Out of the chain, where others decide.
    Leaves,
}

/// A rule, as far as others may hide it, or it may hide others.
#[derive(Debug, Clone)]
pub struct Taken {
    /// It asks for no other packets, but maybe for more than is told here.
    pub area: Area,
    /// It asks for exactly these.
    pub exact: bool,
    /// What becomes of those; none where they may come to the next rule.
    pub fate: Option<Fate>,
}

impl Taken {
    /// None for a rule that fits nothing, or whose tests read what it changed itself.
    pub fn of(rule: &Rule, ends: &mut Ends<'_>) -> Option<Self> {
        let changed = rule.steps.iter().position(|step| !matches!(step, Step::Test(_) | Step::Hotdrop(_) | Step::Count));
        let tested = rule.steps.iter().rposition(|step| matches!(step, Step::Test(_)));
        if matches!((changed, tested), (Some(changed), Some(tested)) if changed < tested) {
            return None;
        }
        let (asks, end) = read(rule);
        let mut area = Area::default();
        let mut exact = true;
        for ask in &asks {
            match ask {
                Ask::Never => return None,
                Ask::Values(field, values) => area.narrow(*field, values),
                Ask::Member(..) | Ask::Unclear => exact = false,
            }
        }
        let fate = match end {
            End::Accept => Some(Fate::Accept),
            End::Stop(answer) => Some(Fate::Stop(answer)),
            End::Return | End::To { back: false, .. } => Some(Fate::Leaves),
            End::To { chain, back: true } => ends.of(chain),
            End::On | End::Unclear => None,
        };
        // What a match drops itself, a header cut short, comes to no later rule either.
        let quiet = |step: &Step| matches!(step, Step::Test(_) | Step::Hotdrop(_) | Step::Count | Step::Verdict(_));
        // What it does besides might end it.
        let fate = fate.filter(|_| rule.steps.iter().all(|step| quiet(step) || matches!(step, Step::Write { .. })));
        Some(Self { area, exact, fate })
    }
}

impl Area {
    fn narrow(&mut self, field: Field, values: &Arc<Values>) {
        match self.0.iter_mut().find(|(known, _)| *known == field) {
            Some((_, known)) => *known = Arc::new(known.and(values)),
            None => self.0.push((field, Arc::clone(values))),
        }
    }

    /// The fields that it constrains.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &Values)> {
        self.0.iter().map(|(field, values)| (*field, &**values))
    }

    /// The values of a field that it asks for.
    pub fn values(&self, field: Field) -> Option<&Values> {
        self.0.iter().find(|(known, _)| *known == field).map(|(_, values)| &**values)
    }

    /// Whether all of it is in another one.
    pub fn is_within(&self, other: &Self) -> bool {
        other.fields().all(|(field, values)| self.values(field).is_some_and(|own| own.relation(values) == Relation::Inside))
    }

    /// Whether no packet is in both.
    pub fn is_apart(&self, other: &Self) -> bool {
        other.fields().any(|(field, values)| self.values(field).is_some_and(|own| own.relation(values) == Relation::Outside))
    }

    /// As a set of packets.
    pub fn packets(&self) -> HeaderSet {
        self.fields().fold(HeaderSet::all(), |set, (field, values)| set.split(field, values).0)
    }
}

/// Chains that end every packet alike: `-j LOGDROP`.
pub struct Ends<'a> {
    host: &'a Host,
    known: FxHashMap<ChainId, Option<Fate>>,
}

impl<'a> Ends<'a> {
    pub fn new(host: &'a Host) -> Self {
        Self { host, known: FxHashMap::default() }
    }

    /// How a chain ends every packet, if it does so whatever the packet is.
    fn of(&mut self, id: ChainId) -> Option<Fate> {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        // One that calls itself ends nothing.
        self.known.insert(id, None);
        let chain = self.host.chains.get(id.0 as usize)?;
        let mut fate = None;
        for rule in chain.rules.iter() {
            let (asks, end) = read(rule);
            if matches!(end, End::On) {
                continue;
            }
            // It leads several ways, each to be followed.
            fate = if asks.is_empty() { Taken::of(rule, self).and_then(|taken| taken.fate) } else { None };
            break;
        }
        let fate = fate.filter(|fate| *fate != Fate::Leaves);
        self.known.insert(id, fate);
        fate
    }
}
