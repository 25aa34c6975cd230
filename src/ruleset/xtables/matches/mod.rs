//! The matches, a file each.

use super::extension::extensions;

extensions! {
    /// One match of a rule.
    Match:
    comment Comment,
    mark Mark,
    set Set,
    tcp Tcp,
    udp Udp,
}
