//! `nft_fib6_eval`, `nft_fib6_eval_type` (nft_fib_ipv6.c).

use super::{Answered, Question};
use crate::{
    model::{
        Field, Hook, Test, Values,
        routing::{Failure, Prefix, Route, RouteKind},
    },
    simulate::{
        lookup::{Found, Key, Operand, Outgoing},
        machine::Machine,
        routing::{addresses, link_local},
        space::Space,
        strand::Strand,
    },
};

const UNSPECIFIED: u32 = 0;
const UNICAST: u32 = 1;
const LOCAL: u32 = 2;
const ANYCAST: u32 = 4;
const MULTICAST: u32 = 5;
const BLACKHOLE: u32 = 6;
const UNREACHABLE: u32 = 7;
const PROHIBIT: u32 = 8;

/// ICMPv6.
const ICMPV6: u128 = 58;

impl<'a, S: Space> Machine<'a, S> {
    /// The type that the routing of this address has.
    pub(super) fn address_type6(&mut self, strand: Strand<S>, question: Question) -> (Answered<S>, Vec<(Strand<S>, &'a str)>) {
        let (mut answered, mut unknown) = (Vec::new(), Vec::new());
        for (strand, found) in self.look_up6(strand, question) {
            match found {
                Found::Unknown(why) => unknown.push((strand, why)),
                Found::Fail(reason) => answered.push((
                    strand,
                    match reason {
                        Failure::Blackhole => BLACKHOLE,
                        Failure::Prohibited => PROHIBIT,
                        Failure::NoRoute | Failure::Unreachable => UNREACHABLE,
                    },
                )),
                Found::Route(route) => answered.extend(self.type_by_route6(strand, route, question)),
            }
        }
        (answered, unknown)
    }

    fn type_by_route6(&mut self, strand: Strand<S>, route: &Route, question: Question) -> Answered<S> {
        let asked = |values| Test::is(question.asked(), values);
        // ipv6_anycast_destination: an anycast route, or the first address of a network on a link.
        let on_link = route.prefix.length < 127 && route.kind != RouteKind::Local && route.hops.iter().any(|hop| hop.gateway.is_none());
        let anycast = match route.kind {
            RouteKind::Anycast => Test::Always,
            _ if on_link => asked(Values::one(128, route.prefix.address)),
            _ => Test::Never,
        };
        let (anycast, rest) = self.decider.split(strand, &anycast);
        let mut answered: Answered<S> = anycast.into_iter().map(|strand| (strand, ANYCAST)).collect();
        let own = match question.interface() {
            None => Test::certain(route.kind == RouteKind::Local),
            Some(field) => self.own_address_there(question.asked(), field),
        };
        let (own, rest) = self.divide(rest, &own);
        answered.extend(own.into_iter().map(|strand| (strand, LOCAL)));
        let (groups, rest) = self.divide(rest, &asked(addresses(Prefix { address: 0xff00 << 112, length: 8 })));
        answered.extend(groups.into_iter().map(|strand| (strand, MULTICAST)));
        let (none, rest) = self.divide(rest, &asked(Values::one(128, 0)));
        answered.extend(none.into_iter().map(|strand| (strand, UNSPECIFIED)));
        answered.extend(rest.into_iter().map(|strand| (strand, UNICAST)));
        answered
    }

    /// `nf_ipv6_chk_addr`: the address is one of the interface itself.
    fn own_address_there(&self, asked: Field, field: Field) -> Test {
        let there = self.decider.host.interfaces.iter().filter(|each| !each.addresses.is_empty()).map(|each| {
            let own = Values::from_ranges(128, each.addresses.iter().map(|(address, _)| (*address, *address)));
            Test::all([Test::is(field, Values::one(32, each.index.into())), Test::is(asked, own)])
        });
        Test::Any(there.collect())
    }

    /// The interface that a packet to this address would leave by.
    pub(super) fn interface6(&mut self, strand: Strand<S>, question: Question) -> (Answered<S>, Vec<(Strand<S>, &'a str)>) {
        let mut unknown = Vec::new();
        let (mut answered, mut rest) = self.through_loopback(strand, question);
        if matches!(self.hook, Hook::Prerouting | Hook::Ingress) {
            // nft_fib_v6_skip_icmpv6: neighbour discovery from no address, to a link's own.
            let on_link = link_local().or(&addresses(Prefix { address: 0xff02 << 112, length: 16 }));
            let asking = Test::all([
                Test::is(Field::Protocol, Values::one(8, ICMPV6)),
                Test::is(Field::Source, Values::one(128, 0)),
                Test::is(Field::Destination, on_link),
            ]);
            let (asking, others) = self.divide(rest, &asking);
            self.where_it_is(asking, question, &mut answered);
            rest = others;
        }
        for strand in rest {
            for (strand, found) in self.look_up6(strand, question) {
                match found {
                    Found::Unknown(why) => unknown.push((strand, why)),
                    Found::Route(route) if matches!(route.kind, RouteKind::Unicast | RouteKind::Multicast) => {
                        let leads = route.hops.iter().find(|hop| !hop.dead).map_or(0, |hop| hop.interface);
                        match question.interface() {
                            None => answered.push((strand, question.answer(leads))),
                            Some(field) => {
                                let rest = self.match_interfaces(vec![strand], field, &[leads], question, &mut answered);
                                answered.extend(rest.into_iter().map(|strand| (strand, 0)));
                            }
                        }
                    }
                    _ => answered.push((strand, 0)),
                }
            }
        }
        (answered, unknown)
    }

    /// `nft_fib6_flowi_init`: an address that means something on one link only is looked up on the packet's interface.
    fn look_up6(&mut self, strand: Strand<S>, question: Question) -> Vec<(Strand<S>, Found<'a>)> {
        let (looked_up, other) =
            if question.of_destination() { (Field::Destination, Field::Source) } else { (Field::Source, Field::Destination) };
        let back_by_out = self.hook == Hook::Forward && !question.of_destination() && question.interface() == Some(Field::InInterface);
        let key = Key {
            destination: Operand::Field(looked_up),
            source: Operand::Field(other),
            incoming: if back_by_out { Operand::Field(Field::OutInterface) } else { Operand::Number(self.loopback().into()) },
            outgoing: Outgoing::Any,
            mark: if question.with_mark() { Operand::Field(Field::Mark) } else { Operand::Number(0) },
            source_port: Operand::Number(0),
            destination_port: Operand::Number(0),
            ..Key::RECEIVED
        };
        let scoped = link_local().or(&addresses(Prefix { address: 0xff02 << 112, length: 16 }));
        let (scoped, rest) = self.decider.split(strand, &Test::is(looked_up, scoped));
        let mut found: Vec<_> = rest.into_iter().flat_map(|strand| self.look_up(strand, &key)).collect();
        let field = question.interface().unwrap_or(Field::InInterface);
        let mut scoped = scoped;
        let interfaces: Vec<u32> = self.decider.host.interfaces.iter().map(|each| each.index).collect();
        for interface in interfaces {
            let (here, others) = self.divide(scoped, &Test::is(field, Values::one(32, interface.into())));
            let key = Key { outgoing: Outgoing::Only(interface), ..key };
            found.extend(here.into_iter().flat_map(|strand| self.look_up(strand, &key)));
            scoped = others;
        }
        found.extend(scoped.into_iter().flat_map(|strand| self.look_up(strand, &key)));
        found
    }
}
