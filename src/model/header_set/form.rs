//! Which form a set takes, and what becomes of one that outgrows its limit.

use smallvec::{SmallVec, smallvec};

use super::{
    Form, HeaderSet, MANY,
    cube::Cube,
    diagram::{Diagram, Overgrown},
    union::Union,
};
use crate::model::values::Op;

impl HeaderSet {
    /// All packets of a box, as far as it is known.
    pub(super) fn around(hull: Cube) -> Self {
        Self { form: Form::Boxes(Union { cubes: smallvec![hull] }), overgrown: true }
    }

    /// A diagram, as boxes if they are few; `hull` is a box around what it should be.
    pub(super) fn of_diagram(diagram: Result<Diagram, Overgrown>, hull: &Cube) -> Self {
        let Ok(diagram) = diagram else { return Self::around(hull.clone()) };
        let form = match diagram.few_cubes() {
            Some(cubes) => Form::Boxes(Union { cubes: SmallVec::from_vec(cubes) }),
            None => Form::Diagram(diagram),
        };
        Self { form, overgrown: false }
    }

    /// Takes over the doubt of a set that this one was made from; nothing is in doubt where there is nothing.
    pub(super) fn doubted(mut self, overgrown: bool) -> Self {
        self.overgrown = (self.overgrown || overgrown) && !self.is_empty();
        self
    }

    /// A diagram if the boxes have become many.
    pub(super) fn settled(self) -> Self {
        match &self.form {
            Form::Boxes(union) if union.cubes.len() > MANY => {
                let hull = Cube::around(&union.cubes);
                Self::of_diagram(Diagram::of(&union.cubes), &hull).doubted(self.overgrown)
            }
            _ => {
                let overgrown = self.overgrown;
                self.doubted(overgrown)
            }
        }
    }

    /// By way of diagrams; the result of all but a union lies within `self`.
    pub(super) fn combine(&self, op: Op, other: &Self) -> Self {
        let hull = self.hull();
        let result = self.diagram().and_then(|a| a.combine(op, &other.diagram()?));
        Self::of_diagram(result, &hull).doubted(self.overgrown || other.overgrown)
    }

    fn hull(&self) -> Cube {
        match &self.form {
            Form::Boxes(union) => Cube::around(&union.cubes),
            Form::Diagram(diagram) => diagram.hull.clone(),
        }
    }

    fn diagram(&self) -> Result<Diagram, Overgrown> {
        match &self.form {
            Form::Boxes(union) => Diagram::of(&union.cubes),
            Form::Diagram(diagram) => Ok(diagram.clone()),
        }
    }
}

impl PartialEq for HeaderSet {
    /// The same packets, whatever the form.
    fn eq(&self, other: &Self) -> bool {
        self.overgrown == other.overgrown && self.minus(other).is_empty() && other.minus(self).is_empty()
    }
}

impl Eq for HeaderSet {}
