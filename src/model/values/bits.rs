//! A reduced ordered decision diagram over the bits of a number, most significant first: exact for masks that make too many intervals.
//!
//! A diagram owns its nodes. They are numbered in the order in which a walk that takes the low branch first leaves them, so two diagrams
//! hold the same set exactly if their node lists are equal.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    decisions::block,
    intervals::{Intervals, Range},
};

/// No value, whatever the bits to come.
pub(in crate::model) const NONE: u32 = 0;
/// Every value.
pub(in crate::model) const ALL: u32 = 1;

/// A decision on one bit; both branches lead to nodes on lower bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub bit: u8,
    pub branches: [u32; 2],
}

/// A set of numbers. Node `n` stands at `n - 2`; the root is the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diagram {
    pub(super) nodes: Vec<Node>,
    pub(super) root: u32,
}

/// The ways to combine two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Op {
    And,
    Or,
    Minus,
}

impl Op {
    /// The result where it is settled already.
    pub fn settled(self, a: u32, b: u32) -> Option<u32> {
        match (self, a, b) {
            (Self::And, NONE, _) | (Self::And, _, NONE) | (Self::Minus, NONE, _) | (Self::Minus, _, ALL) | (Self::Or, NONE, NONE) => {
                Some(NONE)
            }
            (Self::Or, ALL, _) | (Self::Or, _, ALL) | (Self::And, ALL, ALL) | (Self::Minus, ALL, NONE) => Some(ALL),
            _ => None,
        }
    }
}

/// Makes nodes, each once.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    numbers: FxHashMap<Node, u32>,
}

impl Builder {
    pub fn node(&mut self, bit: u8, low: u32, high: u32) -> u32 {
        if low == high {
            return low;
        }
        let node = Node { bit, branches: [low, high] };
        *self.numbers.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            self.nodes.len() as u32 + 1
        })
    }

    pub fn finish(self, root: u32) -> Diagram {
        Diagram { nodes: self.nodes, root }
    }
}

/// The lowest `bits` bits.
pub(super) fn ones(bits: u8) -> u128 {
    if bits == 0 { 0 } else { u128::MAX >> (128 - u32::from(bits)) }
}

impl Diagram {
    pub fn from_intervals(ranges: &Intervals, width: u8) -> Self {
        let mut builder = Builder::default();
        let root = block(ranges, width, 0, ALL, &mut |bit, low, high| builder.node(bit, low, high));
        builder.finish(root)
    }

    /// The numbers whose bits of `mask` are those of `value`.
    pub fn masked(mask: u128, value: u128) -> Self {
        let mut builder = Builder::default();
        let mut root = ALL;
        for bit in (0..128).filter(|bit| mask >> bit & 1 == 1) {
            root = if value >> bit & 1 == 1 { builder.node(bit, NONE, root) } else { builder.node(bit, root, NONE) };
        }
        builder.finish(root)
    }

    pub fn root(&self) -> u32 {
        self.root
    }

    /// The nodes, each after those that it leads to.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node(&self, number: u32) -> Option<Node> {
        self.nodes.get((number as usize).checked_sub(2)?).copied()
    }

    /// The bit that a node decides on, plus one; 0 for none.
    fn height(&self, number: u32) -> u8 {
        self.node(number).map_or(0, |node| node.bit + 1)
    }

    /// Where the two values of bit `height - 1` lead.
    pub fn branches(&self, number: u32, height: u8) -> [u32; 2] {
        match self.node(number) {
            Some(node) if node.bit + 1 == height => node.branches,
            _ => [number; 2],
        }
    }

    pub fn combine(&self, op: Op, other: &Self) -> Self {
        let mut builder = Builder::default();
        let root = self.apply(op, other, (self.root, other.root), &mut builder, &mut FxHashMap::default());
        builder.finish(root)
    }

    fn apply(&self, op: Op, other: &Self, pair: (u32, u32), builder: &mut Builder, done: &mut FxHashMap<(u32, u32), u32>) -> u32 {
        if let Some(settled) = op.settled(pair.0, pair.1) {
            return settled;
        }
        if let Some(known) = done.get(&pair) {
            return *known;
        }
        let height = self.height(pair.0).max(other.height(pair.1));
        let (a, b) = (self.branches(pair.0, height), other.branches(pair.1, height));
        let low = self.apply(op, other, (a[0], b[0]), builder, done);
        let high = self.apply(op, other, (a[1], b[1]), builder, done);
        let result = builder.node(height - 1, low, high);
        done.insert(pair, result);
        result
    }

    /// Whether some number is in both, or with `other_member` false only in this one.
    pub fn shares(&self, other: &Self, other_member: bool) -> bool {
        let avoid = if other_member { NONE } else { ALL };
        self.finds((self.root, other.root), other, avoid, &mut FxHashSet::default())
    }

    fn finds(&self, pair: (u32, u32), other: &Self, avoid: u32, seen: &mut FxHashSet<(u32, u32)>) -> bool {
        if pair.0 == NONE || pair.1 == avoid {
            return false;
        }
        // A node that is no terminal has members and non-members.
        if pair.0 == ALL || pair.1 <= ALL {
            return true;
        }
        if !seen.insert(pair) {
            return false;
        }
        let height = self.height(pair.0).max(other.height(pair.1));
        let (a, b) = (self.branches(pair.0, height), other.branches(pair.1, height));
        self.finds((a[0], b[0]), other, avoid, seen) || self.finds((a[1], b[1]), other, avoid, seen)
    }

    pub fn complement(&self) -> Self {
        let swap = |number: u32| if number <= ALL { ALL - number } else { number };
        let nodes = self.nodes.iter().map(|node| Node { bit: node.bit, branches: node.branches.map(swap) }).collect();
        Self { nodes, root: swap(self.root) }
    }

    pub fn contains(&self, value: u128) -> bool {
        let mut at = self.root;
        while let Some(node) = self.node(at) {
            at = node.branches[usize::from(value >> node.bit & 1 == 1)];
        }
        at == ALL
    }

    /// The smallest member that is `from` or greater, or with `member` false the smallest such non-member.
    pub fn next(&self, width: u8, from: u128, member: bool) -> Option<u128> {
        let avoid = if member { NONE } else { ALL };
        // No number of this width has the bits above it.
        let mut root = self.root;
        while let Some(node) = self.node(root).filter(|node| node.bit >= width) {
            root = node.branches[0];
        }
        self.search(root, width, from, avoid)
    }

    fn search(&self, number: u32, height: u8, from: u128, avoid: u32) -> Option<u128> {
        if number == avoid {
            return None;
        }
        if number <= ALL || height == 0 {
            return Some(from);
        }
        let bit = height - 1;
        let branches = self.branches(number, height);
        let below = from & ones(bit);
        if from >> bit & 1 == 0
            && let Some(found) = self.search(branches[0], bit, below, avoid)
        {
            return Some(found);
        }
        let below = if from >> bit & 1 == 0 { 0 } else { below };
        self.search(branches[1], bit, below, avoid).map(|found| found | 1 << bit)
    }

    /// Whether `low ..= high` has a member, or with `member` false a non-member.
    pub fn meets(&self, width: u8, (low, high): Range, member: bool) -> bool {
        self.next(width, low, member).is_some_and(|found| found <= high)
    }

    /// The maximal intervals, in order.
    pub fn ranges(&self, width: u8) -> impl Iterator<Item = Range> + '_ {
        let mut start = Some(0);
        std::iter::from_fn(move || {
            let low = self.next(width, start?, true)?;
            let end = self.next(width, low, false);
            start = end;
            Some((low, end.map_or(ones(width), |end| end - 1)))
        })
    }
}
