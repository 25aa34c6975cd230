//! Connection tracking: what the first packet of a flow is to it, and what later packets are.
//!
//! Mirrors `nf_conntrack_in` (nf_conntrack_core.c) for packets that belong to no connection yet, with the protocols' own checks:
//! `nf_conntrack_tcp_packet`, `nf_conntrack_icmp_packet`, `nf_conntrack_icmpv4_error`, `nf_conntrack_icmpv6_error`.

use std::sync::LazyLock;

use super::{
    machine::Machine,
    outcome::{Decision, Ending},
    space::Space,
    stage::Stage,
    strand::{Strand, Tracking},
};
use crate::model::{Bits, Field, IpVersion, Test, Values};

/// nft's bits of `ct state`.
pub const INVALID: u128 = 1;
/// `established`.
pub const ESTABLISHED: u128 = 2;
/// `related`.
pub const RELATED: u128 = 4;
/// `new`.
pub const NEW: u128 = 8;
/// `untracked`.
pub const UNTRACKED: u128 = 64;

/// `IPS_SEEN_REPLY | IPS_CONFIRMED`.
const STATUS_KNOWN: u128 = 2 | 8;

/// `IPS_TEMPLATE`.
const TEMPLATE: u128 = 1 << 11;

const SCTP: u128 = 132;
const GRE: u128 = 47;

/// Where conntrack stands among the base chains of prerouting and output (`NF_IP_PRI_CONNTRACK`).
pub const PRIORITY: i32 = -200;

/// Where fragments are put together before that (`NF_IP_PRI_CONNTRACK_DEFRAG`).
pub const DEFRAGMENT_PRIORITY: i32 = -400;

/// Fields that only a packet with a connection has.
#[must_use]
pub fn is_of_connection(field: Field) -> bool {
    matches!(field, Field::CtMark | Field::CtStatus | Field::CtDirection | Field::CtZone)
}

/// What the packets of a run are to connection tracking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Given {
    /// First packets: the kernel's own judgement.
    #[default]
    First,
    /// This state, one of nft's bits, whatever the packet looks like.
    State(u128),
    /// ICMP errors that quote a packet of a known connection: related, but of that connection, not of one of their own.
    Related,
}

impl<S: Space> Machine<'_, S> {
    /// Packets pass connection tracking.
    pub(super) fn track(&mut self, strands: Vec<Strand<S>>, given: Given) -> Vec<Strand<S>> {
        let version = self.decider.host.version;
        let mut tracked = Vec::new();
        for strand in strands {
            if !matches!(strand.way.tracking, Tracking::Unseen | Tracking::Template) {
                tracked.push(strand);
                continue;
            }
            match given {
                Given::State(state) => tracked.push(in_state(strand, state, version)),
                Given::Related => {
                    let mut strand = in_state(strand, ESTABLISHED, version);
                    strand.way.view.fix(Field::CtState, RELATED, 32);
                    tracked.push(strand);
                }
                Given::First => self.judge(strand, &mut tracked),
            }
        }
        tracked
    }

    fn judge(&mut self, strand: Strand<S>, tracked: &mut Vec<Strand<S>>) {
        let version = self.decider.host.version;
        let mut rest = vec![strand];
        for (test, state) in judgements(version, self.decider.host.settings.tcp_loose) {
            let mut others = Vec::new();
            for strand in rest {
                let (yes, no) = self.decider.split(strand, test);
                tracked.extend(yes.into_iter().map(|strand| in_state(strand, *state, version)));
                others.extend(no);
            }
            rest = others;
        }
        let (sctp, rest) = self.decider.split_all(rest, &Test::is(Field::Protocol, Values::one(8, SCTP)));
        self.judge_sctp(sctp, tracked);
        // nf_conntrack_generic_packet: any other protocol makes a connection.
        tracked.extend(rest.into_iter().map(|strand| in_state(strand, NEW, version)));
    }
}

impl<S: Space> Machine<'_, S> {
    /// Without a chunk SCTP is invalid (`sctp_error`, `do_basic_checks`), else its chunks decide.
    fn judge_sctp(&mut self, strands: Vec<Strand<S>>, tracked: &mut Vec<Strand<S>>) {
        const HEADER_AND_CHUNK: u128 = 12 + 4;
        let version = self.decider.host.version;
        let network = if version == IpVersion::V4 { 20 } else { 40 };
        let short = Test::is(Field::Length, Values::range(16, 0, network + HEADER_AND_CHUNK - 1));
        let (invalid, open) = self.decider.split_all(strands, &short);
        tracked.extend(invalid.into_iter().map(|strand| in_state(strand, INVALID, version)));
        for strand in open {
            match self.begins_association(&strand) {
                Some(true) => tracked.push(in_state(strand, NEW, version)),
                Some(false) => tracked.push(in_state(strand, INVALID, version)),
                None => {
                    let why = "connection tracking of SCTP goes by its chunks, which are not known".to_owned();
                    self.end(strand, Ending::Unknown(why.clone()), Decision::Stage { stage: Stage::Conntrack, reason: why });
                }
            }
        }
    }
}

/// Tests in order, with the state of packets for which they hold. Built once: every packet is judged.
static JUDGEMENTS: LazyLock<[Vec<(Test, u128)>; 4]> = LazyLock::new(|| {
    [(IpVersion::V4, false), (IpVersion::V4, true), (IpVersion::V6, false), (IpVersion::V6, true)]
        .map(|(version, tcp_loose)| build_judgements(version, tcp_loose))
});

