//! A set looked at through a string of bits of one field.

use super::{Form, Values};

/// Where one bit comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitSource {
    /// Always this.
    Constant(bool),
    /// This bit of the field, flipped or not.
    Field { bit: u8, flip: bool },
}

impl Values {
    /// The values of a field of `width` bits that lead into this set where each bit of it is taken from `source`. Only for sets in the form
    /// of a bit diagram, which is walked node by node; `None` for the others, whose intervals are few.
    #[must_use]
    pub fn substituted(&self, width: u8, source: impl Fn(u8) -> BitSource) -> Option<Self> {
        let Form::Bits(diagram) = &self.form else { return None };
        // Nodes come after those that they lead to; 0 and 1 stand for nothing and everything.
        let mut leads = vec![Self::none(width), Self::all(width)];
        for node in diagram.nodes() {
            let [low, high] = node.branches.map(|number| leads.get(number as usize).cloned().unwrap_or_else(|| Self::none(width)));
            leads.push(match source(node.bit) {
                BitSource::Constant(one) => {
                    if one {
                        high
                    } else {
                        low
                    }
                }
                BitSource::Field { bit, flip } => {
                    let one = Self::masked(width, 1 << bit, u128::from(!flip) << bit);
                    one.and(&high).or(&low.minus(&one))
                }
            });
        }
        leads.get(diagram.root() as usize).cloned()
    }
}
