//! `synproxy` (`nft_synproxy.c`).

/// `synproxy` (`nft_synproxy.c`).
#[derive(Debug, Clone)]
pub struct Synproxy {
    pub mss: u16,
    pub wscale: u8,
    pub flags: u32,
}
