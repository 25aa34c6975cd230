//! The list of objects that a listing is.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::{
    Fault, Indexes, Listed, Malformed, Wrong, field::word, object, only, reader::Reader, set, stateful::whole, typeless::Uses, words,
};
use crate::ruleset::nft::{Base, Chain, Elements, Expr, Family, Rule, Ruleset, Set, Table};

/// More faults than this are not told one by one.
const MOST_FAULTS: usize = 200;

/// `NFT_TABLE_F_*`.
const TABLE_FLAGS: [(&str, u32); 3] = [("dormant", 1), ("owner", 2), ("persist", 4)];

/// An object of the list with its place in it, and its kind.
struct Entry<'j> {
    at: usize,
    kind: &'j str,
    body: &'j Value,
}

/// Reads a text.
pub fn read(text: &str, interfaces: &Indexes) -> Result<Listed, Malformed> {
    let json: Value = serde_json::from_str(text).map_err(|error| {
        let why = error.to_string();
        // The place is told already.
        let why = why.split(" at line ").next().unwrap_or_default().to_owned();
        Malformed { line: error.line().max(1), column: error.column().max(1), why }
    })?;
    let Some(list) = json.get("nftables").and_then(Value::as_array) else {
        return Err(Malformed { line: 1, column: 1, why: "there is no list \"nftables\"".into() });
    };
    let mut listing = Listing { faults: Vec::new(), tables: Vec::new(), garbled: Vec::new() };
    let mut entries = Vec::with_capacity(list.len());
    for (at, json) in list.iter().enumerate() {
        // What may be fed back into nft has commands around the objects.
        let inner = only(json).map(|(kind, body)| if kind == "add" { only(body).unwrap_or((kind, body)) } else { (kind, body) });
        match inner {
            Some(("metainfo", _)) => {}
            Some((kind, body)) if body.is_object() => entries.push(Entry { at, kind, body }),
            _ => listing.fault(format!("nftables[{at}]"), json, "this is no object of a ruleset".into(), false),
        }
    }
    listing.tables(&entries);
    let by_table = listing.by_table(&entries);
    for (position, entries) in by_table.into_iter().enumerate() {
        listing.table(position, &entries, interfaces);
    }
    Ok(Listed { ruleset: Ruleset { tables: listing.tables, incomplete: Vec::new() }, faults: listing.faults })
}

/// A family by nft's word for it.
pub fn family(word: &str) -> Option<Family> {
    [Family::Inet, Family::Ip, Family::Ip6, Family::Arp, Family::Netdev, Family::Bridge].into_iter().find(|family| family.name() == word)
}

/// The families of its tables; none if it can't be read.
pub fn families(text: &str) -> Vec<Family> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let list = json.get("nftables").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|json| json.get("table")?.get("family")?.as_str()).filter_map(family).collect()
}

/// The names of interfaces that it needs; none if it can't be read.
pub fn interfaces(text: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let names = std::cell::RefCell::new(BTreeSet::new());
    let asked = |name: &str| {
        names.borrow_mut().insert(name.to_owned());
        Some(1)
    };
    if let Ok(listed) = read(text, &asked) {
        let chains = listed.ruleset.tables.iter().flat_map(|table| &table.chains);
        names.borrow_mut().extend(chains.filter_map(|chain| chain.base.as_ref()).flat_map(|base| base.devices.clone()));
    }
    named(&json, &mut names.borrow_mut());
    names.into_inner().into_iter().filter(|name| !name.ends_with('*') && name.parse::<u32>().is_err()).collect()
}

/// Names that rules compare as names.
fn named(json: &Value, names: &mut BTreeSet<String>) {
    match json {
        Value::Array(list) => list.iter().for_each(|each| named(each, names)),
        Value::Object(object) => {
            let key = object.get("left").and_then(|left| left.get("meta")?.get("key")?.as_str());
            if let (Some("iifname" | "oifname"), Some(right)) = (key, object.get("right")) {
                let list = right.get("set").unwrap_or(right);
                names.extend(words(Some(list)).into_iter().filter(|name| !name.starts_with('@')).map(str::to_owned));
            }
            object.values().for_each(|each| named(each, names));
        }
        _ => {}
    }
}

struct Listing {
    faults: Vec<Fault>,
    tables: Vec<Table>,
    /// Whether a table's flags can't be read.
    garbled: Vec<bool>,
}

