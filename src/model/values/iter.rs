//! Intervals in order.

use std::sync::Arc;

use super::intervals::Range;

/// Runs over intervals in order.
#[derive(Clone)]
pub(super) struct Iter<'a> {
    chunk: std::slice::Iter<'a, Range>,
    rest: std::slice::Iter<'a, Arc<Vec<Range>>>,
}

/// So many intervals are looked at one by one before half of the rest is left out at a time.
const STEPS: usize = 8;

impl<'a> Iter<'a> {
    /// A list, and chunks behind it.
    pub fn new(chunk: &'a [Range], rest: &'a [Arc<Vec<Range>>]) -> Self {
        Self { chunk: chunk.iter(), rest: rest.iter() }
    }

    /// Leaves out the intervals that end before `value`. Who asks for rising values pays for each interval about once, or for the logarithm of
    /// how many lie between two values.
    pub fn skip_to(&mut self, value: u128) {
        for _ in 0..STEPS {
            match self.chunk.as_slice().first() {
                Some(r) if r.1 >= value => return,
                Some(_) => _ = self.chunk.next(),
                None => break,
            }
        }
        if self.chunk.as_slice().last().is_none_or(|r| r.1 < value) {
            let rest = self.rest.as_slice();
            self.rest = rest[rest.partition_point(|chunk| chunk.last().is_none_or(|r| r.1 < value))..].iter();
            self.chunk = self.rest.next().map_or(&[][..], |chunk| chunk).iter();
        }
        let chunk = self.chunk.as_slice();
        self.chunk = chunk[chunk.partition_point(|r| r.1 < value)..].iter();
    }

    /// The next interval, which stays the next.
    pub fn peek(&self) -> Option<Range> {
        self.clone().next()
    }

    /// Whether some value of `low ..= high` is in; `low` is never lower than that of the question before.
    pub fn meets(&mut self, (low, high): Range) -> bool {
        self.skip_to(low);
        self.peek().is_some_and(|r| r.0 <= high)
    }
}

impl Iterator for Iter<'_> {
    type Item = Range;

    fn next(&mut self) -> Option<Range> {
        loop {
            if let Some(range) = self.chunk.next() {
                return Some(*range);
            }
            self.chunk = self.rest.next()?.iter();
        }
    }
}
