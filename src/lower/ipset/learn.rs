//! What the SET target does: it adds the packet's key to a set or takes it out (`ip_set_add`, `ip_set_del`), and sets marks that a set's
//! elements tell.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Asked, Query, Sets, fits, id, key, matches};
use crate::{
    lower::{Rules, context::Context},
    model::{Bits, Field, IpVersion, Step, Test, step::ConditionKind},
    ruleset::{
        ipset::{Dimension, Element, Elements, Ipsets, Part, Reference, Set, Side, Storage},
        nft::Expr,
        xtables,
    },
};

/// How a set may change by packets that pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Learning {
    Nothing,
    /// By the very key of the packet.
    Keys,
    /// In a way that depends on what else is in it.
    Vague,
}

/// What a rule does with a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Match,
    Add,
    Delete,
}

/// That a rule uses a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    pub set: Reference,
    pub deed: Deed,
}

/// How the rules of both back ends use sets.
pub fn usages(rules: Rules<'_>) -> Vec<Usage> {
    let mut usages = Vec::new();
    for rule in rules.xtables.tables.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.rules) {
        rule.matches.iter().for_each(|each| of_match(each, &mut usages));
        if let xtables::Action::Target(target) = &rule.action {
            of_target(target, &mut usages);
        }
    }
    for expr in rules.nft.tables.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs) {
        let Expr::Compat(compat) = expr else { continue };
        let Ok(revision) = u8::try_from(compat.revision) else { continue };
        // The structures are the same for both IP versions.
        let raw = xtables::extension::Raw { name: &compat.name, revision, info: &compat.info, version: IpVersion::V4 };
        match (compat.target, &*compat.name) {
            (true, "SET") => of_target(&xtables::Target::decode(&raw), &mut usages),
            (false, "set") => of_match(&xtables::Match::decode(&raw), &mut usages),
            _ => {}
        }
    }
    usages
}

fn of_match(each: &xtables::Match, usages: &mut Vec<Usage>) {
    if let xtables::Match::Set(set) = each {
        usages.push(Usage { set: set.set.clone(), deed: Deed::Match });
    }
}

fn of_target(target: &xtables::Target, usages: &mut Vec<Usage>) {
    if let xtables::Target::Set(target) = target {
        for (set, deed) in [(&target.add, Deed::Add), (&target.delete, Deed::Delete), (&target.map, Deed::Match)] {
            usages.extend(set.clone().map(|set| Usage { set, deed }));
        }
    }
}

/// Which sets change, and how.
pub(super) fn learning(all: &Ipsets, usages: impl IntoIterator<Item = Usage>) -> FxHashMap<&str, Learning> {
    let sets = Sets { all: Some(all), ..Sets::default() };
    let mut learning: FxHashMap<&str, Learning> = FxHashMap::default();
    let mut sides: FxHashMap<&str, SmallVec<[Side; 3]>> = FxHashMap::default();
    let some_complete = all.sets.iter().any(completes);
    for usage in usages.into_iter().filter(|usage| some_complete || usage.deed != Deed::Match) {
        let Some((_, set)) = sets.find(&usage.set) else { continue };
        let is_list = set.kind.is_some_and(|kind| kind.storage == Storage::List);
        let members = set.elements.known().iter().filter(|_| is_list).flat_map(|element| &element.key).filter_map(|part| match part {
            Part::Set(name) => all.by_name(name),
            _ => None,
        });
        for each in std::iter::once(set).chain(members) {
            let how = match usage.deed {
                Deed::Match if !completes(each) => continue,
                // Packets complete elements by their own Ethernet address: all rules ask for the same one, or it matters which is first.
                Deed::Match if *sides.entry(&each.name).or_insert_with(|| usage.set.sides.clone()) == usage.set.sides => Learning::Nothing,
                Deed::Match => Learning::Vague,
                // A list hands it to its members (`list_set_kadd`).
                Deed::Add | Deed::Delete if each.name != set.name => Learning::Vague,
                deed => kind_of_change(each, deed == Deed::Delete),
            };
            let known = learning.entry(&each.name).or_insert(how);
            *known = how.max(*known);
        }
    }
    learning
}

/// Whether it has elements that take the Ethernet address of the first packet that matches them (`bitmap_ipmac_do_test`).
fn completes(set: &Set) -> bool {
    set.kind.is_some_and(|kind| kind.dimensions == [Dimension::Ip, Dimension::Mac])
        && set.elements.known().iter().any(|element| element.key.len() < 2)
}

