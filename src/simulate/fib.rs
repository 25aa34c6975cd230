//! The `fib` expression.

use super::{machine::Machine, space::Space, strand::Strand};

impl<S: Space> Machine<'_, S> {
    /// Looks a route up into a register: the packets that go on, and those for which the rule breaks off.
    pub(super) fn fib(&mut self, strand: Strand<S>, _register: u8, _result: u32, _flags: u32) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        (vec![strand], Vec::new())
    }
}
