//! A set of packets as a decision diagram: for what makes too many boxes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{arena::Arena, cube::Cube};
use crate::model::{
    Field, Values,
    values::{ALL, NONE, Op, Relation},
};

/// A diagram may hold this many boxes, of this many intervals a field, and still be turned back into boxes.
const FEW_BOXES: usize = 16;
const FEW_INTERVALS: usize = 16;

/// It needs more nodes than an arena may have.
#[derive(Debug)]
pub(super) struct Overgrown;

/// A set of packets. Sets that come from one another share an arena.
#[derive(Debug, Clone)]
pub(super) struct Diagram {
    arena: Arc<Mutex<Arena>>,
    root: u32,
    /// A box around all of it: answers most questions about one field at once.
    pub hull: Cube,
}

impl Diagram {
    /// The union of boxes.
    pub fn of(cubes: &[Cube]) -> Result<Self, Overgrown> {
        let mut arena = Arena::default();
        let root = union(&mut arena, cubes);
        let hull = Cube::around(cubes);
        if arena.full { Err(Overgrown) } else { Ok(Self { arena: Arc::new(Mutex::new(arena)), root, hull }) }
    }

    fn lock(&self) -> MutexGuard<'_, Arena> {
        self.arena.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves to an arena of its own: most of the nodes here may belong to nobody any more.
    fn move_out(&mut self) {
        let mut fresh = Arena::default();
        let root = fresh.copy(&self.lock(), self.root, &mut FxHashMap::default());
        fresh.settle();
        self.root = root;
        self.arena = Arc::new(Mutex::new(fresh));
    }

    /// Makes sets of the nodes; tries again in an arena of its own if this one is full.
    fn make<const N: usize>(mut self, work: impl Fn(&Self, &mut Arena) -> [u32; N]) -> Result<[Self; N], Overgrown> {
        if self.lock().is_crowded() {
            self.move_out();
        }
        let mut roots = self.ask(&work);
        if roots.is_none() {
            self.move_out();
            roots = self.ask(&work);
        }
        roots.map(|roots| roots.map(|root| Self { root, ..self.clone() })).ok_or(Overgrown)
    }

    fn in_own_arena(&self) -> Self {
        let mut own = self.clone();
        own.move_out();
        own
    }

    /// What the nodes tell; None if the arena is full.
    fn ask<T>(&self, work: impl Fn(&Self, &mut Arena) -> T) -> Option<T> {
        let mut arena = self.lock();
        let answer = work(self, &mut arena);
        (!arena.full).then_some(answer)
    }

    pub fn combine(self, op: Op, other: &Self) -> Result<Self, Overgrown> {
        // By way of a third arena, so that two locks are never held at once.
        let parcel = (!Arc::ptr_eq(&self.arena, &other.arena)).then(|| other.in_own_arena());
        let [mut result] = self.make(|own, arena| {
            let theirs = match &parcel {
                Some(parcel) => arena.copy(&parcel.lock(), parcel.root, &mut FxHashMap::default()),
                None if Arc::ptr_eq(&own.arena, &other.arena) => other.root,
                // This set has just moved out of their common arena, so nobody else can hold the lock of its new one.
                None => arena.copy(&other.lock(), other.root, &mut FxHashMap::default()),
            };
            [arena.apply(op, own.root, theirs)]
        })?;
        match op {
            Op::Or => result.hull = result.hull.hull(&other.hull),
            Op::And => result.hull = result.hull.and(&other.hull).unwrap_or_default(),
            Op::Minus => {}
        }
        Ok(result)
    }

    pub fn or_cubes(self, cubes: &[Cube]) -> Result<Self, Overgrown> {
        let [mut result] = self.make(|own, arena| {
            let more = union(arena, cubes);
            [arena.apply(Op::Or, own.root, more)]
        })?;
        result.hull = cubes.iter().fold(result.hull, |hull, cube| hull.hull(cube));
        Ok(result)
    }

    /// Both parts must be there.
    pub fn split(self, field: Field, values: &Values) -> Result<(Self, Self), Overgrown> {
        let [mut inside, mut rest] = self.make(|own, arena| {
            let side = arena.side(field, values, ALL);
            [arena.apply(Op::And, own.root, side), arena.apply(Op::Minus, own.root, side)]
        })?;
        if rest.hull.relation(field, values) == Relation::Across {
            inside.hull = rest.hull.cut(field, values);
        }
        Ok((inside, rest))
    }

