//! Sets that packets add themselves to.

use serde_json::Value;

use super::{
    Wrong,
    anonymous::Reference,
    field::{number, word},
    only,
    reader::Reader,
    set::{Declared, Leads, flag},
    shape::Shape,
};
use crate::ruleset::nft::{
    Expr, Set,
    expr::{Dynset, DynsetOp},
};

impl Reader<'_, '_> {
    /// `add @set { … }`, and its like for maps.
    pub fn update(&mut self, body: &Value) -> Result<(), Wrong> {
        let op = match word(body, "op")? {
            "add" => DynsetOp::Add,
            "update" => DynsetOp::Update,
            "delete" => DynsetOp::Delete,
            other => return Err(Wrong(format!("'{other}' does nothing to a set"))),
        };
        let set = body.get("set").or(body.get("map")).filter(|set| set.is_string()).ok_or_else(|| Wrong::from("a set has a name"))?;
        let elem = body.get("elem").ok_or_else(|| Wrong::from("what is added has an elem"))?;
        let key = self.term(elem)?;
        let Reference { set, key, declared } = self.reference(set, key, None)?;
        let key = self.load(&key)?;
        let data = match (body.get("data"), &declared.leads) {
            (Some(json), Some(Leads::Data(shape))) if !shape.is_concatenation() => {
                let like = shape.parts.first().ok_or_else(|| Wrong::from("this map leads to nothing"))?.clone();
                let term = self.argument(json, &like)?;
                Some(self.load(&term)?)
            }
            (Some(_), _) => return Err("values of this kind can't be added".into()),
            (None, _) => None,
        };
        let exprs = stateful(body.get("stmt"))?;
        self.exprs.push(Expr::Dynset(Dynset { set, op, key, data, timeout: timeout(elem), invert: false, exprs }));
        Ok(())
    }

    /// `meter name { key statement }`: a set of its own, that listings do not show.
    pub fn meter(&mut self, body: &Value) -> Result<(), Wrong> {
        let json = body.get("key").ok_or_else(|| Wrong::from("a meter has a key"))?;
        let key = self.term(json)?;
        let name = word(body, "name")?;
        let timeout = timeout(json);
        if !self.sets.iter().any(|set| set.name == name) {
            let mut set = Set { name: name.to_owned(), flags: flag::ANONYMOUS | flag::EVAL, ..Set::default() };
            set.flags |= if timeout > 0 { flag::TIMEOUT } else { 0 };
            set.size = body.get("size").map(|_| number(body, "size")).transpose()?;
            Declared { key: Shape::of(&key), interval: false, leads: None }.describe(&mut set);
            set.elements = crate::ruleset::nft::Elements::AskedByKey { count: None };
            self.sets.push(set);
        }
        let source = self.load(&key)?;
        let op = if timeout > 0 { DynsetOp::Update } else { DynsetOp::Add };
        let exprs = stateful(body.get("stmt"))?;
        self.exprs.push(Expr::Dynset(Dynset { set: name.to_owned(), op, key: source, data: None, timeout, invert: false, exprs }));
        Ok(())
    }
}

/// Milliseconds for which an added element lives; 0 if it is not told.
fn timeout(elem: &Value) -> u64 {
    let seconds = only(elem).and_then(|(_, body)| body.get("timeout")).and_then(Value::as_u64);
    seconds.map_or(0, |seconds| seconds.saturating_mul(1000))
}

/// The statements of an element: one, or a list.
fn stateful(json: Option<&Value>) -> Result<Vec<Expr>, Wrong> {
    let list = match json {
        None => &[],
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let read = |json: &Value| {
        let (name, body) = only(json).ok_or_else(|| Wrong::from("this is no statement that nft -j writes"))?;
        super::stateful::read(name, body)?.ok_or_else(|| Wrong(format!("an element keeps no {name}")))
    };
    list.iter().map(read).collect()
}
