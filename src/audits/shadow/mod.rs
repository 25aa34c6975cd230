//! Rules that others of their chain hide: what is asked for in a rule was decided by those before it, or would be by one behind it.
//!
//! Each rule starts from its own packets. Only what is certain counts: a rule hides others only where every test of it is known.

mod area;

mod changes;

mod cover;

mod near;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Placed, Problem, judge::Judged, meant};
use crate::{
    lower::Origin,
    model::{Chain, ChainId, IpVersion, Rule, RuleId, Step, Test},
    site::Site,
};
use area::{Ends, Fate, Taken};
use changes::Changes;
use cover::Cover;
use near::Near;

/// What is known of a rule.
#[derive(Debug, Clone)]
pub struct Shadowed {
    pub version: IpVersion,
    pub rule: RuleId,
    /// The rules that leave nothing to it.
    pub by: Vec<RuleId>,
    pub how: How,
}

/// How rules hide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Rules before it decide all of its packets, some otherwise than it.
    Otherwise,
    /// Rules before it decide all of its packets as it would.
    Before,
    /// A rule behind it would do the same.
    Behind,
}

/// So many pairs of rules are compared at most: tables of many thousand rules are the work of programs.
const MOST: usize = 500_000;

/// In longer chains a rule behind another is not looked for, nor several that hide one together.
const LONG: usize = 500;

/// Chains with more rules are lists that programs made.
const LONGEST: usize = 5_000;

/// A rule by the place of its chain in the operator's words, and its index.
type Key = ((bool, usize, usize), u32);

/// Rules written by operators that others hide; of chains that both IP versions visit, only those that are hidden from both, or that fit no
/// packet of the other.
pub fn find(site: &Site) -> Vec<Shadowed> {
    let mut left = MOST;
    let mut visited: FxHashMap<(bool, usize, usize), Vec<(IpVersion, ChainId)>> = FxHashMap::default();
    let mut found: BTreeMap<Key, Vec<Shadowed>> = BTreeMap::new();
    for version in [IpVersion::V4, IpVersion::V6] {
        let lowered = site.lowered(version);
        let mut ends = Ends::new(&lowered.host);
        let mut changes = Changes::new(&lowered.host);
        for (id, chain) in (0..).map(ChainId).zip(&lowered.host.chains) {
            let place = match lowered.origin(id) {
                Some(Origin::Nft { table, chain }) => (true, table, chain),
                Some(Origin::Xtables { table, chain }) => (false, table, chain),
                None => continue,
            };
            visited.entry(place).or_default().push((version, id));
            let long = chain.rules.len() > LONGEST;
            let hidden = if long { BTreeMap::new() } else { of_chain(chain, id, &mut ends, &mut changes, &mut left) };
            for (index, (by, how)) in hidden {
                let rule = RuleId { chain: id, index };
                found.entry((place, index)).or_default().push(Shadowed { version, rule, by, how });
            }
        }
    }
    let fits_nothing = |(version, chain): &&(IpVersion, ChainId), index: u32| {
        site.chain(*version, *chain).and_then(|chain| chain.rules.get(index as usize)).is_some_and(fits_no_packet)
    };
    let of_all = |((place, index), each): (Key, Vec<Shadowed>)| {
        let visits = visited.get(&place).map_or(&[][..], Vec::as_slice);
        let empty = visits.iter().filter(|visit| fits_nothing(visit, index)).count();
        let all = visits.len() == each.len() + empty;
        each.into_iter().next().filter(|_| all)
    };
    found.into_iter().filter_map(of_all).filter(|each| is_of_operator(site, each.version, each.rule)).collect()
}

fn fits_no_packet(rule: &Rule) -> bool {
    rule.steps.iter().any(|step| matches!(step, Step::Test(Test::Never)))
}

/// Whether a rule is one that an operator wrote, not the frame that a program builds.
fn is_of_operator(site: &Site, version: IpVersion, rule: RuleId) -> bool {
    let chain = || site.chain(version, rule.chain).map_or("", |chain| &*chain.name);
    match site.writer(version, rule.chain, Some(rule.index)) {
        None => true,
        Some(owner) => match owner.name {
            "ufw" => chain().contains("-user-"),
            "Docker" => chain() == "DOCKER-USER",
            _ => false,
        },
    }
}

/// Rules that hide one, and how.
type Hidden = (Vec<RuleId>, How);

