//! A route lookup: policy rules in order, and the tables that they name.
//!
//! Mirrors `fib_rules_lookup` (core/fib_rules.c) with `fib4_rule_match`, `fib4_rule_action`, `fib4_rule_suppress` and their IPv6 twins. It
//! asks not about a packet but about a key: a lookup for the way back has source and destination swapped.

mod rule;

mod table;

use super::{
    machine::Machine,
    space::Space,
    strand::{Strand, gather},
};
use crate::model::{
    Field, IpVersion, Test, Values,
    routing::{Failure, PolicyAction, PolicyRule, Route},
};

/// What takes the place of a field in the key of a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// A current field of the packet.
    Field(Field),
    /// This number.
    Number(u128),
}

/// Which interface is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outgoing {
    /// None.
    Any,
    /// Only routes that lead out of this one.
    Only(u32),
    /// IPv6: of routes that are alike otherwise, the one that leads out of where the packet came in (`rt6_score_route`).
    WhereItCameIn,
}

/// The key of a lookup (`struct flowi4`, `struct flowi6`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub destination: Operand,
    pub source: Operand,
    /// Index of the incoming interface; that of `lo` for what this host sends.
    pub incoming: Operand,
    pub outgoing: Outgoing,
    pub mark: Operand,
    pub uid: Operand,
    pub protocol: Operand,
    pub source_port: Operand,
    pub destination_port: Operand,
    pub dscp: Operand,
}

impl Key {
    /// The key of a packet that came in (`ip_route_input_slow`, `ip6_route_input`).
    pub const RECEIVED: Self = Self {
        destination: Operand::Field(Field::Destination),
        source: Operand::Field(Field::Source),
        incoming: Operand::Field(Field::InInterface),
        outgoing: Outgoing::Any,
        mark: Operand::Field(Field::Mark),
        uid: Operand::Number(0),
        protocol: Operand::Field(Field::Protocol),
        source_port: Operand::Field(Field::SourcePort),
        destination_port: Operand::Field(Field::DestinationPort),
        dscp: Operand::Field(Field::Dscp),
    };
}

/// What a lookup found.
#[derive(Debug, Clone)]
pub(super) enum Found<'a> {
    Route(&'a Route),
    Fail(Failure),
    /// It can't be told, and why.
    Unknown(&'a str),
}

impl Operand {
    /// Whether it has one of these values.
    pub fn is(self, values: Values) -> Test {
        match self {
            Self::Field(field) => Test::is(field, values),
            Self::Number(number) => Test::certain(values.contains(number)),
        }
    }
}

impl<'a, S: Space> Machine<'a, S> {
    /// Looks the key up for each of the packets.
    pub(super) fn look_up(&mut self, strand: Strand<S>, key: &Key) -> Vec<(Strand<S>, Found<'a>)> {
        let host = self.decider.host;
        let rules = &host.routing.rules;
        // Rules only ever lead onward, so one pass over them meets every packet that waits for each.
        let mut waiting: Vec<Vec<Strand<S>>> = rules.iter().map(|_| Vec::new()).collect();
        let mut found = Vec::new();
        let mut beyond = Vec::new();
        waiting.first_mut().unwrap_or(&mut beyond).push(strand);
        for (at, rule) in rules.iter().enumerate() {
            let strands = std::mem::take(&mut waiting[at]);
            if strands.is_empty() {
                continue;
            }
            let (matching, others) = self.divide(strands, &rule.test(key, host));
            let onward = match rule.action {
                _ if rule.unknown.is_some() => {
                    let why = rule.unknown.as_deref().unwrap_or_default();
                    found.extend(matching.into_iter().map(|strand| (strand, Found::Unknown(why))));
                    Vec::new()
                }
                PolicyAction::Nop => matching,
                PolicyAction::Fail(failure) => {
                    found.extend(matching.into_iter().map(|strand| (strand, Found::Fail(failure))));
                    Vec::new()
                }
                PolicyAction::Goto(priority) => match rules.iter().skip(at + 1).position(|target| target.priority == priority) {
                    Some(target) => {
                        waiting[at + 1 + target].extend(matching);
                        Vec::new()
                    }
                    None => matching,
                },
                PolicyAction::Table(number) => self.look_in(matching, number, rule, key, &mut found),
            };
            let next = waiting.get_mut(at + 1).unwrap_or(&mut beyond);
            for strand in others.into_iter().chain(onward) {
                gather(next, strand);
            }
        }
        found.extend(beyond.into_iter().map(|strand| (strand, Found::Fail(Failure::NoRoute))));
        found
    }

    /// Looks one table up; gives the packets for which the next rule is asked.
    fn look_in(
        &mut self,
        strands: Vec<Strand<S>>,
        number: u32,
        rule: &PolicyRule,
        key: &Key,
        found: &mut Vec<(Strand<S>, Found<'a>)>,
    ) -> Vec<Strand<S>> {
        let Some(table) = self.decider.host.routing.table(number) else { return strands };
        let mut onward = Vec::new();
        for strand in strands {
            for (strand, route) in self.look_in_table(strand, table, key) {
                match route.map(|route| (route, self.outcome_of(route))) {
                    Some((route, Some(outcome))) if !self.suppressed(rule, route) => found.push((strand, outcome)),
                    _ => onward.push(strand),
                }
            }
        }
        onward
    }

    /// None if the next rule is asked.
    fn outcome_of(&self, route: &'a Route) -> Option<Found<'a>> {
        use crate::model::routing::RouteKind;
        if let Some(why) = &route.unknown {
            return Some(Found::Unknown(why));
        }
        match route.kind {
            RouteKind::Throw => None,
            RouteKind::Fail(failure) => Some(Found::Fail(failure)),
            _ => Some(Found::Route(route)),
        }
    }

    /// A rule may refuse a route for its length or the group of its interface; never one that answers with an error.
    fn suppressed(&self, rule: &PolicyRule, route: &Route) -> bool {
        if route.hops.is_empty() {
            return false;
        }
        let group = |index: u32| self.decider.host.interfaces.iter().find(|each| each.index == index).map(|each| each.group);
        let short = rule.suppress_length.is_some_and(|length| route.prefix.length <= length);
        let barred = rule.suppress_group.is_some() && route.hops.first().and_then(|hop| group(hop.interface)) == rule.suppress_group;
        short || barred
    }

    /// Divides strands by a test.
    pub(super) fn divide(&mut self, strands: Vec<Strand<S>>, test: &Test) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let (mut inside, mut rest) = (Vec::new(), Vec::new());
        for strand in strands {
            let (yes, no) = self.decider.split(strand, test);
            inside.extend(yes);
            rest.extend(no);
        }
        (inside, rest)
    }

    /// Index of `lo`.
    pub(super) fn loopback(&self) -> u32 {
        self.decider.host.interfaces.iter().find(|each| each.loopback).map_or(1, |each| each.index)
    }
}

/// Width of an address.
pub(super) fn address_width(version: IpVersion) -> u8 {
    Field::Source.width(version)
}
