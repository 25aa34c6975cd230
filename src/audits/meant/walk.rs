//! A walk through the rules of a base chain and the chains that it calls: how near does each accepting rule come to some packets?

use smallvec::SmallVec;

use super::packets::{Moment, Packets};
use crate::audits::reading::{Ask, End, read};
use crate::model::{ChainId, Field, Host, RuleId, SetId, Values, values::Relation};

/// Chains call each other no deeper than this where an operator still follows.
const DEPTH: usize = 16;

/// More values than this name no single service.
const FEW_PORTS: u128 = 100;
const FEW_ADDRESSES: u128 = 1 << 16;

/// What a rule asks for and the packets do not have.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The rule that asks.
    pub rule: RuleId,
    pub field: Field,
    pub asked: Asked,
}

#[derive(Debug, Clone)]
pub enum Asked {
    Values(Values),
    Set(SetId),
}

/// An accepting rule, and how it lies to the packets.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub rule: RuleId,
    /// It stands after the rule that decided.
    pub late: bool,
    /// What the packets do not have; the rules that lead to it ask, too.
    pub lacks: Option<Difference>,
    /// It accepts a part of the packets.
    pub partly: bool,
    /// What it asks for and the packets have, where that is narrow enough to tell the flow from others.
    pub names: SmallVec<[Field; 4]>,
}

/// A walk.
pub struct Walk<'a> {
    pub host: &'a Host,
    pub packets: &'a Packets<'a>,
    pub moment: Moment,
    /// The rule that decided, if it was one.
    pub decided: Option<RuleId>,
    /// So many rules may still be looked at.
    pub left: &'a mut usize,
    pub found: Vec<Candidate>,
    passed: bool,
    open: SmallVec<[ChainId; 8]>,
}

impl<'a> Walk<'a> {
    pub fn new(host: &'a Host, packets: &'a Packets<'a>, moment: Moment, decided: Option<RuleId>, left: &'a mut usize) -> Self {
        Self { host, packets, moment, decided, left, found: Vec::new(), passed: false, open: SmallVec::new() }
    }

    /// The accepting rules of a chain and of those that it calls that lack at most one thing.
    pub fn of(mut self, chain: ChainId) -> Vec<Candidate> {
        let rule = RuleId { chain, index: 0 };
        self.chain(chain, &Candidate { rule, late: false, lacks: None, partly: false, names: SmallVec::new() });
        self.found
    }

    fn chain(&mut self, id: ChainId, way: &Candidate) {
        let Some(chain) = self.host.chains.get(id.0 as usize) else { return };
        if self.open.contains(&id) || self.open.len() >= DEPTH {
            return;
        }
        self.open.push(id);
        for (index, rule) in (0..).zip(chain.rules.iter()) {
            let Some(left) = self.left.checked_sub(1) else { break };
            *self.left = left;
            let rule_id = RuleId { chain: id, index };
            self.passed |= self.decided == Some(rule_id);
            let (asks, end) = read(rule);
            // A return helps against what the rest of the same chain stops.
            let helps = match end {
                End::Accept => true,
                End::Return => chain.base.is_none() && self.decided.is_some_and(|decided| decided.chain == id),
                End::To { .. } => false,
                End::Stop(_) | End::On | End::Unclear => continue,
            };
            let Some(mut candidate) = self.asked(rule_id, &asks, way) else { continue };
            match end {
                End::To { chain, .. } => self.chain(chain, &candidate),
                _ if helps => {
                    candidate.late = self.passed;
                    self.found.push(candidate);
                }
                _ => {}
            }
        }
        self.open.pop();
    }

    /// The way to a rule and through it; none where the packets lack more than one thing.
    fn asked(&self, rule: RuleId, asks: &[Ask<'_>], way: &Candidate) -> Option<Candidate> {
        let mut candidate = Candidate { rule, ..way.clone() };
        for ask in asks {
            let lacks = match ask {
                Ask::Never | Ask::Unclear => return None,
                // Had it been in the set, the rule would have decided.
                Ask::Member(field, set) => Some((*field, Asked::Set(*set))),
                Ask::Values(field, values) => match self.packets.relation(*field, values, self.moment)? {
                    Relation::Inside => {
                        if is_narrow(*field, values) {
                            candidate.names.push(*field);
                        }
                        None
                    }
                    Relation::Across if matches!(field, Field::Source | Field::InInterface) => {
                        candidate.partly = true;
                        None
                    }
                    Relation::Across | Relation::Outside => Some((*field, Asked::Values(Values::clone(values)))),
                },
            };
            if let Some((field, asked)) = lacks {
                match &candidate.lacks {
                    Some(known) if known.field == field => {}
                    Some(_) => return None,
                    None => candidate.lacks = Some(Difference { rule, field, asked }),
                }
            }
        }
        Some(candidate)
    }
}

/// Whether who has one of these values is told from most others by it.
fn is_narrow(field: Field, values: &Values) -> bool {
    let most = match field {
        Field::DestinationPort => FEW_PORTS,
        Field::Source | Field::Destination => FEW_ADDRESSES,
        _ => return false,
    };
    size(values).is_some_and(|size| size <= most)
}

/// How many values there are; none where they are scattered.
pub fn size(values: &Values) -> Option<u128> {
    let ranges = values.ranges(256)?;
    Some(ranges.iter().map(|(low, high)| (high - low).saturating_add(1)).fold(0, u128::saturating_add))
}
