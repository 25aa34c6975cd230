//! One rule: its statements one after the other, with what they leave behind for the next.

use serde_json::Value;

use super::{Fault, Indexes, Wrong, context::Context, only, set::Known, unknown};
use crate::ruleset::nft::{Expr, Family, Set};

/// Reads rules of one table.
pub struct Reader<'s, 'i> {
    /// The sets of the table; anonymous ones are added.
    pub sets: &'s mut Vec<Set>,
    /// What is known of the sets of the table beyond what the kernel keeps.
    pub known: &'s Known,
    pub interfaces: &'i Indexes<'i>,
    pub context: Context,
    /// What was made so far.
    pub exprs: Vec<Expr>,
    /// Bytes of registers in use.
    pub free: u32,
    /// How deep terms are nested.
    pub depth: u32,
}

impl<'s, 'i> Reader<'s, 'i> {
    pub fn new(family: Family, sets: &'s mut Vec<Set>, known: &'s Known, interfaces: &'i Indexes<'i>) -> Self {
        Self { sets, known, interfaces, context: Context::new(family), exprs: Vec::new(), free: 0, depth: 0 }
    }

    /// The expressions of a rule, and what could not be read of it; `place` is its path in the listing.
    pub fn rule(mut self, statements: &[Value], place: &str) -> (Vec<Expr>, Vec<Fault>) {
        let mut faults = Vec::new();
        for (position, json) in statements.iter().enumerate() {
            let (before, sets, context) = (self.exprs.len(), self.sets.len(), self.context.clone());
            self.release();
            if let Err(Wrong(why)) = self.statement(json) {
                self.exprs.truncate(before);
                self.sets.truncate(sets);
                self.context = context;
                self.exprs.push(unknown(json));
                let place = format!("{place}.expr[{position}]");
                faults.push(Fault { place, text: json.to_string(), why, placed: true });
            } else if let Some(why) = untold(json) {
                let place = format!("{place}.expr[{position}]");
                faults.push(Fault { place, text: json.to_string(), why, placed: true });
            }
        }
        (self.exprs, faults)
    }

    fn statement(&mut self, json: &Value) -> Result<(), Wrong> {
        let (name, body) = only(json).ok_or_else(|| Wrong::from("this is no statement that nft -j writes"))?;
        match name {
            "match" => self.compare(body),
            "vmap" => self.verdict_map(body),
            "mangle" => self.mangle(body),
            "snat" | "dnat" | "masquerade" | "redirect" => self.nat(name, body),
            "set" | "map" => self.update(body),
            "meter" => self.meter(body),
            _ => {
                if let Some(expr) = super::stateful::read(name, body)? {
                    self.exprs.push(expr);
                    return Ok(());
                }
                self.action(name, body)
            }
        }
    }

    /// Goes one deeper into the listing's terms, or refuses to.
    pub fn deeper<T>(&mut self, go: impl FnOnce(&mut Self) -> Result<T, Wrong>) -> Result<T, Wrong> {
        const DEEPEST: u32 = 24;
        if self.depth >= DEEPEST {
            return Err("this is nested too deep".into());
        }
        self.depth += 1;
        let result = go(self);
        self.depth -= 1;
        result
    }
}

/// What a listing does not tell of a statement that was read.
fn untold(json: &Value) -> Option<String> {
    let (name, body) = only(json)?;
    let extension = body.get("name")?.as_str()?;
    (name == "xt" && extension != "comment").then(|| format!("of an extension of iptables nft -j tells only its name, {extension}"))
}
