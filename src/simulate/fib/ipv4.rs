//! `nft_fib4_eval`, `nft_fib4_eval_type` (nft_fib_ipv4.c).

use super::{Answered, Question};
use crate::{
    model::{
        Field, Hook, Test, Values,
        routing::{Prefix, RouteKind},
    },
    simulate::{
        lookup::{Found, Key, Operand, Outgoing},
        machine::Machine,
        space::Space,
        strand::Strand,
    },
};

const UNICAST: u32 = 1;
const BROADCAST: u32 = 3;
const MULTICAST: u32 = 5;

impl<'a, S: Space> Machine<'a, S> {
    /// `__inet_dev_addr_type`: the local table alone, as if only the one interface were there.
    pub(super) fn address_type4(&mut self, strand: Strand<S>, question: Question) -> (Answered<S>, Vec<(Strand<S>, &'a str)>) {
        let host = self.decider.host;
        let (mut answered, mut unknown) = (Vec::new(), Vec::new());
        let asked = |values| Test::is(question.asked(), values);
        let (odd, rest) = self.decider.split(strand, &asked(Values::one(32, 0).or(&Values::one(32, u128::from(u32::MAX)))));
        answered.extend(odd.into_iter().map(|strand| (strand, BROADCAST)));
        let (groups, rest) = self.divide(rest, &asked(block(0xe000_0000, 4)));
        answered.extend(groups.into_iter().map(|strand| (strand, MULTICAST)));
        let Some(table) = host.routing.table(host.routing.local_table) else {
            answered.extend(rest.into_iter().map(|strand| (strand, BROADCAST)));
            return (answered, unknown);
        };
        let key =
            Key { destination: Operand::Field(question.asked()), source: Operand::Number(0), dscp: Operand::Number(0), ..Key::RECEIVED };
        for strand in rest {
            for (strand, route) in self.look_in_table(strand, table, &key) {
                match route {
                    Some(route) if route.unknown.is_some() => unknown.push((strand, route.unknown.as_deref().unwrap_or_default())),
                    Some(route) if !matches!(route.kind, RouteKind::Fail(_) | RouteKind::Throw) => {
                        let device = route.hops.first().map_or(0, |hop| u128::from(hop.interface));
                        let test = question.interface().map_or(Test::Always, |field| Test::is(field, Values::one(32, device)));
                        let (here, elsewhere) = self.decider.split(strand, &test);
                        answered.extend(here.into_iter().map(|strand| (strand, route.kind.number())));
                        answered.extend(elsewhere.into_iter().map(|strand| (strand, UNICAST)));
                    }
                    _ => answered.push((strand, UNICAST)),
                }
            }
        }
        (answered, unknown)
    }

    /// The interface that a packet to this address would leave by.
    pub(super) fn interface4(&mut self, strand: Strand<S>, question: Question) -> (Answered<S>, Vec<(Strand<S>, &'a str)>) {
        let mut unknown = Vec::new();
        let (mut answered, rest) = self.through_loopback(strand, question);
        let aimed = block(0xe000_0000, 24).or(&Values::one(32, u128::from(u32::MAX)));
        let searching = Test::all([Test::is(Field::Source, Values::one(32, 0)), Test::is(Field::Destination, aimed)]);
        let (searching, rest) = self.divide(rest, &searching);
        self.where_it_is(searching, question, &mut answered);
        let key = self.key4(question);
        for strand in rest {
            for (strand, found) in self.look_up(strand, &key) {
                let route = match found {
                    Found::Unknown(why) => {
                        unknown.push((strand, why));
                        continue;
                    }
                    Found::Fail(_) => {
                        answered.push((strand, 0));
                        continue;
                    }
                    Found::Route(route) => route,
                };
                let living = route.hops.iter().find(|hop| !hop.dead).map_or(0, |hop| hop.interface);
                match question.interface() {
                    _ if route.kind == RouteKind::Local => answered.push((strand, 0)),
                    None => answered.push((strand, question.answer(living))),
                    Some(field) => {
                        // fib_info_nh_uses_dev: any of its nexthops will do.
                        let uses: Vec<u32> = route.hops.iter().map(|hop| hop.interface).collect();
                        let rest = self.match_interfaces(vec![strand], field, &uses, question, &mut answered);
                        answered.extend(rest.into_iter().map(|strand| (strand, 0)));
                    }
                }
            }
        }
        (answered, unknown)
    }

    fn key4(&self, question: Question) -> Key {
        let (destination, source) =
            if question.of_destination() { (Field::Destination, Field::Source) } else { (Field::Source, Field::Destination) };
        let back_by_out = self.hook == Hook::Forward && !question.of_destination() && question.interface() == Some(Field::InInterface);
        Key {
            destination: Operand::Field(destination),
            source: Operand::Field(source),
            incoming: if back_by_out { Operand::Field(Field::OutInterface) } else { Operand::Number(self.loopback().into()) },
            outgoing: Outgoing::Any,
            mark: if question.with_mark() { Operand::Field(Field::Mark) } else { Operand::Number(0) },
            protocol: Operand::Number(0),
            source_port: Operand::Number(0),
            destination_port: Operand::Number(0),
            ..Key::RECEIVED
        }
    }
}

fn block(address: u32, length: u8) -> Values {
    let (low, high) = Prefix { address: address.into(), length }.range(32);
    Values::range(32, low, high)
}
