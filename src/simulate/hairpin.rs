//! Replies that go around this host: a client reaches a neighbour of its own by an address that this host translates. The packet comes in and
//! goes out by one link, and as the client's address was left as it is, the neighbour answers the client directly, from an address that the client
//! never asked. (A translated source, by masquerade for one, brings the reply back.)
//!
//! That is no verdict of this host's kernel, which never sees the reply, but what the link does by itself. Bridges that show their frames to the
//! rules of IP translate the reply as it passes (`br_nf_pre_routing`): they have no such trouble.

use super::{
    outcome::{Decision, Delivery, Ending},
    run::{Finished, Simulation},
    space::Space,
    stage::Stage,
    strand::Strand,
};
use crate::model::{Bits, Field, Interface, IpVersion, Values, routing::Prefix, values::Relation};

impl Simulation<'_> {
    /// Of accepted first packets those whose reply comes back to this host, and the ends of those whose reply does not.
    pub(super) fn comes_back<S: Space>(&self, first: &Finished<S>) -> (Vec<Finished<S>>, Vec<Finished<S>>) {
        let Some(link) = self.turned_link(first) else { return (vec![first.clone()], Vec::new()) };
        // By which link they came and from whom, as they were when they did.
        let (here, elsewhere) = first.strand.space.clone().split(Field::InInterface, &Values::one(32, link.index.into()));
        let (around, others) = here.split(Field::Source, &networks(link, self.host().version));
        let strand = |space: S| Strand { space, way: first.strand.way.clone() };
        let back = [elsewhere, others].into_iter().filter(|space| !space.is_empty());
        let around = [around].into_iter().filter(|space| !space.is_empty()).map(|space| {
            let reason = "the server answers its neighbour directly, from an address that this one never asked";
            Finished::stopped(strand(space), Ending::Drop, Decision::Stage { stage: Stage::Around, reason: reason.into() })
        });
        (back.map(|space| Finished { strand: strand(space), ..first.clone() }).collect(), around.collect())
    }

    /// The link that packets came in by, if they were given a neighbour on it as their destination and leave by it.
    fn turned_link<S: Space>(&self, first: &Finished<S>) -> Option<&Interface> {
        let host = self.host();
        let Finished { strand, delivery: Delivery::Forward { interface }, .. } = first else { return None };
        let view = &strand.way.view;
        let turned = strand.space.relation(Field::InInterface, &Values::one(32, u128::from(*interface))) != Relation::Outside;
        let kept = view.get(Field::Source).is_none_or(|source| source.as_field(host.version) == Some(Field::Source));
        let translated = view.get(Field::Destination).and_then(Bits::as_constant).filter(|_| turned && kept)?;
        let link = host.interfaces.iter().find(|each| each.index == *interface && each.resolves && !each.filters_frames)?;
        networks(link, host.version).contains(translated).then_some(link)
    }
}

/// The networks of a link.
fn networks(link: &Interface, version: IpVersion) -> Values {
    let width = Field::Source.width(version);
    let range = |(address, length): &(u128, u8)| Prefix { address: *address, length: *length }.range(width);
    Values::from_ranges(width, link.addresses.iter().map(range))
}
