//! Interfaces and sets of two states: what is called the same is the same. Numbers of interfaces may be others after a boot.

use crate::{
    model::{Field, HeaderSet, Host, IpVersion, MatchSet, Values, set::Content},
    site::Site,
};

/// Which interface of one state is which of the other.
#[derive(Debug)]
pub struct Numbering {
    /// Numbers before and after of every interface that both have; none where all are the same.
    pairs: Option<Vec<(u32, u32)>>,
    /// What only one of them has, each as a sentence.
    pub uncompared: Vec<String>,
}

impl Numbering {
    /// Matches the interfaces by their names.
    #[must_use]
    pub fn between(before: &Host, after: &Host) -> Self {
        let mut pairs = vec![(0, 0)];
        let mut uncompared = Vec::new();
        for old in &before.interfaces {
            match after.interfaces.iter().find(|new| new.name == old.name) {
                Some(new) => pairs.push((old.index, new.index)),
                None => uncompared.push(format!("interface {} is there only before: what comes in by it is not compared", old.name)),
            }
        }
        let added = after.interfaces.iter().filter(|new| !before.interfaces.iter().any(|old| old.name == new.name));
        uncompared.extend(added.map(|new| format!("interface {} is there only after: what comes in by it is not compared", new.name)));
        let same = uncompared.is_empty() && pairs.iter().all(|(old, new)| old == new);
        Self { pairs: (!same).then_some(pairs), uncompared }
    }

    /// The packets that come in by interfaces of both.
    pub fn common(&self, set: &HeaderSet) -> HeaderSet {
        self.renumbered(set, |(old, _)| (old, old))
    }

    /// A set of the later state, with the numbers of before.
    pub fn of_after(&self, set: &HeaderSet) -> HeaderSet {
        self.renumbered(set, |(old, new)| (new, old))
    }

    /// A set of the state before, with the numbers of the later.
    pub fn to_after(&self, set: &HeaderSet) -> HeaderSet {
        self.renumbered(set, |(old, new)| (old, new))
    }

    fn renumbered(&self, set: &HeaderSet, from_to: impl Fn((u32, u32)) -> (u32, u32)) -> HeaderSet {
        let Some(pairs) = &self.pairs else { return set.clone() };
        let one = |index: u32| Values::one(32, index.into());
        let mut rest = set.clone();
        let mut renumbered = HeaderSet::empty();
        for (from, to) in pairs.iter().copied().map(from_to) {
            let (by, others) = rest.split(Field::InInterface, &one(from));
            rest = others;
            if !by.is_empty() {
                renumbered = renumbered.or(by.forget(Field::InInterface).split(Field::InInterface, &one(to)).0);
            }
        }
        renumbered
    }
}

/// Sets of both whose elements were not read, each as a sentence: a rule that asks for them may mean others now.
pub fn unread_sets(before: &Site, after: &Site) -> Vec<String> {
    let unread = |site: &Site| -> Vec<String> {
        let sets = [IpVersion::V4, IpVersion::V6].into_iter().flat_map(|version| &site.lowered(version).host.sets);
        sets.filter(|set| matches!(set.content, Content::Asked { .. })).map(|set: &MatchSet| set.name.clone()).collect()
    };
    let mut names = unread(before);
    names.extend(unread(after));
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| format!("set {name} is too big to be read: what is in it is not compared")).collect()
}
