//! `queue` (`nft_queue.c`).

use super::Reg;

/// `queue` (`nft_queue.c`).
#[derive(Debug, Clone)]
pub struct Queue {
    pub num: Option<u16>,
    pub total: Option<u16>,
    /// 1 bypass, 2 fanout.
    pub flags: u16,
    pub source: Option<Reg>,
}
