//! What the rules before one have taken.

use rustc_hash::FxHashMap;

use super::area::{Area, Fate, Taken};
use crate::model::{Field, HeaderSet};

/// The rules of a chain that take all of what they ask for, in order.
#[derive(Default)]
pub struct Cover {
    rules: Vec<(u32, Area, Fate)>,
    /// Those that ask for one value of a field, under one such field: who is within one of them asks for that value, too.
    by_value: FxHashMap<(Field, u128), Vec<usize>>,
    /// The others.
    wide: Vec<usize>,
    /// The last rule that changed a field; without a field, any.
    changed: FxHashMap<Option<Field>, u32>,
}

/// More boxes than this are not followed.
const MOST_BOXES: usize = 64;

impl Cover {
    /// One more rule.
    pub fn add(&mut self, index: u32, area: Area, fate: Fate) {
        let selective = [Field::Source, Field::Destination, Field::DestinationPort, Field::SourcePort];
        let at = self.rules.len();
        let single = selective.iter().find_map(|wanted| {
            area.fields().find(|(field, _)| field == wanted).and_then(|(field, values)| Some((field, values.single()?)))
        });
        match single {
            Some(key) => self.by_value.entry(key).or_default().push(at),
            None => self.wide.push(at),
        }
        self.rules.push((index, area, fate));
    }

    /// From this rule on a field may have another value than those before it asked for.
    pub fn changed(&mut self, field: Option<Field>, index: u32) {
        self.changed.insert(field, index);
    }

    /// The rules that leave nothing of what a rule takes, one alone before several; `several` looks for those, too, and first among those
    /// that decide as it does.
    pub fn hides(&self, own: &Taken, several: bool, left: &mut usize) -> Option<Vec<(u32, Fate)>> {
        let area = &own.area;
        let single = area.fields().filter_map(|(field, values)| Some((field, values.single()?)));
        let alike = single.filter_map(|key| self.by_value.get(&key)).flatten();
        let mut candidates: Vec<usize> = alike.chain(&self.wide).copied().collect();
        candidates.sort_unstable();
        for at in &candidates {
            *left = left.checked_sub(1)?;
            let Some((index, other, fate)) = self.rules.get(*at).filter(|rule| self.still_holds(rule)) else { continue };
            if area.is_within(other) {
                return Some(vec![(*index, *fate)]);
            }
        }
        if !several {
            return None;
        }
        let as_it_does = own.fate.and_then(|fate| self.together(area, Some(fate), left));
        as_it_does.or_else(|| self.together(area, None, left))
    }

    fn together(&self, area: &Area, alike: Option<Fate>, left: &mut usize) -> Option<Vec<(u32, Fate)>> {
        let mut rest: Option<HeaderSet> = None;
        let mut by = Vec::new();
        for rule in &self.rules {
            *left = left.checked_sub(1)?;
            let (index, other, fate) = rule;
            if alike.is_some_and(|alike| alike != *fate) || area.is_apart(other) || !self.still_holds(rule) {
                continue;
            }
            let before = rest.take().unwrap_or_else(|| area.packets());
            let taken = other.packets();
            if before.and(&taken).is_empty() {
                rest = Some(before);
                continue;
            }
            by.push((*index, *fate));
            let after = before.minus(&taken);
            if after.is_empty() {
                return Some(by);
            }
            if after.is_overgrown() || after.boxes().nth(MOST_BOXES).is_some() {
                return None;
            }
            rest = Some(after);
        }
        None
    }

    /// Whether what a rule asked for is still what packets have that went past it.
    fn still_holds(&self, (index, area, _): &(u32, Area, Fate)) -> bool {
        let later = |field: Option<Field>| self.changed.get(&field).is_some_and(|at| at >= index);
        !later(None) && !area.fields().any(|(field, _)| later(Some(field)))
    }
}
