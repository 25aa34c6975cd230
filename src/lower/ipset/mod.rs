//! ipsets as rules ask for them: membership as a test of the packet's fields (`ip_set_test`, ip_set_core.c).
//!
//! [`key`] tells which fields of the packet a type looks at, [`content`] what a set holds of them, [`interfaces`] the same for
//! `hash:net,iface`, whose interfaces are names, and [`mod@learn`] what the SET target changes. Sets are not expanded into rules: one field is
//! compared with a set of values, several are looked up as a key, and of a big set single keys are asked.

mod content;

mod interfaces;

mod key;

mod learn;

pub use learn::{Deed, Learning, Usage, learn, map, usages};

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::context::Context;
use crate::{
    model::{
        Bits, IpVersion, MatchSet, SetId, Test, Values,
        set::{Content, Keeper},
        step::ConditionKind,
    },
    ruleset::ipset::{Dimension, Elements, Family, Ipsets, Kind, Reference, Set, Side, Storage},
};

/// What a rule asks of a set.
#[derive(Debug, Clone, Copy)]
pub struct Query<'q> {
    /// The set, and the end of the packet for each part of the key.
    pub set: &'q Reference,
    /// `--return-nomatch`: whether an exception holds the key.
    pub exceptions: bool,
    /// What the rule asks of the element's counters, in words.
    pub counters: Option<&'q str>,
}

/// The ipsets of a host while its rules are lowered.
#[derive(Default)]
pub struct Sets<'a> {
    /// None: there are none.
    all: Option<&'a Ipsets>,
    /// Sets that the SET target changes.
    learning: FxHashMap<&'a str, Learning>,
    /// Sets of the model, by their place among all and what is asked of them.
    ids: FxHashMap<(usize, Asked), SetId>,
    /// What sets of one field hold.
    values: FxHashMap<(usize, Asked), Arc<Values>>,
}

/// In which form a set is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    /// Whether it holds a key.
    Membership,
    /// Whether an exception holds a key.
    Exceptions,
    /// Whether an element has a key, exceptions left out of account.
    Elements,
}

impl<'a> Sets<'a> {
    /// `usages` are those of all rules.
    #[must_use]
    pub fn new(all: &'a Ipsets, usages: impl IntoIterator<Item = Usage>) -> Self {
        Self { all: Some(all), learning: learn::learning(all, usages), ..Self::default() }
    }

    fn find(&self, wanted: &Reference) -> Option<(usize, &'a Set)> {
        let mut sets = self.all?.sets.iter().enumerate();
        match (&wanted.name, wanted.index) {
            (Some(name), _) => sets.find(|(_, set)| *set.name == **name),
            (None, Some(index)) => sets.find(|(_, set)| set.index == Some(index)),
            (None, None) => None,
        }
    }

    /// The name of the set.
    #[must_use]
    pub fn shown(&self, wanted: &Reference) -> String {
        self.find(wanted).map_or_else(|| wanted.shown(), |(_, set)| set.name.clone())
    }

    fn learning(&self, set: &Set) -> Learning {
        self.learning.get(set.name.as_str()).copied().unwrap_or(Learning::Nothing)
    }
}

/// Whether a set matches, as a rule asks it.
#[must_use]
pub fn test(query: &Query<'_>, context: &mut Context<'_>) -> Test {
    match context.ipsets.find(query.set) {
        Some(found) => matches(found, query, true, context),
        None => unknown(format!("ipset {}, which was not collected", query.set.shown()), context),
    }
}

/// The kernel's answer for one set; a list asks its members, which are no lists (`list_set_uadt` refuses them).
fn matches((at, set): (usize, &Set), query: &Query<'_>, may_be_list: bool, context: &mut Context<'_>) -> Test {
    let Some(kind) = set.kind else {
        return unknown(format!("ipset {} of type {}", set.name, set.kind_name), context);
    };
    if query.set.sides.len() < kind.dimensions.len() || !fits(set.family, context.version) {
        return Test::Never;
    }
    let learning = context.ipsets.learning(set);
    let counted = query.counters.filter(|_| set.options.counters);
    let has_exceptions = query.exceptions && kind.has_networks();
    if learning == Learning::Vague || learning == Learning::Keys && (has_exceptions || counted.is_some()) {
        let text = format!("whether ipset {} holds it, which packets change", set.name);
        return Test::Condition(context.condition(ConditionKind::Learned, text));
    }
    if let (Some(text), true) = (counted, has_exceptions) {
        // Which exception is looked at depends on the counters of the others.
        return Test::Condition(context.condition(ConditionKind::Learned, text));
    }
    let asked = match () {
        () if counted.is_some() => Asked::Elements,
        () if has_exceptions => Asked::Exceptions,
        () => Asked::Membership,
    };
    let test = match kind.storage {
        Storage::List if may_be_list => list(set, query, context),
        Storage::List => unknown(format!("ipset {}, a list in a list", set.name), context),
        Storage::Bitmap | Storage::Hash => holds((at, set, kind), &query.set.sides, asked, context),
    };
    match counted {
        // `ip_set_match_extensions`: each packet counts, also this one.
        Some(text) if !matches!(test, Test::Never) => {
            let condition = context.condition(ConditionKind::Learned, text);
            Test::all([test, Test::Condition(condition)])
        }
        _ => test,
    }
}

