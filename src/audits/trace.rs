//! One packet through the rules.

use crate::{
    model::{Field, Values},
    packets::Packet,
    simulate::{Given, Memory, Outcome, Point, Simulation, outcome::Ending, space::Space as _},
    site::Site,
    world::World,
};

/// The outcomes of a packet: several where something is not known. What the packet itself leaves open is no condition.
#[must_use]
pub fn outcomes(site: &Site, world: &dyn World, packet: &Packet) -> Vec<Outcome<Point>> {
    outcomes_after(&Memory::default(), site, world, packet)
}

/// The same, after other packets.
#[must_use]
pub fn outcomes_after(memory: &Memory, site: &Site, world: &dyn World, packet: &Packet) -> Vec<Outcome<Point>> {
    let host = &site.lowered(packet.version).host;
    let narrow = |point: Point, (field, values): &(Field, Values)| point.split(*field, values).0;
    let point = packet.partly.iter().fold(Point::new(packet.known.clone()), narrow);
    let given = packet.state.map_or(Given::First, Given::State);
    let mut outcomes = Simulation::new(host, world).after(memory).run(point, given).outcomes();
    for outcome in &mut outcomes {
        outcome.conditions.retain(|each| !packet.partly.iter().any(|(field, values)| *field == each.field && *values == each.values));
    }
    outcomes
}

/// The word for a verdict.
#[must_use]
pub const fn ending(ending: &Ending) -> &'static str {
    match ending {
        Ending::Accept => "accept",
        Ending::Drop => "drop",
        Ending::Reject(_) => "reject",
        Ending::Unknown(_) => "unknown",
    }
}
