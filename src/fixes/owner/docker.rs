//! Docker: its chains are its own, but for `DOCKER-USER`, which packets visit first at the forward hook and which it never changes. Nothing is
//! saved for the next boot: that would save Docker's own rules, too.

use super::{Blocked, Lasting, Proposal, by_hand};
use crate::{
    fixes::{edit::Edit, matching::Matching, prove::Unproved},
    model::Hook,
};

/// A rule of DOCKER-USER: before all others, or before the one of them that stops the packets.
pub fn proposals(blocked: &Blocked<'_>, matching: &Matching) -> Result<Vec<Proposal>, Unproved> {
    let (user, chain) = blocked
        .neighbour("DOCKER-USER")
        .filter(|_| blocked.hook == Hook::Forward)
        .ok_or_else(|| Unproved::Owned { owner: "Docker", hint: "publish the port with the container, or change its network".into() })?;
    let index = blocked.rule.filter(|_| blocked.chain == user).unwrap_or(0);
    let actions = by_hand::of_iptables(blocked, chain, index, matching).ok_or(Unproved::NoMatch)?;
    let edit = Edit::Insert { chain: user, index, matching: matching.clone() };
    let remarks = vec!["addresses of containers may change when they are made anew".to_owned()];
    Ok(vec![Proposal { owner: "Docker", edit, actions, persist: Vec::new(), lasting: Lasting::UntilReboot, remarks }])
}
