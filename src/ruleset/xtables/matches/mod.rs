//! The matches, a file each.

use super::extension::extensions;

extensions! {
    /// One match of a rule.
    Match:
    comment Comment,
    mark Mark,
    tcp Tcp,
    udp Udp,
}
