//! What stops a flow although its rules let it through, told in its verdict: something beside rules on this host, or the next host.

use serde::Serialize;

use super::{
    cgroup_filter, ipsec_policy_blocks,
    judge::{Judged, Verdict},
    selinux_denies,
};
use crate::site::Site;

/// What stops it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// The host, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The finding that tells more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// In a few words.
    pub reason: String,
}

impl Stopped {
    /// Something on this host that a finding tells of.
    pub(super) fn here(code: &'static str, reason: String) -> Self {
        Self { host: None, code: Some(code), reason }
    }
}

/// Tells the verdict what stops the flow beside rules and routes; what these stop already stays theirs.
pub fn consider(site: &Site, judged: &mut Judged) {
    if !matches!(judged.verdict, Verdict::Pass | Verdict::Degraded | Verdict::Refused) {
        return;
    }
    let found = ipsec_policy_blocks::stops(site, judged)
        .or_else(|| cgroup_filter::stops(site, judged).map(|stopped| (Verdict::Blocked, stopped)))
        .or_else(|| selinux_denies::stops(site, judged).map(|stopped| (Verdict::Blocked, stopped)));
    if let Some((verdict, stopped)) = found {
        judged.verdict = verdict;
        judged.stopped = Some(stopped);
    }
}
