//! What the rules before one have taken.

use rustc_hash::FxHashMap;

use super::{
    area::{Area, Fate, Taken},
    near::Near,
};
use crate::model::{Field, HeaderSet};

/// The rules of a chain that take all of what they ask for, by their index.
#[derive(Default)]
pub struct Cover {
    rules: FxHashMap<u32, (Area, Fate)>,
    /// The last rule that changed a field; without a field, any.
    changed: FxHashMap<Option<Field>, u32>,
}

/// More boxes than this are not followed.
const MOST_BOXES: usize = 64;

impl Cover {
    /// One more rule.
    pub fn add(&mut self, index: u32, area: Area, fate: Fate) {
        self.rules.insert(index, (area, fate));
    }

    /// From this rule on a field may have another value than those before it asked for.
    pub fn changed(&mut self, field: Option<Field>, index: u32) {
        self.changed.insert(field, index);
    }

    /// The rules that leave nothing of what a rule takes, one alone before several; `several` looks for those, too, and first among those
    /// that decide as it does.
    pub fn hides(&self, own: &Taken, near: &Near, several: bool, left: &mut usize) -> Option<Vec<(u32, Fate)>> {
        let area = &own.area;
        for at in near.around(area) {
            let Some((other, fate)) = self.holding(at) else { continue };
            *left = left.checked_sub(1)?;
            if area.is_within(other) {
                return Some(vec![(at, fate)]);
            }
        }
        if !several {
            return None;
        }
        let meeting = near.meeting(area);
        let as_it_does = own.fate.and_then(|fate| self.together(area, &meeting, Some(fate), left));
        as_it_does.or_else(|| self.together(area, &meeting, None, left))
    }

    fn together(&self, area: &Area, meeting: &[u32], alike: Option<Fate>, left: &mut usize) -> Option<Vec<(u32, Fate)>> {
        let mut rest: Option<HeaderSet> = None;
        let mut by = Vec::new();
        for at in meeting {
            let Some((other, fate)) = self.holding(*at) else { continue };
            *left = left.checked_sub(1)?;
            if alike.is_some_and(|alike| alike != fate) || area.is_apart(other) {
                continue;
            }
            let before = rest.take().unwrap_or_else(|| area.packets());
            let taken = other.packets();
            if before.and(&taken).is_empty() {
                rest = Some(before);
                continue;
            }
            by.push((*at, fate));
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

    /// A rule that came before, if what it asked for is still what packets have that went past it.
    fn holding(&self, index: u32) -> Option<(&Area, Fate)> {
        let (area, fate) = self.rules.get(&index)?;
        let later = |field: Option<Field>| self.changed.get(&field).is_some_and(|at| *at >= index);
        (!later(None) && !area.fields().any(|(field, _)| later(Some(field)))).then_some((area, *fate))
    }
}
