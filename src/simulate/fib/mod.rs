//! The `fib` expression: a route lookup into a register. A number is left there: the kernel's, whatever its byte order.

mod ipv4;

mod ipv6;

use super::{machine::Machine, space::Space, strand::Strand};
use crate::model::{Field, Hook, IpVersion, Test, Values};

/// `NFT_FIB_RESULT_ADDRTYPE`.
const ADDRESS_TYPE: u32 = 3;

/// What to look up.
#[derive(Clone, Copy)]
struct Question {
    register: u8,
    /// `NFTA_FIB_F_*`.
    flags: u32,
}

impl Question {
    /// The address asked about.
    fn asked(self) -> Field {
        if self.flags & 2 != 0 { Field::Destination } else { Field::Source }
    }

    fn of_destination(self) -> bool {
        self.flags & 2 != 0
    }

    fn with_mark(self) -> bool {
        self.flags & 4 != 0
    }

    /// The interface that the answer has to do with.
    fn interface(self) -> Option<Field> {
        match self.flags & 0x18 {
            8 => Some(Field::InInterface),
            16 => Some(Field::OutInterface),
            _ => None,
        }
    }

    /// What the register holds for an interface that was found; 0 is none.
    fn answer(self, interface: u32) -> u32 {
        if self.flags & 32 != 0 { u32::from(interface != 0) } else { interface }
    }
}

/// Packets with what the register holds for them.
type Answered<S> = Vec<(Strand<S>, u32)>;

impl<S: Space> Machine<'_, S> {
    /// Looks a route up into a register: the packets that go on, and those for which the rule breaks off.
    pub(super) fn fib(&mut self, strand: Strand<S>, register: u8, result: u32, flags: u32) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let question = Question { register, flags };
        let (answered, unknown) = match (self.decider.host.version, result) {
            (IpVersion::V4, ADDRESS_TYPE) => self.address_type4(strand, question),
            (IpVersion::V6, ADDRESS_TYPE) => self.address_type6(strand, question),
            (IpVersion::V4, _) => self.interface4(strand, question),
            (IpVersion::V6, _) => self.interface6(strand, question),
        };
        let mut through: Vec<Strand<S>> = Vec::new();
        for (mut strand, value) in answered {
            strand.way.view.fix(Field::Register(question.register), value.into(), 32);
            super::strand::gather(&mut through, strand);
        }
        for (mut strand, why) in unknown {
            let choice = self.decider.undecided.unknown(format!("fib: {why}"));
            strand.way.view.set(Field::Register(question.register), crate::model::Bits::run(choice, 0, 32));
            through.push(strand);
        }
        (through, Vec::new())
    }

    /// What comes in by lo is taken for fine in prerouting, newer kernels say in input too (`nft_fib_can_skip`): the packets, and the rest.
    fn through_loopback(&mut self, strand: Strand<S>, question: Question) -> (Answered<S>, Vec<Strand<S>>) {
        let trusted = match self.hook {
            Hook::Prerouting => true,
            Hook::Input => self.decider.host.settings.fib_trusts_loopback_in_input,
            _ => false,
        };
        if !trusted {
            return (Vec::new(), vec![strand]);
        }
        let loopback = self.loopback();
        let (inside, rest) = self.decider.split(strand, &Test::is(Field::InInterface, Values::one(32, loopback.into())));
        (inside.into_iter().map(|strand| (strand, question.answer(loopback))).collect(), rest)
    }

    /// The interface where the packet is now, as it is.
    fn where_it_is(&mut self, strands: Vec<Strand<S>>, question: Question, answered: &mut Answered<S>) {
        let interfaces: Vec<u32> = self.decider.host.interfaces.iter().map(|each| each.index).collect();
        let rest = self.match_interfaces(strands, Field::InInterface, &interfaces, question, answered);
        answered.extend(rest.into_iter().map(|strand| (strand, 0)));
    }

    /// Answers with the packet's own interface where it is one of these; gives the rest.
    fn match_interfaces(
        &mut self,
        strands: Vec<Strand<S>>,
        field: Field,
        interfaces: &[u32],
        question: Question,
        answered: &mut Answered<S>,
    ) -> Vec<Strand<S>> {
        let mut rest = strands;
        for interface in interfaces {
            let (here, others) = self.divide(rest, &Test::is(field, Values::one(32, (*interface).into())));
            answered.extend(here.into_iter().map(|strand| (strand, question.answer(*interface))));
            rest = others;
        }
        rest
    }
}
