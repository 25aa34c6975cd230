//! `log` (`nft_log.c`).

/// `log` (`nft_log.c`).
#[derive(Debug, Clone)]
pub struct Log {
    pub prefix: Option<String>,
    pub group: Option<u16>,
    pub snaplen: Option<u32>,
    pub queue_threshold: Option<u16>,
    pub level: Option<u32>,
    pub flags: Option<u32>,
}
