//! What happened to a traced packet, as a list that strands share.

use std::sync::Arc;

use super::outcome::Event;

/// A persistent list of events: cheap to copy when a packet is followed both ways.
#[derive(Debug, Clone, Default)]
pub struct Events(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    event: Event,
    before: Events,
}

impl Events {
    /// Adds an event.
    pub fn push(&mut self, event: Event) {
        let before = std::mem::take(self);
        self.0 = Some(Arc::new(Link { event, before }));
    }

    /// All events, oldest first.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut at = self;
        while let Some(link) = &at.0 {
            events.push(link.event.clone());
            at = &link.before;
        }
        events.reverse();
        events
    }
}

/// The very same events, not just equal ones: a packet that was followed both ways stays apart where something happened on one of them.
impl PartialEq for Events {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }
}

impl Drop for Events {
    // By hand, since dropping a long list link by link recurses.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(link) = next {
            next = Arc::try_unwrap(link).ok().and_then(|mut link| link.before.0.take());
        }
    }
}
