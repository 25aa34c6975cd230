//! Capabilities.

use caps::{CapSet, Capability, CapsHashSet, errors::CapsError};

/// Gives up all but CAP_NET_ADMIN, which single questions to nf_tables take, and that too if none is to come.
pub fn drop(asks: bool) -> Result<(), CapsError> {
    let held = caps::read(None, CapSet::Permitted)?;
    let kept: CapsHashSet = held.into_iter().filter(|held| asks && *held == Capability::CAP_NET_ADMIN).collect();
    // What a process that is run later could get back; leaving the set takes CAP_SETPCAP, so this comes first.
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP)? {
        for capability in caps::read(None, CapSet::Bounding)?.difference(&kept) {
            caps::drop(None, CapSet::Bounding, *capability)?;
        }
    }
    if caps::read(None, CapSet::Ambient).is_ok_and(|ambient| !ambient.is_empty()) {
        caps::clear(None, CapSet::Ambient)?;
    }
    caps::set(None, CapSet::Inheritable, &CapsHashSet::new())?;
    caps::set(None, CapSet::Effective, &kept)?;
    caps::set(None, CapSet::Permitted, &kept)
}