impl Listing {
    fn fault(&mut self, place: String, json: &Value, why: String, placed: bool) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault { place, text: json.to_string(), why, placed });
        }
    }

    fn wrong(&mut self, entry: &Entry, Wrong(why): Wrong) {
        self.fault(format!("nftables[{}].{}", entry.at, entry.kind), entry.body, why, false);
    }

    fn tables(&mut self, entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| entry.kind == "table") {
            match table(entry.body) {
                Ok(table) if self.tables.iter().any(|each| (each.family, &each.name) == (table.family, &table.name)) => {
                    self.wrong(entry, "this table is listed twice".into());
                }
                Ok(table) => {
                    self.garbled.push(entry.body.get("flags").is_some_and(|flags| super::flags(Some(flags), &TABLE_FLAGS).is_err()));
                    if self.garbled.last() == Some(&true) {
                        let why = "these flags are garbled, as by nft 1.0.6: whether the table is dormant is not told".to_owned();
                        self.fault(format!("nftables[{}].table", entry.at), entry.body, why, true);
                    }
                    self.tables.push(table);
                }
                Err(wrong) => self.wrong(entry, wrong),
            }
        }
    }

    /// The entries of each table, in their order.
    fn by_table<'e, 'j>(&mut self, entries: &'e [Entry<'j>]) -> Vec<Vec<&'e Entry<'j>>> {
        let keys: FxHashMap<(Family, String), usize> =
            self.tables.iter().enumerate().map(|(at, table)| ((table.family, table.name.clone()), at)).collect();
        let mut found = vec![Vec::new(); self.tables.len()];
        for entry in entries.iter().filter(|entry| entry.kind != "table") {
            let place = word(entry.body, "family").ok().and_then(family).zip(word(entry.body, "table").ok());
            match place.and_then(|(family, name)| keys.get(&(family, name.to_owned()))).and_then(|at| found.get_mut(*at)) {
                Some(of_table) => of_table.push(entry),
                None => self.wrong(entry, "it belongs to a table that is not listed".into()),
            }
        }
        found
    }

    fn table(&mut self, position: usize, entries: &[&Entry], interfaces: &Indexes) {
        let Some(family) = self.tables.get(position).map(|table| table.family) else { return };
        let mut uses = Uses::new(family, interfaces);
        entries.iter().filter(|entry| entry.kind == "rule").for_each(|entry| uses.look(entry.body));
        let (mut sets, mut known, mut filled) = (Vec::<Set>::new(), set::Known::default(), Vec::new());
        let (mut chains, mut objects, mut flowtables) = (Vec::<Chain>::new(), Vec::new(), Vec::new());
        for entry in entries {
            let result = match entry.kind {
                "set" | "map" | "meter" => word(entry.body, "name").and_then(|name| {
                    let (set, declared) = set::declare(entry.body, name, &uses)?;
                    filled.push((sets.len(), *entry));
                    sets.push(set);
                    known.insert(name.to_owned(), declared);
                    Ok(())
                }),
                "chain" => chain(entry.body, family).map(|chain| chains.push(chain)),
                "flowtable" => word(entry.body, "name").map(|name| flowtables.push(name.to_owned())),
                "rule" => Ok(()),
                "element" => Err("elements are listed with their set".into()),
                kind => match object::kind(kind) {
                    Some(kind) => object::object(kind, entry.body).map(|object| objects.push(object)),
                    None => Err(Wrong(format!("the object {kind} is not known here"))),
                },
            };
            if let Err(wrong) = result {
                self.wrong(entry, wrong);
            }
        }
        for (at, entry) in filled {
            self.elements(&mut sets, at, entry, family, &known, interfaces);
        }
        let places: FxHashMap<String, usize> = chains.iter().enumerate().map(|(at, chain)| (chain.name.clone(), at)).collect();
        for entry in entries.iter().filter(|entry| entry.kind == "rule") {
            let chain = word(entry.body, "chain").ok().and_then(|name| places.get(name)).and_then(|at| chains.get_mut(*at));
            let Some(chain) = chain else {
                self.wrong(entry, "it belongs to a chain that is not listed".into());
                continue;
            };
            let statements = entry.body.get("expr").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let reader = Reader::new(family, &mut sets, &known, interfaces);
            let (exprs, faults) = reader.rule(statements, &format!("nftables[{}].rule", entry.at));
            chain.rules.push(Rule { handle: whole(entry.body, "handle"), comment: comment(entry.body), exprs });
            let room = MOST_FAULTS.saturating_sub(self.faults.len());
            self.faults.extend(faults.into_iter().take(room));
        }
        for entry in entries.iter().filter(|entry| entry.kind == "chain") {
            let chain = word(entry.body, "name").ok().and_then(|name| places.get(name)).and_then(|at| chains.get_mut(*at));
            if let Some(chain) = chain
                && without_devices(family, chain)
            {
                let why = "on which devices this chain is, nft up to 1.0.6 does not tell".to_owned();
                self.fault(format!("nftables[{}].chain", entry.at), entry.body, why, true);
            }
        }
        if self.garbled.get(position) == Some(&true) {
            chains.iter_mut().filter(|chain| chain.base.is_some()).for_each(|chain| doubt(chain, "whether this table is dormant"));
        }
        if let Some(table) = self.tables.get_mut(position) {
            (table.sets, table.chains, table.objects, table.flowtables) = (sets, chains, objects, flowtables);
        }
    }

    /// Gives a set its elements. A set whose elements are not understood is one that could be asked by key: nothing is claimed of it.
    fn elements(&mut self, sets: &mut Vec<Set>, at: usize, entry: &Entry, family: Family, known: &set::Known, interfaces: &Indexes) {
        let list = entry.body.get("elem").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let Some(declared) = word(entry.body, "name").ok().and_then(|name| known.get(name)) else { return };
        let read = Reader::new(family, sets, known, interfaces).elements(declared, list, 0);
        let elements = match read {
            Ok(elements) => Elements::Whole(elements),
            Err(Wrong(why)) => {
                let place = format!("nftables[{}].{}.elem", entry.at, entry.kind);
                self.fault(place, &Value::from(word(entry.body, "name").unwrap_or_default()), why, true);
                Elements::AskedByKey { count: u64::try_from(list.len()).ok() }
            }
        };
        if let Some(set) = sets.get_mut(at) {
            set.elements = elements;
        }
    }
}