fn kind_of_change(set: &Set, delete: bool) -> Learning {
    let Some(kind) = set.kind else { return Learning::Vague };
    let is_full = set.options.max_elements.is_some_and(|most| match &set.elements {
        Elements::Whole(elements) => elements.len() as u64 >= most.into(),
        Elements::AskedByKey { count } => count.is_none_or(|count| count >= most.into()),
        Elements::Unknown(_) => true,
    });
    let exact = match kind.dimensions {
        [Dimension::Set] | [_, Dimension::Interface] => false,
        // An element without an Ethernet address takes that of the packet.
        [Dimension::Ip, Dimension::Mac] if kind.storage == Storage::Bitmap => false,
        // The key is added and deleted under the longest prefix of the set (`INIT_CIDR`): its very address only where that is the whole
        // address; and a wider network may still hold what was deleted.
        _ if kind.has_networks() => {
            let elements = set.elements.known();
            let wide = elements.iter().filter(|element| !is_host(element)).count();
            let exceptions = elements.iter().any(Element::is_exception);
            matches!(set.elements, Elements::Whole(_)) && !exceptions && (wide == 0 || !delete && wide < elements.len())
        }
        _ => true,
    };
    if exact && !is_full { Learning::Keys } else { Learning::Vague }
}

/// Whether all of its addresses are whole.
fn is_host(element: &Element) -> bool {
    element.key.iter().all(|part| !matches!(part, Part::Address(net) if net.prefix_len() < net.max_prefix_len()))
}

/// The packet's key is added to a set, for so many seconds if they are told, or taken out of it.
pub fn learn(wanted: &Reference, delete: bool, timeout: Option<u32>, context: &mut Context<'_>) -> Vec<Step> {
    let Some((at, set)) = context.ipsets.find(wanted) else { return Vec::new() };
    let Some(kind) = set.kind else { return Vec::new() };
    let sides = &wanted.sides;
    if sides.len() < kind.dimensions.len() || !fits(set.family, context.version) || context.ipsets.learning(set) != Learning::Keys {
        return Vec::new();
    }
    let set_id = id(at, set, kind, Asked::Membership, context);
    let classes = key::classes(set, kind, sides, context);
    let brief = timeout.or(set.options.timeout).is_some_and(|seconds| (1..60).contains(&seconds));
    let step = |class: key::Class| {
        let key = class.stored(set, kind, context.version);
        let when = Box::new(Test::all(class.guards.into_iter().chain(class.storable)));
        Step::Learn { key, set: set_id, delete, brief, inverted: false, when }
    };
    classes.into_iter().map(step).collect()
}

/// Packets that the set holds take the mark and the priority of their element (`set_target_v3`); whatever of it elements differ in is open.
pub fn map(query: &Query<'_>, mark: bool, priority: bool, context: &mut Context<'_>) -> Vec<Step> {
    let Some(found) = context.ipsets.find(query.set) else {
        let text = "a mark of an ipset that was not collected";
        return vec![Step::Opaque(context.condition(ConditionKind::Unknown, text))];
    };
    let (_, set) = found;
    let mut steps = vec![Step::Test(matches(found, query, true, context))];
    if mark {
        steps.extend(write(set, Field::Mark, context));
    }
    if priority {
        steps.extend(write(set, Field::Priority, context));
    }
    steps
}

fn write(set: &Set, field: Field, context: &mut Context<'_>) -> Vec<Step> {
    let version = context.version;
    let told = |element: &Element| {
        let extensions = element.extensions.as_deref();
        match field {
            Field::Mark => extensions.and_then(|each| each.mark).unwrap_or_default(),
            _ => (extensions.and_then(|each| each.priority).unwrap_or_default(), u32::MAX),
        }
    };
    let mut all = set.elements.known().iter().map(told);
    let first = all.next().filter(|first| matches!(set.elements, Elements::Whole(_)) && all.all(|each| each == *first));
    let is_list = set.kind.is_some_and(|kind| kind.storage == Storage::List);
    if let Some((value, mask)) = first.filter(|_| !is_list) {
        let kept = Bits::field(field, version).and(&(!mask).to_be_bytes());
        return vec![Step::Write { field, bits: Box::new(kept.xor(&value.to_be_bytes())) }];
    }
    let condition = context.condition(ConditionKind::Unknown, format!("the {} that ipset {} tells", field.name(), set.name));
    let register = Bits::field(Field::Register(0), version);
    vec![Step::Free { first: 0, words: 1, modulus: None, offset: 0, condition }, Step::Write { field, bits: Box::new(register) }]
}
