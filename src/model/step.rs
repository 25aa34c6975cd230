//! Steps: a rule is a sequence of them, and may break off half-way with what it did so far standing.

use super::{Bits, ChainId, Field, SetId, Test, Text};

/// Number of a [`Condition`] in [`super::Host::conditions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConditionId(pub u32);

/// Something that only time, load or a part that is not modelled decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What kind of thing decides.
    pub kind: ConditionKind,
    /// The expression in the operator's syntax ("limit rate 10/second").
    pub text: String,
    /// Whether it counts each sender, or each group of them, apart; else all that meet it share what is left.
    pub by_sender: bool,
}

/// What decides a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConditionKind {
    /// A rate limit.
    Rate,
    /// A quota.
    Quota,
    /// A number of connections.
    Connections,
    /// Chance, or a counter (numgen, hash).
    Chance,
    /// The kernel chooses (a NAT address or port of a range).
    Choice,
    /// A set that packets change.
    Learned,
    /// Not modelled.
    Unknown,
}

/// One step of a rule.
#[derive(Debug, Clone)]
pub enum Step {
    /// Go on if it holds, else break off the rule.
    Test(Test),
    /// Packets for which it holds are dropped by the rule, uncounted; the others go on (`hotdrop` of `struct xt_action_param`).
    Hotdrop(Test),
    /// The rule's counter.
    Count,
    /// Set a field of the packet, its mark or its connection to a value made of the current fields.
    Write { field: Field, bits: Box<Bits> },
    /// Flip the bits of a field where these are set. Where a bit of both only the packet tells, the condition decides.
    Flip { field: Field, bits: Box<Bits>, condition: ConditionId },
    /// Where both differ, the header's checksum is wrong from here on: bytes are changed without it.
    Spoil { old: Box<Bits>, new: Box<Bits> },
    /// Add to numbers of the packet where the test holds; they stay within what their field can hold. Where it is not one known packet, the
    /// condition decides what they are.
    Add { changes: Box<[(Field, i32)]>, when: Box<Test>, condition: ConditionId },
    /// The packet's connection shall be of this zone, 16 bits (`xt_ct_target`, `nft_ct_set_zone_eval`: only if it was not tracked yet);
    /// `untracked`: also that of an exempt packet.
    Template { zone: Box<Bits>, untracked: bool },
    /// From here on the packet is untracked (`nft_notrack_eval`: only if it has no connection yet).
    Notrack,
    /// Look a key up in a map; no element breaks off the rule, else the element's data is taken: into [`Field::Register`]s from
    /// `register` on, one for each 32 bits, or as a verdict.
    Look { key: Box<[Bits]>, map: SetId, register: Option<u8> },
    /// Load into registers `first .. first + words` what only time or load decides. With `modulus`, one word is
    /// loaded that is, in the host's byte order, below it (plus `offset`).
    Free { first: u8, words: u8, modulus: Option<u32>, offset: u32, condition: ConditionId },
    /// Look a route up (`nft_fib*.c`) and leave its result in a register: `result` 1 index of the outgoing interface, 3 address type
    /// (RTN_*), 2 only as a test of presence; `flags` are `NFTA_FIB_F_*` (1 source, 2 destination, 4 mark, 8 iif, 16 oif, 32 present).
    /// The register then holds that number, whatever the host's byte order.
    Fib { register: u8, result: u32, flags: u32 },
    /// Load what only the packet's way, or bytes whose place it decides, can tell. Where there is nothing the rule breaks off.
    Load { what: Box<Load>, register: u8 },
    /// Change an option of the TCP header; without such a header the rule breaks off.
    EditOption { option: Box<TcpOption>, edit: OptionEdit },
    /// Where the test holds, add the key to (or delete it from) a set; goes on. `brief`: it is added for less than a minute. `inverted`
    /// breaks off where it worked.
    Learn { key: Box<[Bits]>, set: SetId, delete: bool, brief: bool, inverted: bool, when: Box<Test> },
    /// Translate the connection's addresses; ends the base chain with accept where it applies.
    Nat(Box<Nat>),
    /// End the rule.
    Verdict(Verdict),
    /// Not modelled, and may end the packet in any way, or break off the rule, or go on.
    Opaque(ConditionId),
}

