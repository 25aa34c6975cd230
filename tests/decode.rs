//! The decoder on real bytes (tests/data/every-expression.json.gz is what Linux 6.18 answered after tests/data/every-expression.nft was
//! loaded), and on bytes that no kernel ever wrote.

use std::{collections::BTreeMap, sync::LazyLock};

use clearway::{
    ruleset::nft::{
        Element, Elements, Expr, Ruleset, Set, Table,
        decode::{decode, decode_element},
        expr::{BitwiseOp, Immediate, ImmediateValue, Payload, PayloadBase, Reg, Verdict},
        set::ElementValue,
    },
    snapshot::{Messages, NftRecord},
};
use proptest::prelude::*;

mod harness;
mod netns;
use harness::{Needs, Test, tests};
use netns::Namespace;

const RECORDED: &[Test] = tests![
    Needs::Nothing;
    nothing_is_unknown_and_nothing_is_missing,
    tables_and_chains,
    sets_and_their_elements,
    expressions,
    an_answer_for_one_key,
    truncated_dumps_are_told,
    damaged_dumps_never_panic,
    truncated_parts_never_panic,
    any_bytes_never_panic,
];

const LIVE: &[Test] = tests![
    Needs::Namespaces;
    the_running_kernel_says_what_was_recorded,
    uses_of_chains_add_up,
    a_rule_too_big_to_be_shown_is_missed,
];

fn main() {
    harness::main(&[RECORDED, LIVE]);
}

fn recorded() -> NftRecord {
    static RECORD: LazyLock<NftRecord> = LazyLock::new(|| {
        let file = flate2::read::GzDecoder::new(&include_bytes!("data/every-expression.json.gz")[..]);
        serde_json::from_reader(std::io::BufReader::new(file)).expect("a record")
    });
    RECORD.clone()
}

fn table<'a>(ruleset: &'a Ruleset, name: &str) -> &'a Table {
    ruleset.tables.iter().find(|table| table.name == name).expect("the table is there")
}

fn set<'a>(table: &'a Table, name: &str) -> &'a Set {
    table.sets.iter().find(|set| set.name == name).expect("the set is there")
}

fn elements(set: &Set) -> &[Element] {
    match &set.elements {
        Elements::Whole(elements) => elements,
        Elements::AskedByKey { .. } => panic!("{} is recorded whole", set.name),
    }
}

/// The expressions of a rule of table inet every.
fn rule<'a>(ruleset: &'a Ruleset, chain: &str, index: usize) -> &'a [Expr] {
    let chain = table(ruleset, "every").chains.iter().find(|it| it.name == chain).expect("the chain is there");
    &chain.rules[index].exprs
}

