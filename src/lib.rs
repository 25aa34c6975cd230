//! clearway tells which legitimate gateway traffic a Linux host would drop, and which rule drops it.
//!
//! The modules stand in the order in which data flows. One way through them, for one rule:
//!
//! 1. [`collect`] asks the kernel over netlink and keeps its answers byte for byte in a [`snapshot`]; what is asked later goes through
//!    [`world`], so that a snapshot replays on any machine.
//! 2. [`ruleset`] decodes the bytes into rules as their own language says them, and prints them; [`owners`] tells whose they are; [`network`] does so for links, addresses,
//!    routes and sockets,
//!    [`obstacles`] for what else stops packets.
//! 3. [`lower`] turns both, for one IP version, into the [`model`]: chains of rules, rules of steps, steps that read and write fields.
//! 4. [`simulate`] says what the model means: one machine walks one packet, or a whole set of packets, through hooks, routing, connection
//!    tracking and NAT.
//! 5. [`gateway`] tells which flows ought to pass; [`site`] holds all that is known of one host, [`saved`] the rules
//!    of its next boot; [`audits`] judge the flows, a file each;
//!    [`fixes`] tries the smallest change on a copy of the model; [`audited`] is what it all comes to, and
//!    [`difference`] what changed between two states; [`diagnose`] reads log lines backwards, to the flow that they are about.
//! 6. [`report`] tells it to people and programs; [`packets`] reads and prints single packets; [`cli`] is the command line and [`demo`] its
//!    example.
//!
//! What is not understood is never skipped: it becomes unknown, with its text, and what rests on it says so. `tests/tidy.rs` guards who may
//! import whom; `tests/kernel` compares with the running kernel.

pub mod collect;

pub mod snapshot;

pub mod world;

pub mod ruleset;

pub mod owners;

pub mod network;

pub mod obstacles;

pub mod model;

pub mod lower;

pub mod simulate;

pub mod gateway;

pub mod site;

pub mod saved;

pub mod audits;

pub mod fixes;

pub mod audited;

pub mod difference;

pub mod diagnose;

pub mod report;

pub mod packets;

pub mod demo;

pub mod cli;
