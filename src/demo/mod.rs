//! An example that everybody can run: the snapshot of a gateway whose firewall is broken in several ways.

use std::path::Path;

use crate::snapshot::{Snapshot, file::FileError};

/// Written by `scripts/demo`, which builds the gateway in a network namespace.
const GATEWAY: &[u8] = include_bytes!("gateway.clearway");

/// The application behind it, which no socket tells of.
pub const UPSTREAM: &str = "tcp local -> 10.0.3.12:8080";

/// The gateway.
pub fn snapshot() -> Result<Snapshot, FileError> {
    Snapshot::read_from(Path::new("the demo's snapshot"), GATEWAY)
}