/// The hidden rules of one chain, by their index; those that fit no packet are none.
fn of_chain(chain: &Chain, id: ChainId, ends: &mut Ends<'_>, changes: &mut Changes<'_>, left: &mut usize) -> BTreeMap<u32, Hidden> {
    let mut found = BTreeMap::new();
    let short = chain.rules.len() <= LONG;
    let taken: Vec<Option<Taken>> = chain.rules.iter().map(|rule| Taken::of(rule, ends)).collect();
    let near = Near::new(&taken);
    let mut cover = Cover::default();
    let rule = |index: u32| RuleId { chain: id, index };
    for (index, (each, own)) in (0..).zip(taken.iter().zip(chain.rules.iter())) {
        if fits_no_packet(own) {
            continue;
        }
        if let Some(each) = each {
            if let Some(by) = cover.hides(each, &near, short, left) {
                let alike = each.fate.is_some() && by.iter().all(|(_, fate)| each.fate == Some(*fate));
                let how = if alike { How::Before } else { How::Otherwise };
                found.insert(index, (by.into_iter().map(|(index, _)| rule(index)).collect(), how));
            } else if short && let Some(behind) = behind(&taken, &near, index, left) {
                found.insert(index, (vec![rule(behind)], How::Behind));
            }
            if let Some(fate) = each.fate.filter(|_| each.exact) {
                cover.add(index, each.area.clone(), fate);
            }
        }
        changes.of_rule(own, &mut |field| cover.changed(field, index));
    }
    // Of rules that hide each other not all can go.
    let by_others: FxHashSet<u32> = found.iter().filter(|(_, (_, how))| *how != How::Behind).map(|(index, _)| *index).collect();
    found.retain(|_, (by, how): &mut Hidden| *how != How::Behind || !by.iter().any(|rule| by_others.contains(&rule.index)));
    found
}

/// The rule behind one that would do the same, with nothing in between that has a say.
fn behind(taken: &[Option<Taken>], near: &Near, index: u32, left: &mut usize) -> Option<u32> {
    let own = taken.get(index as usize)?.as_ref().filter(|own| matches!(own.fate, Some(Fate::Accept | Fate::Stop(_))))?;
    for later in near.meeting(&own.area).into_iter().filter(|later| *later > index) {
        *left = left.checked_sub(1)?;
        let each = match taken.get(later as usize)? {
            Some(each) if !own.area.is_apart(&each.area) => each,
            // It fits nothing, or none of these.
            Some(_) => continue,
            None => return None,
        };
        if each.exact && each.fate == own.fate && own.area.is_within(&each.area) {
            // Of two that are alike the second is told.
            return (!own.exact || !each.area.is_within(&own.area)).then_some(later);
        }
        if each.fate != own.fate {
            return None;
        }
    }
    None
}

/// So many rules have a finding of their own.
const MOST_TOLD: usize = 10;

/// A finding for each hidden rule of a kind, in the words of the audit: of the rule, and of those that hide it.
pub fn told(
    site: &Site,
    flows: &[Judged],
    hidden: &[Shadowed],
    wanted: impl Fn(How) -> bool,
    title: impl Fn(&str, &str) -> String,
) -> Placed {
    let found: Vec<&Shadowed> = hidden.iter().filter(|each| wanted(each.how)).collect();
    let more = found.len().saturating_sub(MOST_TOLD);
    let mut placed: Placed = found.into_iter().take(MOST_TOLD).map(|each| placed(site, flows, each, &title)).collect();
    if let Some((_, last)) = placed.last_mut().filter(|_| more > 0) {
        last.title.push_str(&format!(" (and so it is with {more} more rules)"));
    }
    placed
}

fn placed(site: &Site, flows: &[Judged], each: &Shadowed, title: impl Fn(&str, &str) -> String) -> (usize, Problem) {
    let of_version = flows.iter().position(|judged| judged.version == each.version);
    let of_chain = |rule: &RuleId| format!("rule {}", rule.index + 1);
    let words = |rule: &RuleId| meant::place(site, each.version, *rule);
    let mut by: Vec<String> = each.by.iter().map(of_chain).take(MOST_TOLD).collect();
    let last = by.pop().unwrap_or_default();
    let by = if by.is_empty() { format!("{last} decides") } else { format!("{} and {last} together decide", by.join(", ")) };
    let rule = site
        .chain(each.version, each.rule.chain)
        .map_or_else(String::new, |chain| format!("{} {} {}, rule {}", chain.family, chain.table, chain.name, each.rule.index + 1));
    let facts = std::iter::once(&each.rule).chain(&each.by).map(words).collect();
    let hook = site.chain(each.version, each.rule.chain).and_then(|chain| chain.base.as_ref()).map(|base| base.hook);
    let place = hook.map(|hook| (each.version, hook, each.rule));
    (of_version.unwrap_or_default(), Problem { rule: place, ..Problem::beside(title(&rule, &by), facts) })
}
