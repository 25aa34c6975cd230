//! Sets and maps as the model holds them. One that many rules use is converted once for each shape of key.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use super::{
    elements::{self, Place},
    scope::Scope,
    value::Derived,
};
use crate::{
    model::{
        Bits, IpVersion, MatchSet, SetId, Test, Values, compare,
        set::{Content, Data, Element, Keeper},
    },
    ruleset::nft::{
        Set,
        expr::Expr,
        set::{ElementValue, Elements},
    },
};

/// `NFT_SET_MAP` and `NFT_SET_OBJECT`.
const MAP: u32 = 8;
const OBJECT: u32 = 64;

/// For each field of a key: how it follows from a field of the packet, if it is not made of its bits.
pub type Shape = SmallVec<[Option<Derived>; 2]>;

/// A set of a table, by the indexes of both.
type SetKey = (usize, usize);

/// The sets that rules read.
#[derive(Default)]
pub struct Sets {
    pub model: Vec<MatchSet>,
    ids: FxHashMap<(SetKey, Shape), SetId>,
    keys: FxHashMap<SetKey, Arc<Values>>,
    tests: FxHashMap<(SetKey, Bits), Option<Test>>,
}

impl Sets {
    /// The number of a set for keys of this shape.
    pub fn id(&mut self, scope: &Scope<'_>, at: usize, set: &Set, shape: Shape, version: IpVersion) -> SetId {
        let key = ((scope.index, at), shape);
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = SetId(self.model.len() as u32);
        self.model.push(convert(scope, set, &key.1, version));
        self.ids.insert(key, id);
        id
    }

    /// A set whose key is one field, as a test of the bits of a key; None if they are too many.
    pub fn test(&mut self, scope: &Scope<'_>, at: usize, set: &Set, bits: Bits, version: IpVersion) -> Option<Test> {
        let key = (scope.index, at);
        if let Some(test) = self.tests.get(&(key, bits.clone())) {
            return test.clone();
        }
        let values = self.keys.entry(key).or_insert_with(|| Arc::new(keys(set, elements(set))));
        let test = compare::is_one_of(&bits, values, version);
        self.tests.insert((key, bits), test.clone());
        test
    }
}

/// The elements that were collected.
#[must_use]
pub fn elements(set: &Set) -> &[crate::ruleset::nft::Element] {
    match &set.elements {
        Elements::Whole(elements) => elements,
        Elements::AskedByKey { .. } => &[],
    }
}

/// All keys of a set whose key is one field.
#[must_use]
pub fn keys(set: &Set, elements: &[crate::ruleset::nft::Element]) -> Values {
    let width = (8 * set.key_len).min(128) as u8;
    if elements::catch_all(elements).is_some() {
        return Values::all(width);
    }
    let ranges = elements::ranges(set, elements, &elements::places(set));
    Values::from_ranges(width, ranges.into_iter().map(|(key, _)| key[0]))
}

/// Whether elements have limits or quotas of their own, which may break off the rule (`nft_set_elem_update_expr`).
#[must_use]
pub fn is_limited(set: &Set) -> bool {
    let decides = |expr: &Expr| !matches!(expr, Expr::Counter(_)) && !matches!(expr, Expr::Unknown { name, .. } if name == "last");
    elements(set).iter().any(|element| element.exprs.iter().any(decides))
}

/// A set as the model holds it.
fn convert(scope: &Scope<'_>, set: &Set, shape: &Shape, version: IpVersion) -> MatchSet {
    let places = elements::places(set);
    let width = |(at, &(_, bytes)): (usize, &Place)| match shape.get(at) {
        Some(Some(derived)) => derived.field.width(version),
        _ => (8 * bytes).min(128) as u8,
    };
    MatchSet {
        family: scope.table.family.number(),
        table: scope.table.name.clone(),
        name: set.name.clone(),
        widths: places.iter().enumerate().map(width).collect(),
        dynamic: scope.learns(set),
        keeper: Keeper::NfTables,
        content: content(scope, set, shape, &places, version),
    }
}

fn content(scope: &Scope<'_>, set: &Set, shape: &Shape, places: &[Place], version: IpVersion) -> Content {
    let whole = match &set.elements {
        Elements::AskedByKey { count } => return Content::Asked { count: *count },
        Elements::Whole(whole) => whole,
    };
    if places.iter().any(|(_, bytes)| *bytes > 16) {
        return Content::Unknown(format!("set {} has keys longer than 16 bytes", set.name));
    }
    let is_map = set.flags & (MAP | OBJECT) != 0;
    if !is_map && places.len() == 1 && shape.iter().all(Option::is_none) {
        return Content::Keys(keys(set, whole));
    }
    let mut elements = Vec::with_capacity(whole.len());
    for (key, element) in elements::ranges(set, whole, places) {
        let Some(data) = data(scope, element, is_map) else {
            return Content::Unknown(format!("map {} leads to a chain that was not collected", set.name));
        };
        for key in through(shape, &key, version) {
            elements.push(Element { key, data: data.clone() });
        }
    }
    elements.sort_by(|a, b| a.key.first().cmp(&b.key.first()));
    let catch_all = elements::catch_all(whole).map(|element| data(scope, element, is_map));
    match catch_all {
        Some(None) => Content::Unknown(format!("map {} leads to a chain that was not collected", set.name)),
        Some(Some(data)) => Content::Elements { elements, catch_all: Some(data) },
        None => Content::Elements { elements, catch_all: None },
    }
}

/// What an element leads to; None if that is not known.
fn data(scope: &Scope<'_>, element: &crate::ruleset::nft::Element, is_map: bool) -> Option<Option<Data>> {
    Some(match &element.value {
        _ if !is_map => None,
        Some(ElementValue::Verdict(verdict)) => Some(Data::Verdict(scope.verdict(verdict)?)),
        Some(ElementValue::Data(data)) => Some(Data::Words(data.chunks(4).map(word).collect())),
        Some(ElementValue::Object(_)) | None => Some(Data::Nothing),
    })
}

/// The register word that bytes make, first byte most significant.
fn word(bytes: &[u8]) -> u32 {
    let mut padded = [0; 4];
    for (to, from) in padded.iter_mut().zip(bytes) {
        *to = *from;
    }
    u32::from_be_bytes(padded)
}

/// A key over the numbers that rules see, as keys over the fields that these follow from.
fn through(shape: &Shape, key: &[(u128, u128)], version: IpVersion) -> Vec<SmallVec<[(u128, u128); 2]>> {
    let mut keys = vec![smallvec![]];
    for (at, range) in key.iter().enumerate() {
        let options = match shape.get(at) {
            Some(Some(derived)) => derived.preimage(&[*range], version).ranges(usize::MAX).unwrap_or_default(),
            _ => vec![*range],
        };
        keys = options
            .iter()
            .flat_map(|option| {
                keys.iter().map(|key| {
                    let mut longer: SmallVec<[(u128, u128); 2]> = key.clone();
                    longer.push(*option);
                    longer
                })
            })
            .collect();
    }
    keys
}
