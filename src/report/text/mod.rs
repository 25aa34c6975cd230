//! Reports for people.

pub mod audit;

pub mod diagnosis;

pub mod difference;

pub mod finding;

pub mod fixes;

pub mod part;

pub mod plain;

pub mod style;

pub mod table;

pub mod trace;
