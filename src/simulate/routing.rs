//! Where packets go: to this host, out by an interface, or nowhere.

use super::{machine::Machine, outcome::Ending, space::Space, strand::Strand};

/// A routing decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To this host.
    Local,
    /// Out by this interface.
    Out { interface: u32 },
    /// Stopped, with the stage and the reason in words (no route, martian, forwarding off, TTL…).
    Stop { ending: Ending, stage: &'static str, reason: String },
}

impl<S: Space> Machine<'_, S> {
    /// Routes packets that came in.
    pub(super) fn route_received(&mut self, strands: Vec<Strand<S>>) -> Vec<(Strand<S>, Route)> {
        strands.into_iter().map(|strand| (strand, Route::Local)).collect()
    }

    /// Routes packets that this host sends.
    pub(super) fn route_sent(&mut self, strands: Vec<Strand<S>>) -> Vec<(Strand<S>, Route)> {
        strands.into_iter().map(|strand| (strand, Route::Out { interface: 1 })).collect()
    }
}
