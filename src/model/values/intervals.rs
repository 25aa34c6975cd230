//! Sorted disjoint maximal intervals; beyond a few in shared chunks, so that a narrow cut moves little memory and a copy is cheap.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::iter::Iter;

/// Both ends included.
pub(super) type Range = (u128, u128);

/// Up to so many intervals stand in one list.
const FEW: usize = 64;
/// A chunk is halved when it grows beyond this.
const CHUNK: usize = 128;

/// The intervals of a set, none touching the next.
#[derive(Debug, Clone)]
pub(super) enum Intervals {
    Few(SmallVec<[Range; 1]>),
    /// Chunks, none of them empty.
    Many(Arc<Vec<Arc<Vec<Range>>>>),
}

impl Default for Intervals {
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

impl Intervals {
    pub fn one(low: u128, high: u128) -> Self {
        Self::Few(smallvec![(low, high)])
    }

    /// All intervals in order.
    pub fn iter(&self) -> Iter<'_> {
        self.from(0)
    }

    /// The intervals that end at `value` or later, in order.
    pub fn from(&self, value: u128) -> Iter<'_> {
        match self {
            Self::Few(list) => Iter::new(&list[list.partition_point(|r| r.1 < value)..], &[]),
            Self::Many(chunks) => {
                let mut iter = Iter::new(&[], chunks);
                iter.skip_to(value);
                iter
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Few(list) if list.is_empty())
    }

    /// The only interval.
    pub fn only(&self) -> Option<Range> {
        match self {
            Self::Few(list) if list.len() == 1 => list.first().copied(),
            _ => None,
        }
    }

    /// About how many there are: enough to choose the cheaper way.
    pub fn weight(&self) -> usize {
        match self {
            Self::Few(list) => list.len(),
            Self::Many(chunks) => chunks.len() * (CHUNK / 2),
        }
    }

    /// Adds an interval that starts after the start of the last one.
    pub fn push(&mut self, (low, high): Range) {
        let last = match self {
            Self::Few(list) => list.last_mut(),
            Self::Many(chunks) => Arc::make_mut(chunks).last_mut().and_then(|chunk| Arc::make_mut(chunk).last_mut()),
        };
        if let Some(last) = last
            && low <= last.1.saturating_add(1)
        {
            last.1 = last.1.max(high);
            return;
        }
        match self {
            Self::Few(list) => list.push((low, high)),
            Self::Many(chunks) => {
                let chunks = Arc::make_mut(chunks);
                match chunks.last_mut() {
                    Some(chunk) if chunk.len() < CHUNK => Arc::make_mut(chunk).push((low, high)),
                    _ => {
                        let mut chunk = Vec::with_capacity(CHUNK);
                        chunk.push((low, high));
                        chunks.push(Arc::new(chunk));
                    }
                }
            }
        }
        self.settle();
    }

    /// Adds an interval anywhere.
    pub fn insert(&mut self, (low, high): Range) {
        let (before, after) = (low.saturating_sub(1), high.saturating_add(1));
        let mut joined = (low, high);
        for r in self.from(before).take_while(|r| r.0 <= after) {
            joined = (joined.0.min(r.0), joined.1.max(r.1));
        }
        self.replace((before, after), &[joined]);
    }

    /// Takes the values of an interval out and adds them to `taken`, in order.
    pub fn take(&mut self, (low, high): Range, taken: &mut Self) {
        let mut left: SmallVec<[Range; 2]> = SmallVec::new();
        let mut end = None;
        for r in self.from(low).take_while(|r| r.0 <= high) {
            if r.0 < low {
                left.push((r.0, low - 1));
            }
            end = Some(r.1);
            taken.push((r.0.max(low), r.1.min(high)));
        }
        let Some(end) = end else { return };
        if end > high {
            left.push((high + 1, end));
        }
        self.replace((low, high), &left);
    }

    /// Puts other intervals in the place of all that meet `low ..= high`.
    fn replace(&mut self, (low, high): Range, with: &[Range]) {
        match self {
            Self::Few(list) => {
                let start = list.partition_point(|r| r.1 < low);
                let end = list.partition_point(|r| r.0 <= high).max(start);
                list.drain(start..end);
                list.insert_many(start, with.iter().copied());
            }
            Self::Many(chunks) => {
                let chunks = Arc::make_mut(chunks);
                let first = chunks.partition_point(|chunk| chunk.last().is_none_or(|r| r.1 < low)).min(chunks.len() - 1);
                let beyond = chunks.partition_point(|chunk| chunk.first().is_none_or(|r| r.0 <= high)).max(first + 1);
                let mut with: SmallVec<[Range; 2]> = SmallVec::from_slice(with);
                if beyond > first + 1 {
                    with.extend(chunks[beyond - 1].iter().copied().filter(|r| r.0 > high));
                    chunks.drain(first + 1..beyond);
                }
                let chunk = Arc::make_mut(&mut chunks[first]);
                let start = chunk.partition_point(|r| r.1 < low);
                let end = chunk.partition_point(|r| r.0 <= high).max(start);
                chunk.splice(start..end, with);
                if chunk.is_empty() {
                    chunks.remove(first);
                } else if chunk.len() > CHUNK {
                    let half = chunk.split_off(chunk.len() / 2);
                    chunks.insert(first + 1, Arc::new(half));
                }
            }
        }
        self.settle();
    }

    /// Chooses the layout for the number of intervals.
    fn settle(&mut self) {
        match self {
            Self::Few(list) if list.len() > FEW => {
                let chunks = list.chunks(CHUNK / 2).map(|chunk| Arc::new(chunk.to_vec())).collect();
                *self = Self::Many(Arc::new(chunks));
            }
            Self::Many(chunks) if chunks.len() <= 1 && chunks.first().is_none_or(|chunk| chunk.len() <= FEW / 2) => {
                *self = Self::Few(chunks.first().map(|chunk| SmallVec::from_slice(chunk)).unwrap_or_default());
            }
            _ => {}
        }
    }
}

impl PartialEq for Intervals {
    fn eq(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Many(a), Self::Many(b)) if Arc::ptr_eq(a, b)) || self.iter().eq(other.iter())
    }
}

impl Eq for Intervals {}

impl FromIterator<Range> for Intervals {
    /// From intervals in the order of their starts.
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let mut list = List::default();
        ranges.into_iter().for_each(|range| list.push(range));
        list.into()
    }
}

/// Intervals that are being collected.
#[derive(Default)]
pub(super) struct List(SmallVec<[Range; 1]>);

impl List {
    /// Adds an interval that starts after the start of the last one.
    pub fn push(&mut self, (low, high): Range) {
        match self.0.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => self.0.push((low, high)),
        }
    }
}

impl From<List> for Intervals {
    fn from(List(list): List) -> Self {
        let mut all = Self::Few(list);
        all.settle();
        all
    }
}
