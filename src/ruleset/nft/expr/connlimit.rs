//! `ct count` (`nft_connlimit.c`).

/// `ct count` (`nft_connlimit.c`).
#[derive(Debug, Clone)]
pub struct Connlimit {
    pub count: u32,
    /// `over`: matches above the count.
    pub over: bool,
}
