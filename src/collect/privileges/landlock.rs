//! Landlock: which files may still be touched, and that nothing is connected to.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, Scope,
};

use super::Needs;

/// The newest that is asked for; an older kernel closes off what it can (`CompatLevel::BestEffort`).
const NEWEST: ABI = ABI::V6;

/// Where settings stand, which are read anew with the rules.
const SETTINGS: &str = "/proc/sys";

pub(super) fn confine(needs: Needs<'_>) -> Result<(), RulesetError> {
    let replacing: BitFlags<AccessFs> = AccessFs::MakeReg | AccessFs::RemoveFile;
    let settings = needs.asks.then(|| (SETTINGS.as_ref(), AccessFs::ReadFile | AccessFs::ReadDir));
    let allowed = settings.into_iter().chain(needs.replaces_in.map(|folder| (folder, replacing)));
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for (folder, access) in allowed {
        // A folder that can't be opened can't be used later either.
        if let Ok(folder) = PathFd::new(folder) {
            ruleset = ruleset.add_rule(PathBeneath::new(folder, access))?;
        }
    }
    ruleset.restrict_self().map(|_| ())
}
