//! Sets whose type says nothing of the width of their keys (`type integer`, as listings up to 1.1 show `typeof`): what reads them tells.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::{Indexes, Wrong, only, reader::Reader, set::types_of, shape::Shape};
use crate::ruleset::nft::Family;

/// How the rules of a table use its sets.
pub struct Uses<'j, 'i> {
    family: Family,
    interfaces: &'i Indexes<'i>,
    /// The key of a rule that reads or fills a set.
    keys: FxHashMap<&'j str, &'j Value>,
    filled: FxHashSet<&'j str>,
}

impl<'j, 'i> Uses<'j, 'i> {
    pub fn new(family: Family, interfaces: &'i Indexes<'i>) -> Self {
        Self { family, interfaces, keys: FxHashMap::default(), filled: FxHashSet::default() }
    }

    /// Looks through a part of a rule. JSON that was read is at most 128 deep.
    pub fn look(&mut self, json: &'j Value) {
        match json {
            Value::Array(list) => list.iter().for_each(|each| self.look(each)),
            Value::Object(object) => {
                let set = ["right", "data", "set", "map"].iter().filter_map(|name| object.get(*name));
                let set = set.filter_map(|value| value.as_str().and_then(|word| word.strip_prefix('@'))).next();
                let key = ["left", "key", "elem"].iter().find_map(|name| object.get(*name));
                if let (Some(set), Some(key)) = (set, key) {
                    self.keys.entry(set).or_insert(key);
                    if object.contains_key("elem") {
                        self.filled.insert(set);
                    }
                }
                object.values().for_each(|each| self.look(each));
            }
            _ => {}
        }
    }

    /// Whether packets add to a set.
    pub fn is_filled(&self, set: &str) -> bool {
        self.filled.contains(set)
    }

    /// The shape of a set's key.
    pub fn completed(&self, set: &str, json: &Value) -> Result<Shape, Wrong> {
        if let Some(("typeof", expression)) = only(json) {
            return self.evaluated(expression);
        }
        let types = types_of(json)?;
        let shape = Shape::of_types(&types);
        // Two types share the name `time`.
        let is_told = shape.is_whole() && types.iter().all(|datatype| datatype.name != "time");
        if is_told {
            return Ok(shape);
        }
        let used = self.keys.get(set).and_then(|key| self.evaluated(key).ok());
        let names = |shape: &Shape| shape.parts.iter().map(|part| part.datatype.name).collect::<Vec<_>>();
        match used.filter(|used| names(used) == names(&shape)) {
            Some(used) => Ok(used),
            None if shape.is_whole() => Ok(shape),
            None => Err("how wide the keys of this set are is not told, nor does a rule tell it".into()),
        }
    }

    fn evaluated(&self, expression: &Value) -> Result<Shape, Wrong> {
        let (mut sets, known) = (Vec::new(), FxHashMap::default());
        let mut reader = Reader::new(self.family, &mut sets, &known, self.interfaces);
        let term = match expression {
            // As of nft 1.1 the parts of a concatenation are a plain list in a declaration.
            Value::Array(parts) => Shape::concatenated(parts.iter().map(|part| reader.term(part)).collect::<Result<_, _>>()?),
            expression => reader.term(expression)?,
        };
        Ok(Shape::of(&term))
    }
}
