//! The timeouts of connections by their states, in the kernel's order, with what nft takes for the default and so does not write.

/// Names and seconds.
pub type Timeouts = &'static [(&'static str, u32)];

const TCP: Timeouts = &[
    ("syn_sent", 120),
    ("syn_recv", 60),
    ("established", 432_000),
    ("fin_wait", 120),
    ("close_wait", 60),
    ("last_ack", 30),
    ("time_wait", 120),
    ("close", 10),
    ("syn_sent2", 120),
    ("retrans", 300),
    ("unack", 300),
];
const UDP: Timeouts = &[("unreplied", 30), ("replied", 180)];

/// Those of a transport protocol.
pub fn of(protocol: u8) -> Option<Timeouts> {
    match protocol {
        6 => Some(TCP),
        17 => Some(UDP),
        _ => None,
    }
}
