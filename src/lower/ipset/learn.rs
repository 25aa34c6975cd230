//! What the SET target does: it adds the packet's key to a set or takes it out (`ip_set_add`, `ip_set_del`), and sets marks that a set's
//! elements tell.

use rustc_hash::FxHashMap;

use super::{Asked, Query, Sets, fits, id, key, matches};
use crate::{
    lower::{Rules, context::Context},
    model::{Bits, Field, IpVersion, Step, step::ConditionKind},
    ruleset::{
        ipset::{Dimension, Element, Elements, Ipsets, Part, Reference, Set, Storage},
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

/// That a SET target changes a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub set: Reference,
    pub delete: bool,
}

/// The changes that the rules of both back ends make.
pub fn changes(rules: Rules<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |target: &xtables::targets::Set| {
        for (set, delete) in [(&target.add, false), (&target.delete, true)] {
            changes.extend(set.clone().map(|set| Change { set, delete }));
        }
    };
    for rule in rules.xtables.tables.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.rules) {
        if let xtables::Action::Target(xtables::Target::Set(target)) = &rule.action {
            note(target);
        }
    }
    for expr in rules.nft.tables.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs) {
        let Expr::Compat(compat) = expr else { continue };
        let (true, "SET", Ok(revision)) = (compat.target, &*compat.name, u8::try_from(compat.revision)) else { continue };
        // The structure is the same for both IP versions.
        let raw = xtables::extension::Raw { name: "SET", revision, info: &compat.info, version: IpVersion::V4 };
        if let xtables::Target::Set(target) = xtables::Target::decode(&raw) {
            note(&target);
        }
    }
    changes
}

/// Which sets change, and how.
pub(super) fn learning(all: &Ipsets, changes: impl IntoIterator<Item = Change>) -> FxHashMap<&str, Learning> {
    let sets = Sets { all: Some(all), ..Sets::default() };
    let mut learning: FxHashMap<&str, Learning> = FxHashMap::default();
    for change in changes {
        let Some((_, set)) = sets.find(&change.set) else { continue };
        let how = kind_of_change(set, change.delete);
        let mut note = |name, how| {
            let known = learning.entry(name).or_insert(how);
            *known = how.max(*known);
        };
        note(set.name.as_str(), how);
        // A list hands it to its members (`list_set_kadd`).
        if set.kind.is_some_and(|kind| kind.storage == Storage::List) {
            for part in set.elements.known().iter().flat_map(|element| &element.key) {
                if let Part::Set(name) = part {
                    note(name, Learning::Vague);
                }
            }
        }
    }
    learning
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

/// The packet's key is added to a set, or taken out of it.
pub fn learn(wanted: &Reference, delete: bool, context: &mut Context<'_>) -> Vec<Step> {
    let Some((at, set)) = context.ipsets.find(wanted) else { return Vec::new() };
    let Some(kind) = set.kind else { return Vec::new() };
    let sides = &wanted.sides;
    if sides.len() < kind.dimensions.len() || !fits(set.family, context.version) || context.ipsets.learning(set) != Learning::Keys {
        return Vec::new();
    }
    let set_id = id(at, set, kind, Asked::Membership, context);
    // Packets of one class look only at the key of their own class: what the others are told does not matter to them.
    let classes = key::classes(set, kind, sides, context);
    classes
        .into_iter()
        .map(|class| Step::Learn { key: class.stored(set, kind, context.version), set: set_id, delete, inverted: false })
        .collect()
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
