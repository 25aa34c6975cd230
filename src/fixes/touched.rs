//! Which first packets a difference of rules can touch: what no changed rule can match goes the same way as before.

use std::collections::BTreeMap;

use crate::{
    model::{ChainId, Field, HeaderSet, Host, IpVersion, Rule, RuleId, Step, Test, Values, chain::Backend, set::Content},
    site::Site,
};

/// The packets that the rules can match which only one of two states has, or has elsewhere.
#[must_use]
pub fn packets(before: &Site, after: &Site, version: IpVersion) -> HeaderSet {
    let (old, new) = (&before.lowered(version).host, &after.lowered(version).host);
    let (old_chains, new_chains) = (chains(old), chains(new));
    if sets(old) != sets(new) {
        return HeaderSet::all();
    }
    let readable = readable(old, new);
    let mut touched = HeaderSet::empty();
    let none: Rules = (None, Vec::new());
    for name in old_chains.keys().chain(new_chains.keys().filter(|name| !old_chains.contains_key(*name))) {
        let ((old_base, olds), (new_base, news)) = (old_chains.get(name).unwrap_or(&none), new_chains.get(name).unwrap_or(&none));
        // Another policy, hook or priority is a matter of whatever comes.
        if old_base != new_base {
            return HeaderSet::all();
        }
        let same = |one: &Place, other: &Place| {
            written(before, version, *one) == written(after, version, *other)
                && rule(old, *one).map(asked).unwrap_or_default() == rule(new, *other).map(asked).unwrap_or_default()
        };
        let first = olds.iter().zip(news).take_while(|(one, other)| same(one, other)).count();
        let (olds, news) = (olds.get(first..).unwrap_or_default(), news.get(first..).unwrap_or_default());
        let last = olds.iter().rev().zip(news.iter().rev()).take_while(|(one, other)| same(one, other)).count();
        let changed = |rules: &[Place]| rules.len() - last;
        let of_old = olds.iter().take(changed(olds)).filter_map(|place| rule(old, *place));
        let of_new = news.iter().take(changed(news)).filter_map(|place| rule(new, *place));
        for rule in of_old.chain(of_new) {
            let more = matched(rule, &readable).minus(&touched);
            touched = touched.or(more);
        }
    }
    touched
}

/// Whether it is of legacy iptables, its family, its table and its name.
type Name<'a> = (bool, &'a str, &'a str, &'a str);

/// Where a rule is.
type Place = (ChainId, u32);

/// What makes a chain a base chain, and its rules.
type Rules = (Option<String>, Vec<Place>);

/// All chains.
fn chains(host: &Host) -> BTreeMap<Name<'_>, Rules> {
    let named = (0..).map(ChainId).zip(&host.chains).map(|(id, chain)| {
        let rules = (0..u32::try_from(chain.rules.len()).unwrap_or(u32::MAX)).map(|index| (id, index)).collect();
        let base = chain.base.as_ref().map(|base| format!("{base:?}"));
        ((chain.backend == Backend::Xtables, chain.family, chain.table.as_str(), chain.name.as_str()), (base, rules))
    });
    named.collect()
}

/// The sets that are looked up: of those that packets fill nobody can say what is in them the next moment.
fn sets(host: &Host) -> BTreeMap<(u8, &str, &str), String> {
    let lasting = host.sets.iter().filter(|set| !set.dynamic && !matches!(set.content, Content::Asked { .. }));
    lasting.map(|set| ((set.family, set.table.as_str(), set.name.as_str()), format!("{:?}", set.content))).collect()
}

fn rule(host: &Host, (chain, index): Place) -> Option<&Rule> {
    host.chains.get(chain.0 as usize)?.rules.get(index as usize)
}

/// A rule's text without what its counter counts.
fn written(site: &Site, version: IpVersion, (chain, index): Place) -> String {
    let text = site.rule_text(version, RuleId { chain, index });
    let mut words = Vec::new();
    let mut rest = text.split(' ');
    while let Some(word) = rest.next() {
        words.push(word);
        if word == "packets" && words.iter().rev().nth(1) == Some(&"counter") {
            // The number, "bytes", and a number.
            rest.nth(2);
        }
    }
    words.join(" ")
}

/// The values that a rule asks for: its text names sets.
fn asked(rule: &Rule) -> Vec<(Field, &Values)> {
    fn collect<'a>(test: &'a Test, into: &mut Vec<(Field, &'a Values)>) {
        match test {
            Test::In { field, values } => into.push((*field, values)),
            Test::All(tests) | Test::Any(tests) => tests.iter().for_each(|test| collect(test, into)),
            Test::Not(test) => collect(test, into),
            Test::Always | Test::Never | Test::Holds { .. } | Test::Condition(_) => {}
        }
    }
    let mut found = Vec::new();
    for step in &rule.steps {
        if let Step::Test(test) | Step::Hotdrop(test) = step {
            collect(test, &mut found);
        }
    }
    found
}

/// The fields that rules see as they were when the packet began.
fn readable(old: &Host, new: &Host) -> Vec<Field> {
    let writes = |field: Field| {
        [old, new].into_iter().flat_map(|host| &host.chains).flat_map(|chain| chain.rules.iter()).flat_map(|rule| &rule.steps).any(|step| {
            match step {
                Step::Write { field: each, .. } | Step::Flip { field: each, .. } => *each == field,
                Step::Add { changes, .. } => changes.iter().any(|(each, _)| *each == field),
                _ => false,
            }
        })
    };
    let translated = old.translates() || new.translates();
    let constant = |field: &Field| matches!(field, Field::Protocol) || !translated;
    [Field::Protocol, Field::Source, Field::Destination, Field::SourcePort, Field::DestinationPort]
        .into_iter()
        .filter(|field| constant(field) && !writes(*field))
        .collect()
}

/// The packets that can pass a rule's first tests. Steps before a test that fails have their effects.
fn matched(rule: &Rule, readable: &[Field]) -> HeaderSet {
    let mut packets = HeaderSet::all();
    for step in &rule.steps {
        match step {
            Step::Test(Test::In { field, values }) if readable.contains(field) => packets = packets.split(*field, values).0,
            Step::Test(Test::All(tests)) => {
                for test in tests.iter() {
                    if let Test::In { field, values } = test
                        && readable.contains(field)
                    {
                        packets = packets.split(*field, values).0;
                    }
                }
            }
            Step::Test(_) | Step::Count => {}
            _ => break,
        }
    }
    packets
}
