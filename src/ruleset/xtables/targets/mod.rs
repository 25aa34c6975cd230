//! The targets, a file each.

use super::extension::extensions;

extensions! {
    /// The target of a rule.
    Target:
    log Log,
    mark Mark,
    reject Reject,
}
