//! Named stateful objects.

use super::Expr;

/// A named counter, quota, limit, ct helper and so on.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// The kernel's handle.
    pub handle: u64,
    /// `NFT_OBJECT_*`: 1 counter, 2 quota, 3 ct helper, 4 limit, 5 connlimit, 7 ct timeout, 8 secmark, 9 ct expect, 10 synproxy.
    pub kind: u32,
    /// `comment "…"`.
    pub comment: Option<String>,
    /// The same as the expression of that kind where there is one (counter, quota, limit, connlimit), else [`Expr::Unknown`] with the raw data.
    pub body: Expr,
}
