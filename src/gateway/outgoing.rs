//! `out IFACE` of a flow: only packets that leave by that interface are part of it.
//!
//! Which ones these are is known only after marks and NAT, so the packets are sent on their way once before the flow is judged. What is stopped
//! before it is routed counts where it would have been routed as it came.

use super::{Expression, Start, start};
use crate::{
    model::{Field, HeaderSet, Hook, Host, Values, values::Relation},
    simulate::{
        Given, Outcome, Simulation,
        outcome::{Decision, Delivery},
    },
    world::World,
};

/// What of a start leaves by the flow's outgoing interface; all of it if the flow names none. Where the kernel chooses between interfaces, what
/// may leave by it is part of the flow.
///
/// # Errors
/// There is no interface of that name.
pub fn part(mut start: Start, flow: &Expression, host: &Host, world: &dyn World) -> Result<Start, start::Error> {
    let Some(name) = flow.outgoing.as_deref() else { return Ok(start) };
    let index = start::index(flow, host, name)?;
    let given = flow.state.map_or(Given::First, |state| Given::State(state.bit()));
    let mut leaving = HeaderSet::empty();
    for outcome in Simulation::new(host, world).run(start.packets.clone(), given).outcomes() {
        let here = match way_out(&outcome, host) {
            Some(interface) if interface == index => outcome.space,
            Some(_) => continue,
            None => routed(outcome.space, index, host, world, given),
        };
        // Conditions are those of this one run.
        let conditions: Vec<Field> =
            here.boxes().flatten().map(|(field, _)| field).filter(|field| matches!(field, Field::Choice(_) | Field::Member(_))).collect();
        let here = conditions.into_iter().fold(here, |set, field| set.forget(field));
        leaving = leaving.minus(&here).or(here);
    }
    start.legitimate = start.legitimate.and(&leaving);
    start.packets = leaving;
    Ok(start)
}

/// The interface by which packets left, or were about to leave when they were stopped, 0 for none; None where they were not routed yet.
fn way_out(outcome: &Outcome<HeaderSet>, host: &Host) -> Option<u32> {
    let sent_here = outcome.space.relation(Field::InInterface, &Values::one(32, 0)) == Relation::Inside;
    let loopback = || host.interfaces.iter().find(|each| each.loopback).map_or(0, |each| each.index);
    match (&outcome.delivery, hook(&outcome.decided_by)) {
        (Delivery::Forward { interface } | Delivery::Sent { interface }, _) => Some(*interface),
        // What this host sends to itself left by lo before it came in again.
        (Delivery::Local { .. }, _) | (Delivery::None, Some(Hook::Input)) => Some(if sent_here { loopback() } else { 0 }),
        (Delivery::None, Some(Hook::Forward | Hook::Output | Hook::Postrouting)) => {
            let current = outcome.changed.iter().find(|(field, _)| *field == Field::OutInterface);
            current.and_then(|(_, bits)| bits.as_constant()).and_then(|index| u32::try_from(index).ok())
        }
        (Delivery::None, Some(Hook::Ingress | Hook::Prerouting)) if sent_here => Some(loopback()),
        (Delivery::None, _) => None,
    }
}

fn hook(decision: &Decision) -> Option<Hook> {
    match decision {
        Decision::Rule { hook, .. } | Decision::Policy { hook, .. } | Decision::Several { hook, .. } => Some(*hook),
        Decision::Stage { .. } => None,
    }
}

/// The packets that routes alone lead out of an interface.
fn routed(packets: HeaderSet, index: u32, host: &Host, world: &dyn World, given: Given) -> HeaderSet {
    let without_rules = Host { chains: Vec::new(), hooks: Vec::new(), conntrack: false, ..host.clone() };
    let outcomes = Simulation::new(&without_rules, world).run(packets, given).outcomes();
    let there = outcomes.into_iter().filter(|outcome| way_out(outcome, host) == Some(index));
    there.fold(HeaderSet::empty(), |all, outcome| all.minus(&outcome.space).or(outcome.space))
}
