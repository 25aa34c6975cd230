//! Upstreams that are socket files: whether they are there, and whether the proxy may use them.

use super::{Proxy, names::Names};
use crate::world::{Answer, Step};

/// How a socket file fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketFile {
    /// It is there, and something listens.
    Fine,
    /// There is no such file.
    Absent,
    /// It is something else, with `st_mode`.
    NoSocket(u32),
    /// The proxy's user may not enter this folder, or not write to the socket.
    Closed { step: Step, uid: u32 },
    /// It is there, and nothing on this host listens on it.
    Unheard,
}

impl SocketFile {
    /// The error number of `connect`; none where it works.
    #[must_use]
    pub const fn errno(&self) -> Option<u32> {
        match self {
            Self::Fine => None,
            Self::Absent => Some(2),
            Self::Closed { .. } => Some(13),
            // `unix_find_bsd`, `unix_stream_connect`.
            Self::NoSocket(_) | Self::Unheard => Some(111),
        }
    }
}

const TYPE: u32 = 0o170_000;
const SOCKET: u32 = 0o140_000;
const WRITE: u32 = 2;
const ENTER: u32 = 1;

/// How a proxy's socket file fares; none if that can't be told, or if it is no file (an abstract address).
pub(super) fn ask(path: &str, proxy: &Proxy, names: &Names<'_>) -> Option<SocketFile> {
    if !path.starts_with('/') {
        return None;
    }
    match names.socket_file(path) {
        Answer::Absent(_) => Some(SocketFile::Absent),
        Answer::SocketFile { way, listens } => judge(&way, listens, proxy.uid, proxy.gids.as_deref()),
        _ => None,
    }
}

fn judge(way: &[Step], listens: Option<bool>, uid: Option<u32>, gids: Option<&[u32]>) -> Option<SocketFile> {
    let (file, folders) = way.split_last()?;
    let asked = folders.iter().map(|folder| (folder, ENTER)).chain([(file, WRITE)]);
    let closed = asked.map(|(step, wanted)| (step, may(step, wanted, uid, gids))).find(|(_, may)| *may != Some(true));
    match (closed, uid) {
        (Some((step, Some(false))), Some(uid)) => Some(SocketFile::Closed { step: step.clone(), uid }),
        (Some(_), _) => None,
        _ if file.mode & TYPE != SOCKET => Some(SocketFile::NoSocket(file.mode)),
        _ => listens.map(|listens| if listens { SocketFile::Fine } else { SocketFile::Unheard }),
    }
}

/// Whether the mode lets somebody (`acl_permission_check`); none if that rests on what is not known.
fn may(step: &Step, wanted: u32, uid: Option<u32>, gids: Option<&[u32]>) -> Option<bool> {
    let allows = |shift: u32| (step.mode >> shift) & wanted != 0;
    let everybody = allows(0) && allows(3) && allows(6);
    match uid {
        // CAP_DAC_OVERRIDE.
        Some(0) => Some(true),
        _ if everybody => Some(true),
        None => None,
        Some(uid) if uid == step.uid => Some(allows(6)),
        Some(_) if allows(0) == allows(3) => Some(allows(0)),
        Some(_) => gids.map(|gids| allows(if gids.contains(&step.gid) { 3 } else { 0 })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_as_the_kernel_reads_them() {
        let step = |mode: u32| Step { path: "/run/x".into(), uid: 33, gid: 44, mode };
        let socket = |bits: u32| step(SOCKET | bits);
        assert_eq!(may(&step(0o660), WRITE, Some(33), None), Some(true));
        // The owner has no more than the owner's bits, whatever others have.
        assert_eq!(may(&step(0o066), WRITE, Some(33), Some(&[44])), Some(false));
        assert_eq!(may(&step(0o660), WRITE, Some(7), None), None);
        assert_eq!(may(&step(0o660), WRITE, Some(7), Some(&[44])), Some(true));
        assert_eq!(may(&step(0o660), WRITE, Some(7), Some(&[45])), Some(false));
        assert_eq!(may(&step(0o600), WRITE, Some(7), None), Some(false));
        assert_eq!(may(&step(0o600), WRITE, Some(0), None), Some(true));
        assert_eq!(judge(&[step(0o40755), socket(0o666)], Some(true), None, None), Some(SocketFile::Fine));
        assert_eq!(judge(&[step(0o40755), socket(0o666)], Some(false), None, None), Some(SocketFile::Unheard));
        assert_eq!(judge(&[step(0o40755), step(0o100_666)], Some(false), None, None), Some(SocketFile::NoSocket(0o100_666)));
        assert_eq!(
            judge(&[step(0o40700), socket(0o666)], Some(true), Some(7), None),
            Some(SocketFile::Closed { step: step(0o40700), uid: 7 })
        );
        assert_eq!(judge(&[step(0o40700), socket(0o666)], Some(true), None, None), None);
        assert_eq!(judge(&[step(0o40755), socket(0o666)], None, None, None), None);
    }
}
