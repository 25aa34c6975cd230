//! Sets and maps that stand in a rule.

use serde_json::Value;

use super::{
    Wrong,
    element::has_ranges,
    only,
    reader::Reader,
    set::{Declared, Leads, flag},
    shape::Shape,
    term::{Kind, Term},
};
use crate::ruleset::nft::{
    Elements, Expr, Set,
    expr::{Lookup, Reg},
};

/// A set that a rule refers to, and the key as the set has it.
pub struct Reference {
    pub set: String,
    pub key: Term,
    pub declared: Declared,
}

impl Reader<'_, '_> {
    /// A named set, or one that stands here. `leads`: what a map that stands here leads to.
    pub fn reference(&mut self, json: &Value, key: Term, leads: Option<Leads>) -> Result<Reference, Wrong> {
        if let Some(name) = json.as_str() {
            let name = name.strip_prefix('@').ok_or_else(|| Wrong(format!("'{name}' is no set")))?;
            let declared = self.known.get(name).cloned().ok_or_else(|| Wrong(format!("there is no set {name} that could be read")))?;
            if declared.key.parts.len() != key.parts().len() || declared.key.len() != Shape::of(&key).len() {
                return Err(Wrong(format!("the keys of set {name} are not of this kind")));
            }
            let key = if declared.interval { key.parts_ordered() } else { key };
            return Ok(Reference { set: name.to_owned(), key, declared });
        }
        let list = match json {
            Value::Array(list) => Some(list),
            json => only(json).filter(|(name, _)| *name == "set").and_then(|(_, list)| list.as_array()),
        };
        let list = list.ok_or_else(|| Wrong::from("here stands a set or the name of one"))?;
        let (key, shift) = key.in_place();
        let mut shape = Shape::of(&key);
        let keys = list.iter().map(|each| if leads.is_some() { each.get(0).unwrap_or(each) } else { each });
        let interval = has_ranges(keys, &shape);
        let key = if interval { key.parts_ordered() } else { key };
        if interval {
            shape = shape.ordered();
        }
        let declared = Declared { key: shape, interval, leads };
        let elements = self.elements(&declared, list, shift)?;
        let word = match declared.leads {
            None => "set",
            Some(Leads::Object(_)) => "objmap",
            Some(_) => "map",
        };
        let number = self.sets.iter().filter(|set| set.flags & flag::ANONYMOUS != 0).count();
        let name = format!("__{word}{number}");
        let mut set = Set { name: name.clone(), flags: flag::ANONYMOUS | flag::CONSTANT, ..Set::default() };
        declared.describe(&mut set);
        set.elements = Elements::Whole(elements);
        self.sets.push(set);
        Ok(Reference { set: name, key, declared })
    }

    /// A map, and what it yields. `expected`: the shape of that, where the map stands in the rule.
    pub fn map(&mut self, body: &Value, expected: Option<&Shape>) -> Result<Term, Wrong> {
        let key = self.term(body.get("key").ok_or_else(|| Wrong::from("a map has a key"))?)?;
        let data = body.get("data").ok_or_else(|| Wrong::from("a map has data"))?;
        let leads = match (data.is_string(), expected) {
            (true, _) => None,
            (false, Some(shape)) => Some(led(data, shape)),
            (false, None) => return Err("what this map leads to is not known".into()),
        };
        let Reference { set, key, declared } = self.reference(data, key, leads)?;
        let Some(Leads::Data(shape) | Leads::Ranges(shape)) = declared.leads else {
            return Err(Wrong(format!("{set} is no map to values")));
        };
        Ok(shape.term(Kind::Map { key: Box::new(key), set }))
    }

    /// `vmap`.
    pub fn verdict_map(&mut self, body: &Value) -> Result<(), Wrong> {
        let key = self.term(body.get("key").ok_or_else(|| Wrong::from("a map has a key"))?)?;
        let data = body.get("data").ok_or_else(|| Wrong::from("a map has data"))?;
        let leads = (!data.is_string()).then_some(Leads::Verdict);
        let Reference { set, key, declared } = self.reference(data, key, leads)?;
        if !matches!(declared.leads, Some(Leads::Verdict)) {
            return Err(Wrong(format!("{set} is no map to verdicts")));
        }
        let source: Reg = self.load(&key)?;
        self.exprs.push(Expr::Lookup(Lookup { set, source, dest: Some(None), invert: false }));
        Ok(())
    }
}

/// What a map in a rule leads to, if its values are of this shape.
fn led(data: &Value, shape: &Shape) -> Leads {
    let list = only(data).and_then(|(_, list)| list.as_array()).or(data.as_array());
    let ranged = list.into_iter().flatten().any(|element| element.get(1).is_some_and(super::set::is_ranged));
    if ranged { Leads::Ranges(shape.clone().ordered()) } else { Leads::Data(shape.clone()) }
}
