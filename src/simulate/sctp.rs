//! The first packet of an SCTP association as connection tracking sees it (`nf_conntrack_sctp_packet`, `do_basic_checks`, `sctp_new`).

use super::{machine::Machine, space::Space, strand::Strand};
use crate::model::{Field, IpVersion};

/// Bytes of the common header, and of a chunk's.
const HEADER: u16 = 12;
const CHUNK: u16 = 4;

/// Chunk types (`enum sctp_cid`).
mod chunk {
    pub const INIT: u8 = 1;
    pub const INIT_ACK: u8 = 2;
    pub const HEARTBEAT: u8 = 4;
    pub const HEARTBEAT_ACK: u8 = 5;
    pub const SHUTDOWN: u8 = 7;
    pub const SHUTDOWN_ACK: u8 = 8;
    pub const ERROR: u8 = 9;
    pub const COOKIE_ECHO: u8 = 10;
    pub const COOKIE_ACK: u8 = 11;
    pub const SHUTDOWN_COMPLETE: u8 = 14;
}

/// Bytes of the fixed part of an INIT and its answer, which connection tracking reads.
const INIT_HEADER: u16 = 16;

impl<S: Space> Machine<'_, S> {
    /// Whether the packet, at least the common header long, begins an association; none if its chunks are not known.
    pub(super) fn begins_association(&self, strand: &Strand<S>) -> Option<bool> {
        let version = self.decider.host.version;
        let of = |field| self.decider.value(&strand.space, &strand.way.view.field(field, version));
        let network = if version == IpVersion::V4 { 20 } else { 40 };
        let end = u16::try_from(of(Field::Length)?).ok()?.checked_sub(network)?;
        let tag = of(Field::Sequence)?;
        let byte = |at: u16| match at {
            12 => Some((of(Field::DataOffset)? << 4 | of(Field::TcpReserved)?) as u8),
            13 => Some(of(Field::TcpFlags)? as u8),
            14 => Some((of(Field::Window)? >> 8) as u8),
            15 => Some(of(Field::Window)? as u8),
            16 => Some((of(Field::TcpChecksum)? >> 8) as u8),
            17 => Some(of(Field::TcpChecksum)? as u8),
            18 => Some((of(Field::Urgent)? >> 8) as u8),
            19 => Some(of(Field::Urgent)? as u8),
            _ => Some(of(Field::Transport(at))? as u8),
        };
        let (mut at, mut kinds) = (HEADER, Vec::new());
        while at + CHUNK <= end {
            let kind = byte(at)?;
            let length = u16::from_be_bytes([byte(at + 2)?, byte(at + 3)?]);
            let first = kinds.is_empty();
            let alone = |kind| matches!(kind, chunk::INIT | chunk::INIT_ACK | chunk::SHUTDOWN_COMPLETE);
            let leads = matches!(kind, chunk::COOKIE_ACK | chunk::COOKIE_ECHO);
            if length == 0 || !first && (leads || alone(kind) || kinds.iter().any(|kind| alone(*kind))) {
                return Some(false);
            }
            if kind == chunk::INIT && tag != 0 {
                return Some(false);
            }
            if matches!(kind, chunk::INIT | chunk::INIT_ACK) && at + CHUNK + INIT_HEADER > end {
                return Some(false);
            }
            kinds.push(kind);
            at = at.checked_add(length.checked_next_multiple_of(4)?)?;
        }
        Some(!kinds.is_empty() && kinds.iter().all(|kind| opens(*kind)) && tag_fits(&kinds, tag))
    }
}

/// Chunks that a packet of no association may have (`sctp_new_state` from none).
fn opens(kind: u8) -> bool {
    matches!(
        kind,
        chunk::INIT
            | chunk::INIT_ACK
            | chunk::HEARTBEAT
            | chunk::HEARTBEAT_ACK
            | chunk::SHUTDOWN
            | chunk::SHUTDOWN_ACK
            | chunk::ERROR
            | chunk::COOKIE_ECHO
    )
}

/// The verification tag must be 0, as no earlier packet told one; a heartbeat tells it itself, and some chunks are not asked for it.
fn tag_fits(kinds: &[u8], tag: u128) -> bool {
    let has = |kind| kinds.contains(&kind);
    let free = (has(chunk::SHUTDOWN_ACK) || has(chunk::HEARTBEAT_ACK)) && !has(chunk::COOKIE_ECHO);
    tag == 0 || has(chunk::HEARTBEAT) || free
}
