//! Which listening socket takes a packet.

use super::{machine::Machine, space::Space, strand::Strand};

impl<S: Space> Machine<'_, S> {
    /// Gives packets to sockets: the index in [`crate::model::Host::sockets`], or none.
    pub(super) fn deliver(&mut self, strands: Vec<Strand<S>>) -> Vec<(Strand<S>, Option<usize>)> {
        strands.into_iter().map(|strand| (strand, None)).collect()
    }
}
