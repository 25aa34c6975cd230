//! What two lists of intervals make together. The cost follows the shorter list wherever that can be.

use super::{
    Relation,
    intervals::{Intervals, List, Range},
};

/// Beyond this ratio of weights the longer list is changed in place, interval by interval.
const LOPSIDED: usize = 8;

impl Intervals {
    pub fn and(&self, other: &Self) -> Self {
        let (short, long) = if self.weight() <= other.weight() { (self, other) } else { (other, self) };
        let mut long = long.iter();
        let common = |r: Range| {
            long.skip_to(r.0);
            long.clone().take_while(move |l| l.0 <= r.1).map(move |l| (l.0.max(r.0), l.1.min(r.1)))
        };
        short.iter().flat_map(common).collect()
    }

    pub fn or(&mut self, other: &Self) {
        if other.weight() * LOPSIDED <= self.weight() {
            other.iter().for_each(|range| self.insert(range));
        } else if self.weight() * LOPSIDED <= other.weight() {
            let short = std::mem::replace(self, other.clone());
            short.iter().for_each(|range| self.insert(range));
        } else {
            let (mut a, mut b) = (self.iter().peekable(), other.iter().peekable());
            let ordered = std::iter::from_fn(|| match (a.peek(), b.peek()) {
                (Some(x), Some(y)) if x.0 > y.0 => b.next(),
                (Some(_), _) => a.next(),
                (None, _) => b.next(),
            });
            *self = ordered.collect();
        }
    }

    /// Takes out what is in `other`, and returns it.
    pub fn cut(&mut self, other: &Self) -> Self {
        if other.weight() * LOPSIDED <= self.weight() {
            let mut taken = Self::default();
            other.iter().for_each(|range| self.take(range, &mut taken));
            return taken;
        }
        let (mut kept, mut taken) = (List::default(), List::default());
        let mut other = other.iter();
        for (mut low, high) in self.iter() {
            let mut used_up = false;
            other.skip_to(low);
            for r in other.clone().take_while(|r| r.0 <= high) {
                if r.0 > low {
                    kept.push((low, r.0 - 1));
                }
                taken.push((r.0.max(low), r.1.min(high)));
                used_up = r.1 >= high;
                low = r.1.saturating_add(1);
            }
            if !used_up {
                kept.push((low, high));
            }
        }
        *self = kept.into();
        taken.into()
    }

    /// The intervals between the intervals, up to `max`.
    pub fn gaps(&self, max: u128) -> impl Iterator<Item = Range> + '_ {
        let mut intervals = self.iter();
        let mut next = Some(0);
        std::iter::from_fn(move || {
            loop {
                let start = next?;
                match intervals.next() {
                    None => {
                        next = None;
                        return Some((start, max));
                    }
                    Some((low, high)) => {
                        next = (high < max).then(|| high + 1);
                        if low > start {
                            return Some((start, low - 1));
                        }
                    }
                }
            }
        })
    }

    /// How `self` lies to `other`; `max` is the greatest value of the width. Allocates nothing.
    pub fn relation(&self, other: &Self, max: u128) -> Relation {
        if self.weight() > other.weight() {
            let (mut within, mut between) = (self.iter(), self.iter());
            return if !other.iter().any(|range| within.meets(range)) {
                Relation::Outside
            } else if other.gaps(max).any(|gap| between.meets(gap)) {
                Relation::Across
            } else {
                Relation::Inside
            };
        }
        let (mut inside, mut outside) = (false, false);
        let mut other = other.iter();
        for (low, high) in self.iter() {
            other.skip_to(low);
            match other.peek() {
                Some(r) if r.0 <= low && r.1 >= high => inside = true,
                Some(r) if r.0 <= high => return Relation::Across,
                _ => outside = true,
            }
            if inside && outside {
                return Relation::Across;
            }
        }
        if outside { Relation::Outside } else { Relation::Inside }
    }
}
