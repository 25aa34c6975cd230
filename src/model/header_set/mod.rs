//! An exact set of packets over all fields: a few boxes, or a decision diagram where they become many.

mod arena;

mod cube;

mod diagram;

mod edges;

mod form;

mod union;

use rustc_hash::FxHashSet;
use smallvec::smallvec;

use super::{
    Field, Values,
    values::{Op, Relation},
};
use cube::Cube;
pub use cube::Side;
use diagram::{Diagram, Overgrown};
use union::Union;

/// Beyond so many boxes a set becomes a diagram: each step looks at every box, but only at the part of a diagram that it touches.
const MANY: usize = if cfg!(test) { 64 } else { 256 };

/// A set of packets: a field that is not constrained takes any value.
///
/// A set that outgrows its limit becomes a box around it, and says so: then it holds all of its packets, and others.
#[derive(Debug, Clone, Default)]
pub struct HeaderSet {
    form: Form,
    overgrown: bool,
}

#[derive(Debug, Clone)]
enum Form {
    Boxes(Union),
    /// Never empty.
    Diagram(Diagram),
}

impl Default for Form {
    fn default() -> Self {
        Self::Boxes(Union::default())
    }
}

impl HeaderSet {
    /// No packet.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every packet.
    #[must_use]
    pub fn all() -> Self {
        Self { form: Form::Boxes(Union::all()), overgrown: false }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.form, Form::Boxes(union) if union.cubes.is_empty())
    }

    /// How the values of one field in this set lie to `values`; no allocation where the set is one box.
    #[must_use]
    pub fn relation(&self, field: Field, values: &Values) -> Relation {
        match &self.form {
            Form::Boxes(union) => union.relation(field, values),
            Form::Diagram(diagram) => diagram.relation(field, values),
        }
    }

    /// The part whose field is in `values`, and the rest. Consumes the set, so that a narrow cut from a big set changes it in place.
    #[must_use]
    pub fn split(self, field: Field, values: &Values) -> (Self, Self) {
        let overgrown = self.overgrown;
        match self.form {
            Form::Boxes(mut union) => {
                let inside = union.cut(field, values);
                (Self { form: Form::Boxes(inside), overgrown }.settled(), Self { form: Form::Boxes(union), overgrown }.settled())
            }
            Form::Diagram(diagram) => match diagram.relation(field, values) {
                Relation::Inside => (Self { form: Form::Diagram(diagram), overgrown }, Self::empty()),
                Relation::Outside => (Self::empty(), Self { form: Form::Diagram(diagram), overgrown }),
                Relation::Across => {
                    let hull = diagram.hull.clone();
                    match diagram.split(field, values) {
                        Ok((inside, rest)) => {
                            let part = |part| Self::of_diagram(Ok(part), &hull).doubted(overgrown);
                            (part(inside), part(rest))
                        }
                        Err(Overgrown) => Self::around(hull).split(field, values),
                    }
                }
            },
        }
    }

    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if let (Form::Boxes(a), Form::Boxes(b)) = (&self.form, &other.form)
            && a.cubes.len() * b.cubes.len() <= MANY * MANY
        {
            return Self { form: Form::Boxes(a.and(b)), overgrown: self.overgrown || other.overgrown }.settled();
        }
        self.combine(Op::And, other)
    }

    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        if other.overgrown && !self.is_empty() {
            // Taking away too much would lose packets.
            return Self { overgrown: true, ..self.clone() };
        }
        if let (Form::Boxes(a), Form::Boxes(b)) = (&self.form, &other.form)
            && let Some(rest) = a.minus(b, MANY)
        {
            return Self { form: Form::Boxes(rest), overgrown: self.overgrown }.settled();
        }
        self.combine(Op::Minus, other)
    }

    /// Union.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let overgrown = self.overgrown || other.overgrown;
        let together = match (self.form, other.form) {
            (Form::Boxes(mut a), Form::Boxes(b)) => {
                a.or(b);
                return Self { form: Form::Boxes(a), overgrown }.settled();
            }
            (Form::Diagram(diagram), Form::Boxes(union)) | (Form::Boxes(union), Form::Diagram(diagram)) => {
                let hull = union.cubes.iter().fold(diagram.hull.clone(), Cube::hull);
                Self::of_diagram(diagram.or_cubes(&union.cubes), &hull)
            }
            (Form::Diagram(a), Form::Diagram(b)) => {
                let hull = a.hull.clone().hull(&b.hull);
                Self::of_diagram(a.combine(Op::Or, &b), &hull)
            }
        };
        together.doubted(overgrown)
    }

    /// The same packets with this field taking any value (existential quantification).
    #[must_use]
    pub fn forget(&self, field: Field) -> Self {
        match &self.form {
            Form::Boxes(union) => {
                let free = union.cubes.iter().cloned().map(|mut cube| {
                    cube.forget(field);
                    Self { form: Form::Boxes(Union { cubes: smallvec![cube] }), overgrown: self.overgrown }
                });
                free.reduce(Self::or).unwrap_or_default()
            }
            Form::Diagram(diagram) => Self::of_diagram(diagram.clone().forget(field), &diagram.hull.without(field)).doubted(self.overgrown),
        }
    }

    /// All values that the field takes in it.
    #[must_use]
    pub fn values(&self, field: Field, width: u8) -> Values {
        match &self.form {
            Form::Boxes(union) => {
                let sides = union.cubes.iter().map(|cube| cube.side(field).cloned().unwrap_or_else(|| Values::all(width)));
                sides.fold(Values::none(width), |all, values| all.or(&values))
            }
            Form::Diagram(diagram) => diagram.values(field, width).unwrap_or_else(|_| Values::all(width)),
        }
    }

    /// Whether some of these fields may be constrained in it; false only where none is.
    #[must_use]
    pub fn may_constrain(&self, fields: impl Fn(Field) -> bool) -> bool {
        match &self.form {
            Form::Boxes(union) => union.cubes.iter().flat_map(|cube| &cube.sides).any(|(field, _)| fields(*field)),
            Form::Diagram(_) => true,
        }
    }

    /// Disjoint boxes that make it up; each a list of constrained fields in order.
    pub fn boxes(&self) -> impl Iterator<Item = Vec<Side>> + '_ {
        let (cubes, diagram) = match &self.form {
            Form::Boxes(union) => (union.cubes.as_slice(), None),
            Form::Diagram(diagram) => (&[][..], Some(diagram)),
        };
        let many = diagram.into_iter().flat_map(Diagram::cubes);
        cubes.iter().map(|cube| cube.sides.to_vec()).chain(many.map(|cube| cube.sides.into_vec()))
    }

    /// A packet of it: values for the constrained fields; any value does for the others.
    #[must_use]
    pub fn witness(&self) -> Option<Vec<(Field, u128)>> {
        match &self.form {
            Form::Boxes(union) => union.cubes.first()?.sides.iter().map(|(field, values)| Some((*field, values.first()?))).collect(),
            Form::Diagram(diagram) => diagram.witness(),
        }
    }

    /// The set with nothing but fields of packets: whichever side of a condition they are on.
    #[must_use]
    pub fn of_packets(&self) -> Self {
        let of_conditions = |field: &Field| matches!(field, Field::Choice(_) | Field::Member(_) | Field::Register(_));
        if !self.may_constrain(|field| of_conditions(&field)) {
            return self.clone();
        }
        let fields: FxHashSet<Field> = self.boxes().flatten().map(|(field, _)| field).filter(of_conditions).collect();
        // Without the field, boxes may overlap that did not.
        fields.into_iter().fold(self.clone(), |set, field| set.forget(field))
    }

    /// Whether a packet is in it.
    pub fn contains(&self, packet: impl Fn(Field) -> u128) -> bool {
        match &self.form {
            Form::Boxes(union) => union.cubes.iter().any(|cube| cube.contains(&packet)),
            Form::Diagram(diagram) => diagram.contains(&packet),
        }
    }

    /// True if it outgrew its limit and lost exactness: what rests on it is unknown.
    #[must_use]
    pub fn is_overgrown(&self) -> bool {
        self.overgrown
    }
}

#[cfg(test)]
mod tests;
