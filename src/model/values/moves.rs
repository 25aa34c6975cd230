//! What moving, flipping and adding bits makes of a diagram.

use rustc_hash::FxHashMap;

use super::bits::{ALL, Builder, Diagram, NONE, Node, Op};

impl Diagram {
    /// The same decisions on bits that lie `by` higher.
    pub fn raised(&self, by: u8) -> Self {
        let nodes = self.nodes.iter().map(|node| Node { bit: node.bit + by, ..*node }).collect();
        Self { nodes, root: self.root }
    }

    /// The numbers that are in it after the bits of `flip` are flipped.
    pub fn flipped(&self, flip: u128) -> Self {
        let mut builder = Builder::default();
        let root = self.flip(self.root, flip, &mut builder, &mut FxHashMap::default());
        builder.finish(root)
    }

    fn flip(&self, number: u32, flip: u128, builder: &mut Builder, done: &mut FxHashMap<u32, u32>) -> u32 {
        let Some(Node { bit, branches: [mut low, mut high] }) = self.node(number) else { return number };
        if let Some(known) = done.get(&number) {
            return *known;
        }
        if flip >> bit & 1 == 1 {
            std::mem::swap(&mut low, &mut high);
        }
        let low = self.flip(low, flip, builder, done);
        let high = self.flip(high, flip, builder, done);
        let result = builder.node(bit, low, high);
        done.insert(number, result);
        result
    }

    /// Each member plus `delta`, or minus it, as far as it stays in the width.
    pub fn shifted(&self, width: u8, delta: u128, minus: bool) -> Self {
        let sum = Sum { delta, minus };
        self.moved((self.root, width, false), sum, &mut FxHashMap::default())
    }

    /// The sums `y` of `height` bits with a member `x` below `number` such that the addition carries `carry` out of its highest bit.
    fn moved(&self, at: (u32, u8, bool), sum: Sum, done: &mut FxHashMap<(u32, u8, bool), Self>) -> Self {
        let (number, height, carry) = at;
        if number == NONE || (height == 0 && carry) {
            return Self { nodes: Vec::new(), root: NONE };
        }
        if height == 0 {
            return Self { nodes: Vec::new(), root: ALL };
        }
        if let Some(known) = done.get(&at) {
            return known.clone();
        }
        let bit = height - 1;
        let x = self.branches(number, height);
        let mut halves = [false, true].map(|y| {
            let ways = [false, true].into_iter().filter(|carried| sum.carries(bit, y, *carried) == carry);
            let ways = ways.map(|carried| (x[usize::from(sum.addend(bit, y, carried))], carried));
            ways.map(|(below, carried)| self.moved((below, bit, carried), sum, done)).reduce(|a, b| a.combine(Op::Or, &b))
        });
        let [low, high] = [halves[0].take(), halves[1].take()].map(|half| half.unwrap_or(Self { nodes: Vec::new(), root: NONE }));
        let result = Self::joined(bit, &low, &high);
        done.insert(at, result.clone());
        result
    }

    /// The diagram that decides on `bit` between two on lower bits.
    fn joined(bit: u8, low: &Self, high: &Self) -> Self {
        let mut builder = Builder::default();
        let [low, high] = [low, high].map(|half| half.flip(half.root, 0, &mut builder, &mut FxHashMap::default()));
        let root = builder.node(bit, low, high);
        builder.finish(root)
    }
}

/// An addition `y = x + delta` or subtraction `y = x - delta`, seen bit by bit.
#[derive(Clone, Copy)]
struct Sum {
    delta: u128,
    minus: bool,
}

impl Sum {
    /// The bit of `x`, of that of `y` and what is carried into it.
    fn addend(self, bit: u8, y: bool, carried: bool) -> bool {
        y ^ (self.delta >> bit & 1 == 1) ^ carried
    }

    /// What it carries on.
    fn carries(self, bit: u8, y: bool, carried: bool) -> bool {
        let delta = self.delta >> bit & 1 == 1;
        let x = self.addend(bit, y, carried) != self.minus;
        u8::from(x) + u8::from(delta) + u8::from(carried) > 1
    }
}
