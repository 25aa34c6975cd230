//! What ends a run: what is wrong, where, and what to do.

use std::io;
use std::path::PathBuf;

use super::Exit;
use crate::{collect, gateway, packets, snapshot};

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A flow that cannot be read.
    #[error(transparent)]
    Expression(#[from] gateway::expression::Error),
    /// A flow that cannot begin on this host.
    #[error(transparent)]
    Start(#[from] gateway::start::Error),
    /// A packet that cannot be read.
    #[error(transparent)]
    Packet(#[from] packets::Error),
    /// Nothing could be collected.
    #[error(transparent)]
    Collect(#[from] collect::CollectError),
    /// A snapshot that cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] snapshot::file::FileError),
    /// A file of the user's that cannot be read.
    #[error("{}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    /// The output cannot be written.
    #[error("{to}: cannot be written: {error}")]
    Write { to: String, error: io::Error },
    /// A fix that could not be made.
    #[error(transparent)]
    Apply(#[from] crate::fixes::apply::Error),
    /// Anything else wrong with what the user asked for.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// How the program ends with it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Write { error, .. } if error.kind() == io::ErrorKind::BrokenPipe => Exit::Clean,
            Self::Write { .. } | Self::Apply(_) => Exit::Undecided,
            Self::Collect(_)
            | Self::Expression(_)
            | Self::Start(_)
            | Self::Packet(_)
            | Self::Snapshot(_)
            | Self::Read { .. }
            | Self::Usage(_) => Exit::Usage,
        }
    }

    /// Whether the reader of the output went away, which is no error of ours.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write { error, .. } if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