/// What a [`Step::Load`] loads.
#[derive(Debug, Clone)]
pub enum Load {
    /// One byte: 1 where the test holds, else 0.
    Truth(Test),
    /// The bits of the first case whose test holds; where they are none, what the condition decides. Where no case holds it breaks off.
    Cases { cases: Box<[(Test, Option<Bits>)]>, condition: ConditionId },
    /// A number of 16 bits: the field, less this.
    Less { field: Field, by: u16, condition: ConditionId },
    /// `jhash` of these bits, as a number of the host below `modulus`, plus `offset`.
    Hash { bits: Bits, seed: u32, modulus: u32, offset: u32, condition: ConditionId },
    /// What follows the transport header.
    Inner { offset: u32, len: u32, condition: ConditionId },
    /// A number of the device that has the packet now: it came in by it, or after output and forwarding it leaves by it; none while this
    /// host is sending it. 16 bits for each device by its index.
    OfDevice(std::sync::Arc<[(u32, u128)]>),
    /// The next hop of the packet's route (`rt nexthop`).
    NextHop,
    /// Nothing; but it breaks off where the packet has no route yet.
    Routed,
    /// A part of the connection's tuple, as packets of its original direction have it, or as replies have it.
    Tuple { end: TupleEnd, reply: bool, condition: ConditionId },
    /// An option of the TCP header.
    TcpOption(TcpOption),
    /// The segment size that a TCP header's options tell (`tcpmss_mt`), as a number of 32 bits: 65536 where they tell none. The condition
    /// decides where they are not known.
    SegmentSize(ConditionId),
    /// 1 where the text is in the packet, else 0, as a number of 32 bits. The condition decides where its bytes are not known.
    Text { text: Box<Text>, condition: ConditionId },
    /// Something of the socket that takes the packet; no socket breaks off the rule.
    Socket(SocketKey),
}

/// What is asked of a socket (`nft_socket_eval`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketKey {
    /// Whether it is bound to no address; else something that is not collected.
    pub wildcard: bool,
    /// Registers that are filled.
    pub words: u8,
    /// Decides what is not known of it.
    pub condition: ConditionId,
}

/// A part of a connection's tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TupleEnd {
    Source,
    Destination,
    SourcePort,
    DestinationPort,
}

/// An option of the TCP header (`nft_exthdr.c`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpOption {
    /// Its kind.
    pub kind: u8,
    /// First byte of it that is meant.
    pub offset: u8,
    /// Number of bytes.
    pub len: u8,
    /// Loads one byte: whether it is there.
    pub present: bool,
    /// Decides where the options are not known.
    pub condition: ConditionId,
}

/// What is done to an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionEdit {
    /// Its bytes are changed.
    Set,
    /// It becomes as many no-operations.
    Strip,
}

/// How a rule, a map element or a policy ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    Accept,
    Drop,
    /// Dropped with an answer.
    Reject(Reject),
    Jump(ChainId),
    Goto(ChainId),
    Return,
    /// Nothing: go on with the next step.
    Continue,
    /// Break off the rule.
    Break,
    /// To a program; `bypass`: accepted if none listens.
    Queue {
        bypass: bool,
    },
    /// Taken out of the path by the kernel (synproxy, fwd): neither accepted nor dropped in our words.
    Stolen,
}

/// The answer of a reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reject {
    /// TCP RST (other protocols: dropped without an answer).
    TcpReset,
    /// ICMP destination unreachable with this code.
    Icmp(u8),
    /// ICMPv6 destination unreachable with this code.
    Icmp6(u8),
}

/// A translation.
#[derive(Debug, Clone)]
pub struct Nat {
    pub kind: NatKind,
    /// Lowest and highest address; None keeps the address (or it follows from the kind).
    pub addresses: Option<(Bits, Bits)>,
    /// Lowest and highest port.
    pub ports: Option<(Bits, Bits)>,
    /// The port that becomes the lowest port; those above it follow in order (`NF_NAT_RANGE_PROTO_OFFSET`).
    pub base: Option<u16>,
    /// `NF_NAT_RANGE_*`.
    pub flags: u32,
}

/// The kind of a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatKind {
    Source,
    Destination,
    /// Source: the address of the interface that it leaves by.
    Masquerade,
    /// Destination: the address of the interface that it came in by, or loopback on output.
    Redirect,
}