fn judgements(version: IpVersion, tcp_loose: bool) -> &'static [(Test, u128)] {
    &JUDGEMENTS[usize::from(version == IpVersion::V6) * 2 + usize::from(tcp_loose)]
}

fn build_judgements(version: IpVersion, tcp_loose: bool) -> Vec<(Test, u128)> {
    const TCP: u128 = 6;
    const ICMP: u128 = 1;
    const ICMPV6: u128 = 58;
    let protocol = |number| Test::is(Field::Protocol, Values::one(8, number));
    let icmp_type = |types: &[u128]| {
        let types = Values::from_ranges(16, types.iter().map(|kind| (kind << 8, kind << 8 | 0xff)));
        Test::is(Field::SourcePort, types)
    };
    // tcp_new: a SYN opens; a bare ACK is picked up if nf_conntrack_tcp_loose. PSH, URG, ECE and CWR do not matter with either.
    let syn = Test::is(Field::TcpFlags, Values::masked(8, 0x17, 0x02));
    let ack = Test::is(Field::TcpFlags, Values::masked(8, 0x17, 0x10));
    let opening = if tcp_loose { Test::Any([syn, ack].into()) } else { syn };
    // gre_pkt_to_tuple: version 1 is known as PPTP's only, where its header of 8 bytes is there to be read.
    let network = if version == IpVersion::V4 { 20 } else { 40 };
    let gre = [
        protocol(GRE),
        Test::is(Field::SourcePort, Values::masked(16, 7, 1)),
        Test::is(Field::DestinationPort, Values::one(16, 0x880b)).negate(),
        Test::is(Field::Length, Values::range(16, network + 8, 0xffff)),
    ];
    let mut list = vec![(Test::All([protocol(TCP), opening].into()), NEW), (protocol(TCP), INVALID), (Test::All(gre.into()), INVALID)];
    match version {
        IpVersion::V4 => list.extend([
            // icmp_pkt_to_tuple's valid_new: echo, timestamp, information and address mask requests.
            (Test::All([protocol(ICMP), icmp_type(&[8, 13, 15, 17])].into()), NEW),
            (protocol(ICMP), INVALID),
            (protocol(ICMPV6), INVALID),
        ]),
        IpVersion::V6 => list.extend([
            // noct_valid_new: multicast listener and neighbour discovery.
            (Test::All([protocol(ICMPV6), icmp_type(&[130, 131, 132, 133, 134, 135, 136, 143])].into()), UNTRACKED),
            // valid_new: echo request, node information query.
            (Test::All([protocol(ICMPV6), icmp_type(&[128, 139])].into()), NEW),
            (protocol(ICMPV6), INVALID),
            (protocol(ICMP), INVALID),
        ]),
    }
    list
}

/// The connection is kept: at the end of postrouting (`nf_confirm`), which only what comes back by lo lives to see.
pub(super) fn confirm<S>(strand: &mut Strand<S>) {
    const CONFIRMED: u128 = 8;
    let status = strand.way.view.get(Field::CtStatus).and_then(Bits::as_constant);
    if let Some(status) = status.filter(|_| strand.way.tracking.has_connection()) {
        strand.way.view.fix(Field::CtStatus, status | CONFIRMED, 32);
    }
}

/// A template stands for the connection until connection tracking makes it (`nf_ct_tmpl_alloc`).
pub(super) fn template<S>(strand: &mut Strand<S>, zone: Bits) {
    strand.way.tracking = Tracking::Template;
    let view = &mut strand.way.view;
    view.fix(Field::CtState, NEW, 32);
    view.fix(Field::CtStatus, TEMPLATE, 32);
    view.set(Field::CtZone, zone);
}

/// The packets in that state from here on.
fn in_state<S: Space>(mut strand: Strand<S>, state: u128, version: IpVersion) -> Strand<S> {
    let tracking = match state {
        NEW | RELATED => Tracking::New,
        ESTABLISHED => Tracking::Known,
        UNTRACKED => Tracking::Untracked,
        _ => Tracking::Invalid,
    };
    let by_template = std::mem::replace(&mut strand.way.tracking, tracking) == Tracking::Template;
    let view = &mut strand.way.view;
    view.fix(Field::CtState, state, 32);
    if tracking.has_connection() {
        let reply = view.get(Field::CtDirection).and_then(Bits::as_constant) == Some(1);
        if !reply {
            view.fix(Field::CtDirection, 0, 8);
            for (of_connection, current) in [
                (Field::CtOriginalSource, Field::Source),
                (Field::CtOriginalDestination, Field::Destination),
                (Field::CtOriginalSourcePort, Field::SourcePort),
                (Field::CtOriginalDestinationPort, Field::DestinationPort),
            ] {
                let bits = view.field(current, version);
                view.set(of_connection, bits);
            }
        }
        if tracking == Tracking::New {
            // init_conntrack: mark 0, the template's zone or none.
            view.fix(Field::CtMark, 0, 32);
            if !by_template {
                view.fix(Field::CtZone, 0, 16);
            }
            view.fix(Field::CtStatus, 0, 32);
        } else if by_template || view.get(Field::CtStatus).is_none() {
            view.fix(Field::CtStatus, STATUS_KNOWN, 32);
        }
    }
    strand
}