    pub fn relation(&self, field: Field, values: &Values) -> Relation {
        match self.hull.relation(field, values) {
            Relation::Across => {}
            settled => return settled,
        }
        let relation = |own: &Self, arena: &mut Arena| {
            let side = arena.side(field, values, ALL);
            if arena.disjoint(own.root, side, &mut FxHashSet::default()) {
                Relation::Outside
            } else if arena.inside(own.root, side, &mut FxHashSet::default()) {
                Relation::Inside
            } else {
                Relation::Across
            }
        };
        // Where there is no room for the question, a split will find that out.
        self.ask(relation).or_else(|| self.in_own_arena().ask(relation)).unwrap_or(Relation::Across)
    }

    pub fn forget(self, field: Field) -> Result<Self, Overgrown> {
        let [mut result] = self.make(|own, arena| [arena.forget(own.root, field, &mut FxHashMap::default())])?;
        result.hull.forget(field);
        Ok(result)
    }

    pub fn values(&self, field: Field, width: u8) -> Result<Values, Overgrown> {
        let [projected] = self.clone().make(|own, arena| [arena.project(own.root, field, &mut FxHashMap::default())])?;
        let edges = projected.lock().edges(projected.root);
        let all = if projected.root == ALL { Values::all(width) } else { Values::none(width) };
        Ok(edges.and_then(|(_, edges)| edges.into_iter().next()).map_or(all, |(values, _)| values))
    }

    pub fn contains(&self, packet: &impl Fn(Field) -> u128) -> bool {
        let arena = self.lock();
        let mut at = self.root;
        while let Some((field, bit, branches)) = arena.decision(at) {
            at = branches[usize::from(packet(field) >> bit & 1 == 1)];
        }
        at == ALL
    }

    /// The lowest packet.
    pub fn witness(&self) -> Option<Vec<(Field, u128)>> {
        let arena = self.lock();
        let mut at = self.root;
        let mut packet: Vec<(Field, u128)> = Vec::new();
        while let Some((field, bit, [low, high])) = arena.decision(at) {
            if packet.last().is_none_or(|side| side.0 != field) {
                packet.push((field, 0));
            }
            at = if low == NONE { high } else { low };
            if let Some(side) = packet.last_mut()
                && low == NONE
            {
                side.1 |= 1 << bit;
            }
        }
        (at == ALL).then_some(packet)
    }

    /// As boxes, if they are few.
    pub fn few_cubes(&self) -> Option<Vec<Cube>> {
        let mut cubes = Vec::new();
        let mut open = vec![(Cube::default(), self.root)];
        let arena = self.lock();
        while let Some((cube, number)) = open.pop() {
            if number == ALL {
                cubes.push(cube);
            } else if number != NONE {
                let (field, edges) = arena.few_edges(number, FEW_INTERVALS)?;
                open.extend(edges.into_iter().map(|(values, leads)| (cube.with_last(field, values), leads)));
            }
            if cubes.len() + open.len() > FEW_BOXES {
                return None;
            }
        }
        Some(cubes)
    }

    /// Disjoint boxes, one by one.
    pub fn cubes(&self) -> impl Iterator<Item = Cube> + '_ {
        let mut open = vec![(Cube::default(), self.root)];
        std::iter::from_fn(move || {
            while let Some((cube, number)) = open.pop() {
                if number == ALL {
                    return Some(cube);
                }
                let edges = self.lock().edges(number);
                if let Some((field, edges)) = edges {
                    open.extend(edges.into_iter().rev().map(|(values, leads)| (cube.with_last(field, values), leads)));
                }
            }
            None
        })
    }
}

/// Halves by halves, so that no intermediate union is joined again and again.
fn union(arena: &mut Arena, cubes: &[Cube]) -> u32 {
    match cubes {
        [] => NONE,
        [cube] => arena.cube(cube),
        _ => {
            let (a, b) = cubes.split_at(cubes.len() / 2);
            let (a, b) = (union(arena, a), union(arena, b));
            arena.apply(Op::Or, a, b)
        }
    }
}