/// `list_set_ktest`: the counters of members are not looked at.
fn list(set: &Set, query: &Query<'_>, context: &mut Context<'_>) -> Test {
    let elements = match &set.elements {
        Elements::Whole(elements) => elements,
        _ => return unknown(format!("the members of ipset {}", set.name), context),
    };
    let mut tests = Vec::with_capacity(elements.len());
    for part in elements.iter().flat_map(|element| &element.key) {
        let member = Reference { name: Some(part.to_string().into()), index: None, sides: query.set.sides.clone() };
        let query = Query { set: &member, counters: None, ..*query };
        tests.push(match context.ipsets.find(&member) {
            Some(member) => matches(member, &query, false, context),
            None => unknown(format!("ipset {part}, which was not collected"), context),
        });
    }
    Test::any(tests)
}

/// Whether a set that is no list holds the packet's key.
fn holds((at, set, kind): (usize, &Set, &'static Kind), sides: &[Side], asked: Asked, context: &mut Context<'_>) -> Test {
    if let Elements::Unknown(why) = &set.elements {
        return unknown(format!("ipset {}: {why}", set.name), context);
    }
    let as_values = matches!(set.elements, Elements::Whole(_)) && context.ipsets.learning(set) == Learning::Nothing;
    if as_values && kind.dimensions.contains(&Dimension::Interface) {
        return interfaces::test(set, sides, asked, context);
    }
    let classes = key::classes(set, kind, sides, context);
    let one_of = |bits: &Bits, context: &mut Context<'_>| {
        let values = values(at, set, asked, context);
        match bits.as_field(context.version) {
            _ if values.is_empty() => Test::Never,
            Some(field) if !values.is_all() => Test::In { field, values },
            _ => Test::Always,
        }
    };
    Test::any(classes.into_iter().map(|class| {
        let mut guards = class.guards.clone();
        let test = match &*class.key {
            [bits] if as_values => one_of(bits, context),
            _ => {
                guards.extend(class.storable.clone());
                Test::Holds { set: id(at, set, kind, asked, context), key: class.stored(set, kind, context.version) }
            }
        };
        // The test of the set is more selective than what the fields are.
        Test::all(std::iter::once(test).chain(guards))
    }))
}

/// What a set of one field holds.
fn values(at: usize, set: &Set, asked: Asked, context: &mut Context<'_>) -> Arc<Values> {
    let version = context.version;
    let values = context.ipsets.values.entry((at, asked)).or_insert_with(|| Arc::new(content::values(set, asked, version)));
    Arc::clone(values)
}

/// The number of a set in the model.
fn id(at: usize, set: &Set, kind: &Kind, asked: Asked, context: &mut Context<'_>) -> SetId {
    if let Some(id) = context.ipsets.ids.get(&(at, asked)) {
        return *id;
    }
    let (parts, widths) = key::fields(kind, context.version);
    let content = match &set.elements {
        Elements::Whole(_) => Content::Tiers(content::tiers(set, kind, asked)),
        Elements::AskedByKey { count } => Content::Asked { count: *count },
        Elements::Unknown(why) => Content::Unknown(why.clone()),
    };
    let id = SetId(context.sets.model.len() as u32);
    context.sets.model.push(MatchSet {
        family: set.family.number(),
        table: String::new(),
        name: set.name.clone(),
        widths,
        dynamic: context.ipsets.learning(set) != Learning::Nothing,
        keeper: Keeper::Ipset { parts, exceptions: asked == Asked::Exceptions },
        content,
    });
    context.ipsets.ids.insert((at, asked), id);
    id
}

/// Whether packets of a version can match a set of a family.
fn fits(family: Family, version: IpVersion) -> bool {
    match family {
        Family::Any => true,
        Family::V4 => version == IpVersion::V4,
        Family::V6 => version == IpVersion::V6,
    }
}

fn unknown(text: String, context: &mut Context<'_>) -> Test {
    Test::Condition(context.condition(ConditionKind::Unknown, text))
}
