//! What stops packets beside rules and routes, as the record of a host tells it. Nothing here is simulated: it is evidence for findings.

pub mod conntrack;

pub mod devices;

pub mod ipsec;

pub mod units;
