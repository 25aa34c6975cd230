//! What a reject says to the sender: a TCP RST (`nf_send_reset`) or an ICMP error (`nf_send_unreach`, `nf_send_unreach6`).
//!
//! This host sends it, so output and postrouting see it, and input, too, if the sender is this host. A reject whose answer is dropped is a drop
//! to the sender. Connection tracking takes it as related to the connection that never came to be (`nf_ct_attach`).

use crate::{
    model::{Bits, Field, Reject},
    simulate::{
        anew::anew,
        connection::Connection,
        conntrack::Given,
        exchange::Exchange,
        machine::Machine,
        outcome::Ending,
        run::{Finished, Run, Simulation},
        shared::Shared,
        space::Space,
        strand::{Strand, Way},
    },
};

use super::Companion;

const TCP: u128 = 6;
const ICMP: u128 = 1;
const ICMP6: u128 = 58;
/// `ICMP_DEST_UNREACH` and `ICMPV6_DEST_UNREACH`.
const UNREACHABLE: (u128, u128) = (3, 1);
const RST_ACK: u128 = 0x14;

impl Simulation<'_> {
    /// Whether first packets are rejected.
    pub(super) fn refuses<S: Space>(exchange: &Exchange<S>) -> bool {
        exchange.first.finished.iter().any(|finished| matches!(finished.ending, Ending::Reject(_)))
    }
}

impl<S: Space> Machine<'_, S> {
    /// The answers to rejected first packets.
    pub(super) fn refuse(&mut self, exchange: &Exchange<S>) -> (Companion, Run<S>) {
        for finished in &exchange.first.finished {
            if let Ending::Reject(reject) = finished.ending {
                let (strand, given) = self.refusal(finished, reject);
                self.travel(vec![strand], given);
            }
        }
        (Companion::Refusal, Run { finished: std::mem::take(&mut self.finished), undecided: self.decider.undecided.clone() })
    }

    fn refusal(&mut self, finished: &Finished<S>, reject: Reject) -> (Strand<S>, Given) {
        let version = self.decider.host.version;
        let before = &finished.strand.way;
        let seen = |field| before.view.field(field, version);
        let mut way = Shared::from(Way::default());
        // An ICMP error for a packet on its way to somebody else has an address of this host as its source, which routing chooses.
        let sender = match reject {
            Reject::TcpReset => seen(Field::Destination),
            Reject::Icmp(_) | Reject::Icmp6(_) if finished.strand.space.single(Field::InInterface, 32) == Some(0) => seen(Field::Source),
            Reject::Icmp(_) | Reject::Icmp6(_) => self.anyone((0, 0), "source address of an ICMP error"),
        };
        way.view = anew("of a reject's answer", &mut self.decider.undecided, version);
        let view = &mut way.view;
        view.set(Field::Source, sender);
        view.set(Field::Destination, seen(Field::Source));
        let (protocol, kind) = match reject {
            Reject::TcpReset => (TCP, 0),
            Reject::Icmp(code) => (ICMP, UNREACHABLE.0 << 8 | u128::from(code)),
            Reject::Icmp6(code) => (ICMP6, UNREACHABLE.1 << 8 | u128::from(code)),
        };
        view.fix(Field::Protocol, protocol, 8);
        if reject == Reject::TcpReset {
            view.set(Field::SourcePort, seen(Field::DestinationPort));
            view.set(Field::DestinationPort, seen(Field::SourcePort));
            view.fix(Field::TcpFlags, RST_ACK, 8);
        } else {
            view.fix(Field::SourcePort, kind, 16);
        }
        view.fix(Field::InInterface, 0, 32);
        let status = before.view.get(Field::CtStatus).cloned().unwrap_or_else(|| Bits::constant(32, 0));
        let given = match Connection::of(before, version).carry(&mut way, 1, version) {
            Given::First => Given::First,
            Given::State(_) | Given::Related => {
                way.view.set(Field::CtStatus, status);
                Given::Related
            }
        };
        (Strand { space: finished.strand.space.clone(), way }, given)
    }
}
