use super::*;
use crate::ruleset::nft::{
    Elements, Table,
    expr::{Cmp, CmpOp, Lookup, Reg},
    print,
};

fn indexes(name: &str) -> Option<u32> {
    (name == "eth0").then_some(2)
}

fn listing(objects: &str) -> Listed {
    read(&format!(r#"{{"nftables": [{{"metainfo": {{"version": "1.0.6"}}}}, {objects}]}}"#), &indexes).expect("JSON")
}

/// The one rule of these statements in a table of this family, printed, and the whole.
fn rule(family: &str, objects: &str, statements: &str) -> (String, Listed) {
    let named = format!(r#""family": "{family}", "table": "t""#);
    let listed = listing(&format!(
        r#"{{"table": {{"family": "{family}", "name": "t", "handle": 1}}}}, {objects} {{"chain": {{{named}, "name": "c", "handle": 2}}}},
           {{"rule": {{{named}, "chain": "c", "handle": 3, "expr": [{statements}]}}}}"#
    ));
    let table = &listed.ruleset.tables[0];
    let text = print::rule(table, &table.chains[0].rules[0], &|index| (index == 2).then(|| "eth0".to_owned()));
    (text, listed)
}

fn exprs(listed: &Listed) -> &[Expr] {
    &listed.ruleset.tables[0].chains[0].rules[0].exprs
}

fn matching(left: &str, right: &str) -> String {
    format!(r#"{{"match": {{"op": "==", "left": {left}, "right": {right}}}}}"#)
}

#[test]
fn what_is_left_out_is_put_in_again() {
    let (text, listed) = rule("inet", "", &matching(r#"{"payload": {"protocol": "tcp", "field": "dport"}}"#, "443"));
    assert_eq!(text, "tcp dport 443");
    assert!(listed.faults.is_empty());
    assert!(
        matches!(exprs(&listed), [Expr::Meta(_), Expr::Cmp(_), Expr::Payload(_), Expr::Cmp(Cmp { source: Reg(0), op: CmpOp::Eq, data })]
            if data.as_slice() == [1, 187])
    );
}

#[test]
fn what_is_not_known_stays_in_its_place_and_is_told() {
    let (text, listed) = rule("ip", "", r#"{"counter": {"packets": 1, "bytes": 2}}, {"levitate": {"height": 3}}, {"accept": null}"#);
    assert_eq!(text, r#"counter packets 1 bytes 2 {"levitate":{"height":3}} accept"#);
    let [fault] = listed.faults.as_slice() else { panic!("{:?}", listed.faults) };
    assert_eq!((fault.place.as_str(), fault.placed), ("nftables[3].rule.expr[1]", true));
    assert!(fault.why.contains("levitate"), "{}", fault.why);
}

#[test]
fn half_a_statement_leaves_nothing_behind() {
    let left = r#"{"payload": {"protocol": "tcp", "field": "dport"}}"#;
    let statements = [matching(left, r#""no-such-port""#), matching(left, "80")].join(", ");
    let (_, listed) = rule("inet", "", &statements);
    assert!(matches!(exprs(&listed), [Expr::Unknown { .. }, Expr::Meta(_), Expr::Cmp(_), Expr::Payload(_), Expr::Cmp(_)]), "{listed:?}");
}

#[test]
fn an_index_needs_its_interface() {
    let iif = |name: &str| matching(r#"{"meta": {"key": "iif"}}"#, &format!("\"{name}\""));
    assert_eq!(rule("ip", "", &iif("eth0")).0, "iif \"eth0\"");
    let (_, listed) = rule("ip", "", &iif("eth9"));
    assert!(listed.faults[0].why.contains("eth9") && listed.faults[0].why.contains("--host"), "{listed:?}");
}

#[test]
fn shapes_of_older_and_newer_listings() {
    let flags = r#"{"payload": {"protocol": "tcp", "field": "flags"}}"#;
    for right in [r#"{"|": [{"|": ["fin", "syn"]}, "ack"]}"#, r#"{"|": ["fin", "syn", "ack"]}"#, r#"["fin", "syn", "ack"]"#] {
        let left = format!(r#"{{"&": [{flags}, {right}]}}"#);
        assert_eq!(rule("ip", "", &matching(&left, r#""syn""#)).0, "tcp flags syn / fin,syn,ack", "{right}");
    }
    for flags in [r#""fully-random""#, r#"["fully-random"]"#] {
        assert_eq!(rule("ip", "", &format!(r#"{{"masquerade": {{"flags": {flags}}}}}"#)).0, "masquerade fully-random");
    }
    // A declaration by an expression, and its width from there.
    let set = r#"{"set": {"family": "ip", "table": "t", "name": "s", "handle": 9, "type": {"typeof": {"payload": {"protocol": "vlan", "field": "id"}}},
        "flags": "interval", "elem": [{"range": [1, 5]}]}},"#;
    let listed = rule("bridge", &set.replace("\"ip\"", "\"bridge\""), r#"{"accept": null}"#).1;
    assert!(listed.faults.is_empty(), "{listed:?}");
    assert_eq!(listed.ruleset.tables[0].sets[0].key_len, 2);
}

#[test]
fn a_type_of_no_width_is_that_of_its_use() {
    let set = r#"{"set": {"family": "inet", "table": "t", "name": "s", "handle": 9, "type": ["ipv4_addr", "integer"],
        "elem": [{"concat": ["10.0.0.1", 77]}]}},"#;
    let key = r#"{"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, {"meta": {"key": "length"}}]}"#;
    let (text, listed) = rule("inet", set, &matching(key, r#""@s""#));
    assert_eq!(text, "ip saddr . meta length @s");
    let set = &listed.ruleset.tables[0].sets[0];
    assert_eq!((set.key_len, set.field_lens.as_slice()), (8, &[4, 4][..]));
    assert!(matches!(&set.elements, Elements::Whole(list) if list[0].key.as_slice() == [10, 0, 0, 1, 77, 0, 0, 0]), "{set:?}");
    let (_, unused) = rule("inet", r#"{"set": {"family": "inet", "table": "t", "name": "s", "type": "integer"}},"#, r#"{"accept": null}"#);
    assert!(!unused.faults[0].placed && unused.ruleset.tables[0].sets.is_empty());
}

#[test]
fn elements_that_are_not_understood_are_not_claimed() {
    let set = r#"{"set": {"family": "ip", "table": "t", "name": "s", "type": "ipv4_addr", "elem": ["10.0.0.1", "ten"]}},"#;
    let (_, listed) = rule("ip", set, &matching(r#"{"payload": {"protocol": "ip", "field": "saddr"}}"#, r#""@s""#));
    assert!(matches!(listed.ruleset.tables[0].sets[0].elements, Elements::AskedByKey { count: Some(2) }));
    assert!(matches!(exprs(&listed), [Expr::Payload(_), Expr::Lookup(Lookup { invert: false, .. })]));
    assert!(listed.faults[0].place.ends_with(".set.elem"), "{listed:?}");
}

#[test]
fn a_chain_of_untold_devices_is_in_doubt() {
    let objects = r#"{"table": {"family": "netdev", "name": "t", "flags": ["dormant"]}},
        {"chain": {"family": "netdev", "table": "t", "name": "c", "type": "filter", "hook": "ingress", "prio": 0, "policy": "drop"}}"#;
    let listed = listing(objects);
    let Table { flags, chains, .. } = &listed.ruleset.tables[0];
    assert_eq!((*flags, chains[0].base.as_ref().map(|base| base.devices.as_slice())), (1, Some(&["*".to_owned()][..])));
    assert!(matches!(chains[0].rules[0].exprs.as_slice(), [Expr::Unknown { .. }]));
    let told = listing(&objects.replace("\"hook\"", "\"dev\": [\"a\", \"b\"], \"hook\""));
    assert!(told.faults.is_empty() && told.ruleset.tables[0].chains[0].rules.is_empty());
}

#[test]
fn an_extension_of_iptables_is_only_named() {
    let (text, listed) = rule("ip", "", r#"{"xt": {"type": "match", "name": "conntrack"}}, {"accept": null}"#);
    assert_eq!(text, "xt match conntrack accept");
    assert!(listed.faults[0].why.contains("conntrack"));
}

#[test]
fn what_is_no_listing_has_line_and_column() {
    for (text, line, column) in [("{\"nftables\":\n [}", 2, 3), ("", 1, 1), ("[]", 1, 1), ("{\"nftables\": 5}", 1, 1)] {
        let malformed = read(text, &indexes).expect_err(text);
        assert_eq!((malformed.line, malformed.column), (line, column), "{malformed}");
    }
    let deep = format!(r#"{{"nftables": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(&deep, &indexes).is_err());
}

#[test]
fn nesting_is_bounded() {
    let mut term = r#"{"meta": {"key": "mark"}}"#.to_owned();
    for _ in 0..50 {
        term = format!(r#"{{"&": [{term}, 1]}}"#);
    }
    let (_, listed) = rule("ip", "", &matching(&term, "1"));
    assert!(listed.faults[0].why.contains("deep"), "{listed:?}");
}
