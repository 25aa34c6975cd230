//! What came up that only time, load, the kernel's choice or a big set decides.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::model::{Bits, Field, Hook, RuleId, SetId, step::ConditionId};

/// The undecided things of one run, by the number of their field.
#[derive(Debug, Clone, Default)]
pub struct Undecideds {
    /// Shared by the runs that begin with them.
    choices: Arc<Vec<Choice>>,
    members: Vec<Member>,
    /// The rule that is being evaluated.
    pub at: Option<(Hook, RuleId)>,
    /// While packets take the same way once more: the first choice of that way, and those of it that were met again.
    again: Option<(usize, FxHashSet<usize>)>,
}

/// One condition on one visit, or one free choice of the kernel.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The rule that asked.
    pub rule: Option<(Hook, RuleId)>,
    /// The condition in the host's list, or words of our own.
    pub what: What,
}

/// What is undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A condition of a rule.
    Condition(ConditionId),
    /// Something that can't be told, in words.
    Text(String),
    /// A free choice of the kernel or of the other end, in words.
    Chosen(String),
    /// A field that each packet has anew, and whose.
    Anew(Field, &'static str),
}

/// Membership of a key in a set too big to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The set.
    pub set: SetId,
    /// The key, over original fields.
    pub key: SmallVec<[Bits; 2]>,
}

impl Undecideds {
    /// A condition, anew on each visit.
    pub fn condition(&mut self, id: ConditionId) -> Field {
        self.add(What::Condition(id))
    }

    /// Something that can't be told, in words.
    pub fn unknown(&mut self, text: String) -> Field {
        self.add(What::Text(text))
    }

    /// A free choice of the kernel.
    pub fn chosen(&mut self, text: String) -> Field {
        self.add(What::Chosen(text))
    }

    /// A field that each packet has anew: of one "of the reply", say. It is put in words only where somebody asks.
    pub fn anew(&mut self, field: Field, whose: &'static str) -> Field {
        self.add(What::Anew(field, whose))
    }

    /// Membership of this key: the same field for the same question.
    pub fn member(&mut self, set: SetId, key: &[Bits]) -> Field {
        let known = self.members.iter().position(|each| each.set == set && each.key.as_slice() == key);
        let at = known.unwrap_or_else(|| {
            self.members.push(Member { set, key: key.into() });
            self.members.len() - 1
        });
        Field::Member(number(at))
    }

    /// What a [`Field::Choice`] stands for.
    #[must_use]
    pub fn choice(&self, number: u32) -> Option<&Choice> {
        self.choices.get(number as usize)
    }

    /// What a [`Field::Member`] stands for.
    #[must_use]
    pub fn membership(&self, number: u32) -> Option<&Member> {
        self.members.get(number as usize)
    }

    /// From here on packets may take the same way once more.
    pub fn remember(&mut self) {
        self.again = Some((self.choices.len(), FxHashSet::default()));
    }

    /// The way begins anew: what comes up again is the same as before.
    pub fn repeat(&mut self) {
        if let Some((_, met)) = &mut self.again {
            met.clear();
        }
    }

    /// No way is taken once more.
    pub fn forget(&mut self) {
        self.again = None;
    }

    fn add(&mut self, what: What) -> Field {
        if let Some((first, met)) = &mut self.again {
            let old =
                self.choices.iter().enumerate().skip(*first).find(|(at, old)| old.rule == self.at && old.what == what && !met.contains(at));
            let at = old.map_or(self.choices.len(), |(at, _)| at);
            met.insert(at);
            if at < self.choices.len() {
                return Field::Choice(number(at));
            }
        }
        Arc::make_mut(&mut self.choices).push(Choice { rule: self.at, what });
        Field::Choice(number(self.choices.len() - 1))
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("memory ends long before 4 billion undecided things")
}
