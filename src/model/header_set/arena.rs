//! The nodes of decision diagrams over fields: each decides on one bit of one field; fields in order, high bits first.
//!
//! Equal nodes are one node, so sets that come from one another share what they have in common, and equal sets have equal roots.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::cube::Cube;
use crate::model::{
    Field, Values,
    values::{ALL, NONE, Op},
};

/// An arena that needs more nodes than this gives up.
const MOST: usize = if cfg!(test) { 1 << 18 } else { 1 << 22 };

/// So many new nodes are never too many.
const ROOM: usize = if cfg!(test) { 1 << 12 } else { 1 << 18 };

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    field: Field,
    bit: u8,
    branches: [u32; 2],
}

/// Pairs of nodes that were visited.
pub(super) type Seen = FxHashSet<(u32, u32)>;

/// Where a decision stands: lower places come first.
type Place = (Field, Reverse<u8>);

/// Node `n` stands at `n - 2`.
#[derive(Debug, Default)]
pub(super) struct Arena {
    nodes: Vec<Node>,
    numbers: FxHashMap<Node, u32>,
    widths: FxHashMap<Field, u8>,
    /// Its size when it was last known to hold nothing useless.
    tidy: usize,
    /// It gave up: results since then mean nothing.
    pub full: bool,
}

impl Arena {
    /// Whether it may be worth to leave it: most nodes may be rubbish.
    pub fn is_crowded(&self) -> bool {
        self.full || self.nodes.len() > 3 * self.tidy + ROOM || self.nodes.len() > MOST / 2 && self.nodes.len() > self.tidy + ROOM
    }

    /// All that it holds is in use.
    pub fn settle(&mut self) {
        self.tidy = self.nodes.len();
    }

    fn get(&self, number: u32) -> Option<Node> {
        self.nodes.get((number as usize).checked_sub(2)?).copied()
    }

    fn place(&self, number: u32) -> Option<Place> {
        self.get(number).map(|node| (node.field, Reverse(node.bit)))
    }

    /// The field that a node decides on, with its width.
    pub fn field(&self, number: u32) -> Option<(Field, u8)> {
        let field = self.get(number)?.field;
        Some((field, self.widths.get(&field).copied().unwrap_or(128)))
    }

    /// The bit that a node decides on, and where it leads; none for a terminal.
    pub fn decision(&self, number: u32) -> Option<(Field, u8, [u32; 2])> {
        self.get(number).map(|node| (node.field, node.bit, node.branches))
    }

    /// Where a node leads for each value of the bit at `place`.
    pub fn branches(&self, number: u32, place: Place) -> [u32; 2] {
        match self.get(number) {
            Some(node) if (node.field, Reverse(node.bit)) == place => node.branches,
            _ => [number; 2],
        }
    }

    fn node(&mut self, field: Field, bit: u8, low: u32, high: u32) -> u32 {
        if low == high {
            return low;
        }
        let node = Node { field, bit, branches: [low, high] };
        if let Some(known) = self.numbers.get(&node) {
            return *known;
        }
        if self.nodes.len() >= MOST {
            self.full = true;
            return NONE;
        }
        self.nodes.push(node);
        let number = self.nodes.len() as u32 + 1;
        self.numbers.insert(node, number);
        number
    }

    /// The packets whose field is in `values`, and that are in `then`, which decides on later fields only.
    pub fn side(&mut self, field: Field, values: &Values, then: u32) -> u32 {
        self.widths.insert(field, values.width());
        values.decisions(then, &mut |bit, low, high| self.node(field, bit, low, high))
    }

    pub fn cube(&mut self, cube: &Cube) -> u32 {
        cube.sides.iter().rev().fold(ALL, |then, (field, values)| self.side(*field, values, then))
    }

    pub fn apply(&mut self, op: Op, a: u32, b: u32) -> u32 {
        self.combine(op, (a, b), &mut FxHashMap::default())
    }

