//! The rules, sets and elements that were read over netlink, beside those of a listing.

use clearway::{
    network,
    ruleset::nft::{Base, Chain, Elements, Expr, Ruleset, Set, Table, decode::decode, import, print},
    snapshot::Snapshot,
};

/// Both readings of what is loaded in a namespace.
pub struct Readings {
    netlink: Ruleset,
    listing: Ruleset,
    faults: Vec<import::Fault>,
    links: Vec<(u32, String)>,
}

impl Readings {
    /// `listing` is what `nft -j list ruleset` wrote where the snapshot was taken.
    pub fn new(snapshot: &Snapshot, listing: &str) -> Self {
        let links = network::decode::decode(snapshot).links;
        let links: Vec<_> = links.into_iter().map(|link| (link.index, link.name)).collect();
        let index = |name: &str| links.iter().find(|(_, each)| each == name).map(|(index, _)| *index);
        let listed = import::read(listing, &index).expect("nft writes JSON");
        Self { netlink: decode(&snapshot.nft), listing: listed.ruleset, faults: listed.faults, links }
    }

    fn name(&self, index: u32) -> Option<String> {
        self.links.iter().find(|(each, _)| *each == index).map(|(_, name)| name.clone())
    }

    /// What differs, but for what a listing can't tell. `exact`: also the expressions, as nft itself makes them.
    pub fn differences(&self, exact: bool) -> Vec<String> {
        let mut found: Vec<String> = self.faults.iter().filter(|fault| !is_loss(fault)).map(|fault| format!("{fault:?}")).collect();
        assert_eq!(self.netlink.tables.len(), self.listing.tables.len(), "tables: {found:?}");
        for (kernel, listed) in self.netlink.tables.iter().zip(&self.listing.tables) {
            let chains = kernel.chains.iter().filter(|chain| chain.flags & BINDING == 0);
            assert_eq!(chains.clone().count(), listed.chains.len(), "chains");
            chains.zip(&listed.chains).for_each(|(chain, ours)| self.chain((kernel, chain), (listed, ours), exact, &mut found));
            for set in kernel.sets.iter().filter(|set| set.flags & ANONYMOUS == 0) {
                self.set(set, listed.sets.iter().find(|each| each.name == set.name), &mut found);
            }
        }
        found
    }

    fn chain(&self, kernel: (&Table, &Chain), listed: (&Table, &Chain), exact: bool, found: &mut Vec<String>) {
        let interfaces = &|index| self.name(index);
        let header = |(table, chain): (&Table, &Chain)| {
            // Up to 1.0.6 it names no devices.
            let base = chain.base.clone().map(|base| Base { devices: Vec::new(), ..base });
            without(&print::chain_header(table, &Chain { base, ..chain.clone() }, true), &["comment "])
        };
        if header(kernel) != header(listed) {
            found.push(format!("kernel:  {}\nlisting: {}", header(kernel), header(listed)));
        }
        let first = listed.1.rules.first().and_then(|rule| rule.exprs.first());
        if matches!(first, Some(Expr::Unknown { name, .. }) if name.starts_with("the devices")) {
            return;
        }
        assert_eq!(kernel.1.rules.len(), listed.1.rules.len(), "rules of {}", kernel.1.name);
        for (rule, ours) in kernel.1.rules.iter().zip(&listed.1.rules) {
            let (text, read) = (print::rule(kernel.0, rule, interfaces), print::rule(listed.0, ours, interfaces));
            let is_lost = ours.exprs.iter().any(|expr| matches!(expr, Expr::Unknown { name, .. } if name.starts_with(['"', '{'])));
            // A family that other matches need, too, is written once.
            let told = |text: &str| text.replace("meta nfproto ipv4 ", "").replace("meta nfproto ipv6 ", "");
            if !is_lost && (told(&text) != told(&read) || rule.handle != ours.handle) {
                found.push(format!("kernel:  {text}\nlisting: {read}"));
            } else if !is_lost && exact && sorted(&rule.exprs) != sorted(&ours.exprs) {
                found.push(format!("{text}\nkernel:  {:?}\nlisting: {:?}", rule.exprs, ours.exprs));
            }
        }
    }

    fn set(&self, kernel: &Set, listed: Option<&Set>, found: &mut Vec<String>) {
        let written = |set| without(&print::set(set, &|index| self.name(index), true), &["typeof ", "type ", "auto-merge", "flags "]);
        // Whether an empty map leads to ranges is not told.
        let is_empty = matches!(&kernel.elements, Elements::Whole(list) if list.is_empty());
        let data_len = |set: &Set| if is_empty { 0 } else { set.data_len };
        let kind = |set: &Set| (set.key_type, set.key_len, set.data_type, data_len(set), set.object_type);
        match listed {
            // That its keys are of no told width is a fault, which is looked at above.
            None => {}
            Some(ours) if written(kernel) != written(ours) || kind(kernel) != kind(ours) => {
                found.push(format!("kernel:  {}\nlisting: {}", written(kernel), written(ours)));
            }
            Some(_) => {}
        }
    }
}

/// `NFT_SET_ANONYMOUS`.
const ANONYMOUS: u32 = 1;
/// `NFT_CHAIN_BINDING`.
const BINDING: u32 = 4;

/// What nft 1.0.6 does not tell: the devices of a chain that has several, what a `typeof` of integers was, statements that it has no JSON for,
/// numbers that it can't write, and a protocol that a rule asks for after another one.
fn is_loss(fault: &import::Fault) -> bool {
    let lost = ["on which devices", "how wide the keys", "[invalid type]", "is not carried by"];
    fault.text.starts_with('"') || lost.iter().any(|words| fault.why.contains(words))
}

/// Without lines that begin so, and without the time that is left to elements.
fn without(text: &str, beginnings: &[&str]) -> String {
    let mut kept = String::new();
    for line in text.lines().filter(|line| !beginnings.iter().any(|beginning| line.trim_start().starts_with(beginning))) {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(" expires ") {
            kept.push_str(before);
            rest = &after[after.find([',', ' ']).unwrap_or(after.len())..];
        }
        kept.push_str(rest);
        kept.push('\n');
    }
    kept
}

/// Where nft put the matches that a listing leaves out can't be told: they stand before what needs them.
fn sorted(exprs: &[Expr]) -> Vec<String> {
    let nameless = |text: String| match text.find("\"__set").or_else(|| text.find("\"__map")) {
        Some(at) => text[..at + 6].to_owned() + text[at + 6..].trim_start_matches(|c: char| c.is_ascii_digit()),
        None => text,
    };
    let mut written: Vec<String> = exprs.iter().map(|expr| nameless(format!("{expr:?}"))).collect();
    written.sort();
    written
}
