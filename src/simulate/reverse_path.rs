//! Whether an IPv4 source may have sent a packet from where it came: `fib_validate_source` (fib_frontend.c), with rp_filter.

use super::{
    lookup::{Found, Key, Operand, Outgoing},
    machine::Machine,
    outcome::Ending,
    routing::Route,
    space::Space,
    stage::Stage,
    strand::Strand,
};
use crate::model::{Field, Test, Values, routing::RouteKind, settings::InterfaceSettings};

/// Packets whose source was looked at.
pub(super) struct Validated<S> {
    pub passed: Vec<Strand<S>>,
    pub stopped: Vec<(Strand<S>, Route)>,
}

impl<S> Validated<S> {
    fn pass(strand: Strand<S>) -> Self {
        Self { passed: vec![strand], stopped: Vec::new() }
    }

    /// Those that passed go this way.
    pub fn map_passed(self, route: Route) -> Vec<(Strand<S>, Route)> {
        let mut all = self.stopped;
        all.extend(self.passed.into_iter().map(|strand| (strand, route.clone())));
        all
    }

    fn stop(&mut self, strands: Vec<Strand<S>>, stage: Stage, reason: &str) {
        let route = Route::Stop { ending: Ending::Drop, stage, reason: reason.into() };
        self.stopped.extend(strands.into_iter().map(|strand| (strand, route.clone())));
    }
}

impl<S: Space> Machine<'_, S> {
    /// `destination` is 0 for broadcasts; `out` is the interface that the packet is forwarded by, 0 if it is for this host.
    pub(super) fn validate_source(
        &mut self,
        strand: Strand<S>,
        destination: Operand,
        out: u32,
        interface: u32,
        settings: InterfaceSettings,
    ) -> Validated<S> {
        let host = self.decider.host;
        let quick = settings.rp_filter == 0 && (interface != out || !settings.send_redirects);
        if quick && settings.accept_local {
            return Validated::pass(strand);
        }
        if quick && !host.routing.custom_rules && !host.routing.custom_local_routes {
            let own = host.interfaces.iter().flat_map(|each| &each.addresses).map(|(address, _)| (*address, *address));
            let (own, others) = self.decider.split(strand, &Test::is(Field::Source, Values::from_ranges(32, own)));
            let mut validated = Validated { passed: others, stopped: Vec::new() };
            validated.stop(own, Stage::Martian, "the source is an address of this host");
            return validated;
        }
        self.look_back(strand, destination, out, interface, settings)
    }

    /// `__fib_validate_source`: the route back to the source.
    fn look_back(
        &mut self,
        strand: Strand<S>,
        destination: Operand,
        out: u32,
        interface: u32,
        settings: InterfaceSettings,
    ) -> Validated<S> {
        let key = Key {
            destination: Operand::Field(Field::Source),
            source: destination,
            incoming: Operand::Number(if out == 0 { self.loopback() } else { out }.into()),
            outgoing: Outgoing::Any,
            mark: if settings.src_valid_mark { Operand::Field(Field::Mark) } else { Operand::Number(0) },
            source_port: Operand::Field(Field::DestinationPort),
            destination_port: Operand::Field(Field::SourcePort),
            ..Key::RECEIVED
        };
        let mut validated = Validated { passed: Vec::new(), stopped: Vec::new() };
        for (strand, found) in self.look_up(strand, &key) {
            match self.way_back(&found, interface, settings) {
                Ok(()) => validated.passed.push(strand),
                Err((ending, stage, reason)) => validated.stopped.push((strand, Route::Stop { ending, stage, reason })),
            }
        }
        validated
    }

    /// Whether the route back is fine.
    fn way_back(&self, found: &Found<'_>, interface: u32, settings: InterfaceSettings) -> Result<(), (Ending, Stage, String)> {
        let filter = settings.rp_filter;
        let martian = |reason: &str| Err((Ending::Drop, Stage::Martian, reason.to_owned()));
        let filtered = |reason: String| Err((Ending::Drop, Stage::ReversePath, reason));
        let route = match found {
            Found::Unknown(why) => return Err((Ending::Unknown((*why).to_owned()), Stage::ReversePath, (*why).to_owned())),
            Found::Fail(_) if filter == 0 => return Ok(()),
            Found::Fail(_) => return filtered("there is no route back to the source".into()),
            Found::Route(route) => route,
        };
        match route.kind {
            RouteKind::Unicast => {}
            RouteKind::Local if settings.accept_local => {}
            RouteKind::Local => return martian("the source is an address of this host"),
            _ => return martian("the source is no host"),
        }
        let comes_back = route.hops.iter().any(|hop| hop.interface == interface);
        if comes_back || route.kind == RouteKind::Local && interface == self.loopback() || filter == 0 {
            return Ok(());
        }
        let here = self.decider.host.interfaces.iter().find(|each| each.index == interface);
        let name = here.map_or("?", |each| each.name.as_str());
        if here.is_none_or(|each| each.addresses.is_empty()) {
            return filtered(format!("{name} has no address, and the route back leads elsewhere"));
        }
        if filter == 1 {
            filtered(format!("the route back to the source does not lead out of {name} (rp_filter is strict)"))
        } else {
            Ok(())
        }
    }
}
