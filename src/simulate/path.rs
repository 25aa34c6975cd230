//! The way of packets through one host: hooks, routing, delivery.
//!
//! Received: ingress, prerouting, routing, then input to this host, or forward and postrouting. Sent: routing, output, postrouting; what
//! leaves by lo comes in again (`ip_rcv`, `ip_forward`, `__ip_local_out`, `loopback_xmit`).

use super::{
    conntrack::{self, Given},
    hooks::IS_FRAGMENT,
    machine::Machine,
    outcome::{Decision, Delivery, Ending},
    routing::Route,
    run::Finished,
    space::Space,
    stage::Stage,
    strand::Strand,
};
use crate::model::{Bits, Field, Hook, IpVersion, Test, Values};

impl<S: Space> Machine<'_, S> {
    /// Packets go their whole way. Those whose incoming interface is 0 are sent by this host.
    pub fn travel(&mut self, strands: Vec<Strand<S>>, given: Given) {
        let mut received = Vec::new();
        let mut sent = Vec::new();
        let own = Test::is(Field::InInterface, Values::one(32, 0));
        for mut strand in strands {
            strand.way.view.fix(Field::CtState, conntrack::INVALID, 32);
            let (from_here, from_outside) = self.decider.split(strand, &own);
            sent.extend(from_here);
            received.extend(from_outside);
        }
        self.receive(received, given);
        self.send(sent, given);
    }

    fn receive(&mut self, mut strands: Vec<Strand<S>>, given: Given) {
        if strands.is_empty() {
            return;
        }
        for strand in &mut strands {
            strand.way.view.fix(Field::OutInterface, 0, 32);
            if self.decider.host.reads_priority {
                strand.way.view.fix(Field::Priority, 0, 32);
            }
        }
        let strands = self.ingress(strands, given);
        let strands = self.admit(strands);
        let strands = self.pass(Hook::Prerouting, strands, given, None);
        self.route(strands, given);
    }

    /// What has come in is routed, and goes on to this host or out.
    fn route(&mut self, mut strands: Vec<Strand<S>>, given: Given) {
        strands.iter_mut().for_each(|strand| strand.way.reroute = false);
        let mut local = Vec::new();
        let mut forward = Vec::new();
        for (mut strand, route) in self.route_received(strands) {
            match route {
                Route::Local => local.push(strand),
                Route::Out { interface } => {
                    strand.way.view.fix(Field::OutInterface, u128::from(interface), 32);
                    // ip_decrease_ttl stands before the hook.
                    let ttl = match strand
                        .way
                        .view
                        .field(Field::Ttl, self.decider.host.version)
                        .as_constant()
                        .or_else(|| strand.space.single(Field::Ttl, 8))
                    {
                        Some(ttl) => Bits::constant(8, ttl.saturating_sub(1)),
                        None => Bits::run(Field::ForwardedTtl, 0, 8),
                    };
                    strand.way.view.set(Field::Ttl, ttl);
                    forward.extend(self.prioritize(strand));
                }
                Route::Stop { ending, stage, reason } => self.end(strand, ending, Decision::Stage { stage, reason }),
            }
        }
        self.input(local, given);
        let strands = self.pass(Hook::Forward, forward, given, None);
        let strands = self.pass(Hook::Postrouting, strands, given, None);
        for (interface, strand) in self.egress(strands, given) {
            self.arrive(strand, Delivery::Forward { interface });
        }
    }

    /// `ip_forward` takes the priority from the type of service (`rt_tos2priority`); IPv6 leaves it.
    fn prioritize(&mut self, strand: Strand<S>) -> Vec<Strand<S>> {
        if !self.decider.host.reads_priority || self.decider.host.version == IpVersion::V6 {
            return vec![strand];
        }
        let (mut all, mut rest) = (Vec::new(), vec![strand]);
        for (class, priority) in [(0, 0), (1, 2), (2, 6), (3, 4)] {
            let (mut here, others) = self.divide(rest, &Test::is(Field::Dscp, Values::masked(6, 6, class << 1)));
            here.iter_mut().for_each(|strand| strand.way.view.fix(Field::Priority, priority, 32));
            all.extend(here);
            rest = others;
        }
        all
    }

    pub(super) fn ingress(&mut self, strands: Vec<Strand<S>>, given: Given) -> Vec<Strand<S>> {
        let host = self.decider.host;
        if host.chains_at(Hook::Ingress).is_empty() {
            return strands;
        }
        let mut through = Vec::new();
        let mut rest = strands;
        for interface in &host.interfaces {
            let here = Test::is(Field::InInterface, Values::one(32, u128::from(interface.index)));
            let mut others = Vec::new();
            for strand in rest {
                let (yes, no) = self.decider.split(strand, &here);
                others.extend(no);
                through.extend(self.pass(Hook::Ingress, yes, given, Some(interface.index)));
            }
            rest = others;
        }
        through.extend(rest);
        through
    }

    /// Packets leave by their interfaces (`nf_hook_egress`, at `dev_queue_xmit`); there they have come in by none.
    fn egress(&mut self, strands: Vec<Strand<S>>, given: Given) -> Vec<(u32, Strand<S>)> {
        let asked = !self.decider.host.chains_at(Hook::Egress).is_empty();
        let mut left = Vec::new();
        for mut strand in strands {
            let interface = self.interface_of(&strand);
            if !asked {
                left.push((interface, strand));
                continue;
            }
            let incoming = strand.way.view.get(Field::InInterface).cloned();
            strand.way.view.fix(Field::InInterface, 0, 32);
            for mut strand in self.pass(Hook::Egress, vec![strand], given, Some(interface)) {
                match &incoming {
                    Some(bits) => strand.way.view.set(Field::InInterface, bits.clone()),
                    None => strand.way.view.unset(Field::InInterface),
                }
                left.push((interface, strand));
            }
        }
        left
    }

    fn send(&mut self, strands: Vec<Strand<S>>, given: Given) {
        if strands.is_empty() {
            return;
        }
        let mut leaving = Vec::new();
        for (mut strand, route) in self.route_sent(strands) {
            match route {
                Route::Out { interface } => {
                    strand.way.view.fix(Field::OutInterface, u128::from(interface), 32);
                    leaving.push(strand);
                }
                Route::Local => self.end(
                    strand,
                    Ending::Unknown("a route to this host without an interface".into()),
                    Decision::Stage { stage: Stage::Routing, reason: "a route to this host without an interface".into() },
                ),
                Route::Stop { ending, stage, reason } => self.end(strand, ending, Decision::Stage { stage, reason }),
            }
        }
        let mut strands = self.pass(Hook::Output, leaving, given, None);
        for strand in &mut strands {
            if let Some(interface) = strand.way.leaves.take() {
                strand.way.view.fix(Field::OutInterface, u128::from(interface), 32);
            }
        }
        let strands = self.pass(Hook::Postrouting, strands, given, None);
        let loopback = self.decider.host.interfaces.iter().find(|each| each.loopback).map(|each| each.index);
        let mut returning = Vec::new();
        for (interface, mut strand) in self.egress(strands, given) {
            if Some(interface) == loopback {
                strand.way.view.fix(Field::InInterface, u128::from(interface), 32);
                strand.way.view.fix(Field::OutInterface, 0, 32);
                // lo has no hardware address (eth_header, arp_constructor).
                strand.way.view.fix(Field::LinkSource, 0, 48);
                strand.way.view.fix(Field::LinkDestination, 0, 48);
                conntrack::confirm(&mut strand);
                returning.push(strand);
            } else {
                self.arrive(strand, Delivery::Sent { interface });
            }
        }
        let returning = self.ingress(returning, given);
        let returning = self.unspoiled(returning);
        // The route that it was sent by stays with it: no second decision, no source validation (ip_rcv_finish_core, skb_valid_dst). But
        // where translation writes another destination, the route is dropped (nf_nat_ipv4_pre_routing, nf_nat_ipv6_in).
        let returning = self.pass(Hook::Prerouting, returning, given, None);
        let (again, kept): (Vec<_>, Vec<_>) = returning.into_iter().partition(|strand| strand.way.reroute);
        self.route(again, given);
        self.input(kept, given);
    }

    fn input(&mut self, strands: Vec<Strand<S>>, given: Given) {
        if strands.is_empty() {
            return;
        }
        let strands = match self.decider.host.version {
            // ip_local_deliver puts fragments together before the hook; IPv6 does it behind.
            IpVersion::V4 => self.reassemble(strands),
            IpVersion::V6 => strands,
        };
        let strands = self.pass(Hook::Input, strands, given, None);
        let strands = match self.decider.host.version {
            IpVersion::V4 => strands,
            // ipv6_frag_rcv
            IpVersion::V6 => self.reassemble(strands),
        };
        for (strand, socket) in self.deliver(strands) {
            self.arrive(strand, Delivery::Local { socket });
        }
    }

    fn reassemble(&mut self, strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let mut whole = Vec::new();
        for strand in strands {
            let (fragments, others) = self.decider.split(strand, &IS_FRAGMENT);
            whole.extend(others);
            for strand in fragments {
                let reason = "a fragment waits until all of its packet is there".into();
                self.end(strand, Ending::Drop, Decision::Stage { stage: Stage::Defragment, reason });
            }
        }
        whole
    }

    pub(super) fn arrive(&mut self, strand: Strand<S>, delivery: Delivery) {
        self.finished.push(Finished::arrived(strand.next_rule(), delivery));
    }

    fn interface_of(&self, strand: &Strand<S>) -> u32 {
        let index = strand.way.view.get(Field::OutInterface).and_then(Bits::as_constant);
        index.and_then(|index| u32::try_from(index).ok()).unwrap_or(0)
    }
}