fn comment(body: &Value) -> Option<String> {
    body.get("comment").and_then(Value::as_str).map(str::to_owned)
}

fn table(body: &Value) -> Result<Table, Wrong> {
    let word_of = word(body, "family")?;
    Ok(Table {
        family: family(word_of).ok_or_else(|| Wrong(format!("'{word_of}' is no family")))?,
        name: word(body, "name")?.to_owned(),
        handle: whole(body, "handle"),
        // nft 1.0.6 writes any word here (`table_flags_json` frees it first): what is none of these is looked at later.
        flags: super::flags(body.get("flags"), &TABLE_FLAGS).unwrap_or(0),
        comment: comment(body),
        chains: Vec::new(),
        sets: Vec::new(),
        objects: Vec::new(),
        flowtables: Vec::new(),
    })
}

fn chain(body: &Value, family: Family) -> Result<Chain, Wrong> {
    let base = body.get("hook").map(|_| base(body, family)).transpose()?;
    let name = word(body, "name")?.to_owned();
    Ok(Chain { name, handle: whole(body, "handle"), base, use_count: 0, flags: 0, comment: comment(body), rules: Vec::new() })
}

fn base(body: &Value, family: Family) -> Result<Base, Wrong> {
    let hook = word(body, "hook")?;
    let priority = body.get("prio").and_then(Value::as_i64).and_then(|priority| i32::try_from(priority).ok());
    Ok(Base {
        kind: word(body, "type")?.to_owned(),
        hook: number_of(family, hook).ok_or_else(|| Wrong(format!("'{hook}' is no hook of this family")))?,
        priority: priority.ok_or_else(|| Wrong::from("a priority is a number"))?,
        policy_drop: match body.get("policy").and_then(Value::as_str) {
            Some("drop") => true,
            Some("accept") | None => false,
            Some(other) => return Err(Wrong(format!("'{other}' is no policy"))),
        },
        devices: words(body.get("dev")).into_iter().map(str::to_owned).collect(),
    })
}

/// `NF_INET_*`, `NF_NETDEV_*` or `NF_ARP_*`.
fn number_of(family: Family, hook: &str) -> Option<u32> {
    let names: &[&str] = match family {
        Family::Netdev => &["ingress", "egress"],
        Family::Arp => &["input", "output", "forward"],
        _ => &["prerouting", "input", "forward", "output", "postrouting", "ingress"],
    };
    names.iter().position(|name| *name == hook).and_then(|number| u32::try_from(number).ok())
}

/// A chain that packets of some devices enter, of which it is not told which: it stands on all of them, and what it does first is not known.
fn without_devices(family: Family, chain: &mut Chain) -> bool {
    const INGRESS: u32 = 5;
    let Some(base) = &mut chain.base else { return false };
    if !base.devices.is_empty() || !(family == Family::Netdev || (family == Family::Inet && base.hook == INGRESS)) {
        return false;
    }
    base.devices.push("*".to_owned());
    doubt(chain, "the devices of this chain");
    true
}

/// What a chain does first is not known: it may also be left at once.
fn doubt(chain: &mut Chain, what: &str) {
    let unknown = Expr::Unknown { name: what.to_owned(), attributes: Vec::new() };
    match chain.rules.first_mut() {
        Some(rule) => rule.exprs.insert(0, unknown),
        None => chain.rules.push(Rule { handle: 0, comment: None, exprs: vec![unknown] }),
    }
}
