//! One interface for the questions that arise only while rules are read or simulated.
//!
//! `collect::Live` asks the kernel and records question and answer; [`Recorded`] answers from a snapshot, or says that it was not
//! collected. So a snapshot replays exactly what was seen, on any machine.

use serde::{Deserialize, Serialize};

use crate::snapshot::Snapshot;

/// Something to ask of the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Does this nf_tables set hold this key (in the kernel's byte order, concatenations padded)?
    NftSetHolds {
        /// `NFPROTO_*` of the set's table.
        family: u8,
        /// The set's table.
        table: String,
        /// The set.
        set: String,
        /// The key.
        key: Vec<u8>,
    },
}

/// What the host said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A yes or no.
    Truth(bool),
    /// The element's raw NFT_MSG_NEWSETELEM message (yes, with a map's data).
    Element(Vec<u8>),
    /// It could not be told, and why.
    Unknown(String),
}

/// Answers questions about the host.
pub trait World {
    /// Asks. Never fails: what cannot be told is [`Answer::Unknown`].
    fn ask(&self, question: &Question) -> Answer;
}

/// A world that knows only what a snapshot recorded.
pub struct Recorded<'a>(pub &'a Snapshot);

impl World for Recorded<'_> {
    fn ask(&self, question: &Question) -> Answer {
        self.0
            .answers
            .iter()
            .find(|(asked, _)| asked == question)
            .map_or_else(|| Answer::Unknown("not collected".into()), |(_, answer)| answer.clone())
    }
}