/// How often each kind of expression occurs in the rules.
fn counts(ruleset: &Ruleset) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for expr in ruleset.tables.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs) {
        let text = format!("{expr:?}");
        let name = text.split(|c: char| !c.is_alphanumeric()).next().expect("split yields one").to_lowercase();
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn nothing_is_unknown_and_nothing_is_missing() {
    let ruleset = decode(&recorded());
    assert_eq!(ruleset.incomplete, <[String; 0]>::default());
    // As `nft --debug=netlink list ruleset` counts them.
    let expected = [
        ("bitwise", 21),
        ("byteorder", 8),
        ("cmp", 166),
        ("connlimit", 1),
        ("counter", 2),
        ("ct", 26),
        ("dup", 4),
        ("dynset", 5),
        ("exthdr", 8),
        ("fib", 4),
        ("fwd", 2),
        ("hash", 2),
        ("immediate", 53),
        ("limit", 3),
        ("log", 4),
        ("lookup", 20),
        ("masq", 2),
        ("meta", 101),
        ("nat", 7),
        ("notrack", 1),
        ("numgen", 2),
        ("objref", 9),
        ("payload", 69),
        ("quota", 2),
        ("range", 1),
        ("redir", 2),
        ("reject", 5),
        ("rt", 5),
        ("socket", 3),
        ("synproxy", 1),
        ("tproxy", 3),
    ];
    assert_eq!(counts(&ruleset), expected.map(|(name, count)| (name.to_owned(), count)).into());
}

fn tables_and_chains() {
    let ruleset = decode(&recorded());
    let every = table(&ruleset, "every");
    assert_eq!((every.comment.as_deref(), every.flags), (Some("the table"), 0));
    assert_eq!(table(&ruleset, "asleep").flags, 1);
    let chain = |name: &str| every.chains.iter().find(|chain| chain.name == name).expect("the chain is there");
    assert!(chain("side").base.is_none());
    let pre = chain("pre");
    let base = pre.base.as_ref().expect("a base chain");
    assert_eq!((pre.comment.as_deref(), base.kind.as_str(), base.hook, base.priority), (Some("the chain"), "nat", 0, -100));
    assert!(chain("in").base.as_ref().is_some_and(|base| base.policy_drop));
    assert_eq!(chain("ing").base.as_ref().expect("a base chain").devices, ["veth0", "lo"]);
    assert_eq!(rule(&ruleset, "bits", 0).len(), 3);
    assert_eq!(chain("bits").rules[0].comment.as_deref(), Some("a comment"));
}

fn sets_and_their_elements() {
    let ruleset = decode(&recorded());
    let every = table(&ruleset, "every");
    let hosts = set(every, "hosts");
    let one = elements(hosts).iter().find(|element| element.comment.is_some()).expect("the commented element");
    assert_eq!((one.key.as_slice(), one.comment.as_deref()), (&[192, 0, 2, 1][..], Some("one")));

    let ranges = set(every, "ranges");
    assert_eq!(ranges.field_lens, [4, 1, 2]);
    let [range] = elements(ranges) else { panic!("one element") };
    assert_eq!(range.key.as_slice(), [192, 0, 2, 0, 6, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(range.key_end.as_deref(), Some(&[192, 0, 2, 255, 6, 0, 0, 0, 4, 0, 0, 0][..]));
    assert!(matches!(range.exprs.as_slice(), [Expr::Counter(counter)] if (counter.packets, counter.bytes) == (3, 4)));
    assert!(matches!(ranges.exprs.as_slice(), [Expr::Counter(_)]));

    let timed = set(every, "timed");
    assert_eq!((timed.timeout, timed.gc_interval), (Some(3_600_000), Some(10_000)));
    assert_eq!(elements(timed)[0].timeout, Some(7_200_000));

    let ports = set(every, "ports");
    assert_eq!((ports.policy, ports.data_len), (1, 4));
    let all = elements(ports).iter().find(|element| element.flags & 2 != 0).expect("the catch-all");
    assert_eq!((all.key.len(), &all.value), (0, &Some(ElementValue::Data([192, 0, 2, 3][..].into()))));

    let verdicts = set(every, "verdicts");
    assert_eq!(verdicts.data_type, Some(0xffff_ff00));
    let jump = Some(ElementValue::Verdict(Verdict::Jump("side".into())));
    assert!(elements(verdicts).iter().any(|element| element.key.as_slice() == [192, 0, 2, 0] && element.value == jump));

    let counted = set(every, "counted");
    assert_eq!(counted.object_type, Some(1));
    assert!(elements(counted).iter().any(|element| element.value == Some(ElementValue::Object("pages".into()))));
    assert_eq!(every.objects.iter().find(|object| object.name == "visits").and_then(|object| object.comment.as_deref()), Some("a counter"));
}

fn expressions() {
    let ruleset = decode(&recorded());
    let [Expr::Ct(_) | Expr::Meta(_), Expr::Bitwise(shift), Expr::Ct(set)] = rule(&ruleset, "bits", 1) else {
        panic!("{:?}", rule(&ruleset, "bits", 1))
    };
    assert_eq!((&shift.op, set.source), (&BitwiseOp::ShiftLeft(8), Some(Reg(0))));
    let exprs = rule(&ruleset, "ends", 18);
    assert!(matches!(exprs, [Expr::Immediate(Immediate { dest: None, value: ImmediateValue::Verdict(Verdict::Accept) })]), "{exprs:?}");
    let inner = rule(&ruleset, "bits", 17);
    assert!(matches!(inner[0], Expr::Payload(Payload { base: PayloadBase::Inner, offset: 4, len: 1, .. })), "{inner:?}");
}

fn an_answer_for_one_key() {
    let record = recorded();
    let hosts = record.elements.iter().find(|elements| elements.set == "hosts").expect("recorded");
    let element = decode_element(&hosts.messages.0).expect("an element");
    assert_eq!(&element.key[..3], [192, 0, 2]);
    assert!(decode_element(&hosts.messages.0[..40]).is_none());
    assert!(decode_element(&record.rules.0).is_none(), "another kind of message");
}

fn the_running_kernel_says_what_was_recorded() {
    let namespace = Namespace::new("every");
    namespace.shell("ip link add veth0 type veth peer name veth1");
    namespace.nft(include_str!("data/every-expression.nft"));
    let ruleset = decode(&namespace.collect(false).nft);
    assert_eq!(ruleset.incomplete, <[String; 0]>::default());
    assert_eq!(counts(&ruleset), counts(&decode(&recorded())));
}

/// What leads to a chain in each way there is: none of it looks like a hidden rule.
fn uses_of_chains_add_up() {
    let namespace = Namespace::new("uses");
    namespace.nft(
        "table inet t {
            map named { type inet_service : verdict; elements = { 80 : jump a, * : goto b }; }
            map timed { type inet_service : verdict; flags timeout; elements = { 80 timeout 1s : jump a, 81 timeout 1h : goto b }; }
            chain a { accept; }
            chain b { }
            chain c {
                jump a
                goto b
                ip saddr vmap { 192.0.2.1 : jump a, 192.0.2.2-192.0.2.9 : goto b, 192.0.2.10-192.0.2.20 : drop }
                ip saddr . tcp dport vmap { 192.0.2.1 . 80-90 : jump a }
                jump { ip saddr 192.0.2.1 accept; }
            }
            chain d { type filter hook input priority 0; policy drop; tcp dport vmap @named; tcp dport vmap @timed; }
            chain e { type filter hook output priority 0; }
        }",
    );
    assert_eq!(decode(&namespace.collect(false).nft).incomplete, <[String; 0]>::default());
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(decode(&namespace.collect(false).nft).incomplete, <[String; 0]>::default(), "an element has timed out");
    namespace.shell("nft delete element inet t named '{ 80 }'; nft flush chain inet t c");
    assert_eq!(decode(&namespace.collect(false).nft).incomplete, <[String; 0]>::default(), "after deletions");
}

fn a_rule_too_big_to_be_shown_is_missed() {
    let namespace = Namespace::new("hidden");
    let comments: String = (0..110).map(|number| format!(" -m comment --comment c{number}")).collect();
    namespace.shell(&format!(
        "iptables-nft -A INPUT -p tcp -j ACCEPT; iptables-nft -A INPUT{comments} -j DROP; iptables-nft -A INPUT -p udp -j ACCEPT"
    ));
    assert_eq!(
        decode(&namespace.collect(false).nft).incomplete,
        ["the kernel did not show every rule of chain ip filter INPUT: it counts 3 uses of the chain, 1 of them were seen"]
    );
}

/// The parts of a record, to be damaged.
fn parts(record: &mut NftRecord) -> Vec<&mut Messages> {
    let NftRecord { tables, chains, rules, sets, objects, flowtables, elements, .. } = record;
    let elements = elements.iter_mut().map(|elements| &mut elements.messages);
    [tables, chains, rules, sets, objects, flowtables].into_iter().chain(elements).collect()
}

fn truncated_dumps_are_told() {
    let whole = recorded();
    for cut in (1..whole.rules.0.len()).step_by(101) {
        let mut record = whole.clone();
        record.rules.0.truncate(cut);
        assert_ne!(decode(&record).incomplete, <[String; 0]>::default(), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    fn damaged_dumps_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..200)) {
        let mut record = recorded();
        let mut parts = parts(&mut record);
        for (part, at, value) in damage {
            let bytes = &mut part.get_mut(&mut parts).0;
            if !bytes.is_empty() {
                *at.get_mut(bytes) = value;
            }
        }
        let _ = decode(&record);
    }

    fn truncated_parts_never_panic(cuts in prop::collection::vec(any::<prop::sample::Index>(), 64)) {
        let mut record = recorded();
        for (part, cut) in parts(&mut record).into_iter().zip(cuts) {
            part.0.truncate(cut.index(part.0.len() + 1));
        }
        let _ = decode(&record);
    }

    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode_element(&bytes);
        let mut record = recorded();
        for part in parts(&mut record) {
            part.0.clone_from(&bytes);
        }
        let _ = decode(&record);
    }
}
