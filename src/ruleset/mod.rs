//! Rules as their own language says them: typed, and printable exactly as the operator knows them.

pub mod protocols;

pub mod services;

pub mod nft;

pub mod xtables;

pub mod ipset;
