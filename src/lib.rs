//! clearway tells which legitimate gateway traffic a Linux host would drop, and which rule drops it.
//!
//! The modules stand in the order in which data flows: collect, decode, lower, simulate, judge, fix, report.

pub mod collect;

pub mod snapshot;

pub mod world;

pub mod ruleset;

pub mod network;

pub mod model;

pub mod lower;

pub mod simulate;

pub mod gateway;

pub mod packets;

pub mod site;

pub mod audits;

pub mod fixes;

pub mod audited;

pub mod report;

pub mod demo;

pub mod cli;