    fn combine(&mut self, op: Op, (a, b): (u32, u32), done: &mut FxHashMap<(u32, u32), u32>) -> u32 {
        if let Some(settled) = op.settled(a, b) {
            return settled;
        }
        // Both are of this arena, so one of them may be the result as it is.
        match op {
            Op::And | Op::Or if a == b => return a,
            Op::And if a == ALL => return b,
            Op::Or if a == NONE => return b,
            Op::And if b == ALL => return a,
            Op::Or | Op::Minus if b == NONE => return a,
            Op::Minus if a == b => return NONE,
            _ => {}
        }
        // The order of the two does not matter for all but one.
        let pair = if op == Op::Minus || a < b { (a, b) } else { (b, a) };
        if let Some(known) = done.get(&pair) {
            return *known;
        }
        let Some(place) = self.first_place(a, b) else { return NONE };
        if self.full {
            return NONE;
        }
        let (x, y) = (self.branches(a, place), self.branches(b, place));
        let low = self.combine(op, (x[0], y[0]), done);
        let high = self.combine(op, (x[1], y[1]), done);
        let result = self.node(place.0, place.1.0, low, high);
        done.insert(pair, result);
        result
    }

    /// The earlier of the places on which two nodes decide.
    fn first_place(&self, a: u32, b: u32) -> Option<Place> {
        [self.place(a), self.place(b)].into_iter().flatten().min()
    }

    /// Whether two sets have no packet in common. Makes no node.
    pub fn disjoint(&self, a: u32, b: u32, seen: &mut Seen) -> bool {
        if a == NONE || b == NONE {
            return true;
        }
        if a == ALL || b == ALL || a == b {
            return false;
        }
        self.each_branch((a, b), seen, Self::disjoint)
    }

    /// Whether all of `a` is in `b`. Makes no node.
    pub fn inside(&self, a: u32, b: u32, seen: &mut Seen) -> bool {
        if a == NONE || b == ALL || a == b {
            return true;
        }
        if a == ALL || b == NONE {
            return false;
        }
        self.each_branch((a, b), seen, Self::inside)
    }

    /// Whether something holds for both branches of a pair; what was seen before held, or the answer is known to be no.
    fn each_branch(&self, pair: (u32, u32), seen: &mut Seen, holds: fn(&Self, u32, u32, &mut Seen) -> bool) -> bool {
        if !seen.insert(pair) {
            return true;
        }
        let Some(place) = self.first_place(pair.0, pair.1) else { return true };
        let (x, y) = (self.branches(pair.0, place), self.branches(pair.1, place));
        holds(self, x[0], y[0], seen) && holds(self, x[1], y[1], seen)
    }

    /// The same packets with a field taking any value.
    pub fn forget(&mut self, number: u32, field: Field, done: &mut FxHashMap<u32, u32>) -> u32 {
        let Some(node) = self.get(number).filter(|node| node.field <= field) else { return number };
        if let Some(known) = done.get(&number) {
            return *known;
        }
        let [low, high] = node.branches.map(|branch| self.forget(branch, field, done));
        let result = if node.field == field { self.apply(Op::Or, low, high) } else { self.node(node.field, node.bit, low, high) };
        done.insert(number, result);
        result
    }

    /// The values that one field takes: a set that constrains nothing else.
    pub fn project(&mut self, number: u32, field: Field, done: &mut FxHashMap<u32, u32>) -> u32 {
        let Some(node) = self.get(number) else { return number };
        if node.field > field {
            return ALL;
        }
        if let Some(known) = done.get(&number) {
            return *known;
        }
        let [low, high] = node.branches.map(|branch| self.project(branch, field, done));
        let result = if node.field == field { self.node(field, node.bit, low, high) } else { self.apply(Op::Or, low, high) };
        done.insert(number, result);
        result
    }

    /// Copies a set of another arena.
    pub fn copy(&mut self, from: &Self, number: u32, done: &mut FxHashMap<u32, u32>) -> u32 {
        let Some(node) = from.get(number) else { return number };
        if let Some(known) = done.get(&number) {
            return *known;
        }
        let [low, high] = node.branches.map(|branch| self.copy(from, branch, done));
        if let Some(width) = from.widths.get(&node.field) {
            self.widths.insert(node.field, *width);
        }
        let result = self.node(node.field, node.bit, low, high);
        done.insert(number, result);
        result
    }
}
