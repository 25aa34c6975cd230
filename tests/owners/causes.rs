//! What clearway says of rules that do not help, held against the kernel: corrected in nothing but what is named, the rule lets real packets pass; and
//! without a rule that changes nothing, nothing changes.

use serde_json::Value;

use crate::{
    harness::{Needs, Test, tests},
    place::Place,
};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    corrected_as_is_told_a_rule_helps, for_ipv6_it_takes_a_rule_of_its_own, without_what_is_hidden_nothing_changes,
];

const FLOW: &str = "tcp 198.51.100.7 -> 203.0.113.10:443 in eth0";
const INTO: &str = "tcp 198.51.100.7 -> 10.0.3.12:8080 in eth0";

const BEGIN: &str =
    "iptables -P INPUT DROP; iptables -P FORWARD DROP; iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n";

fn findings(place: &Place, flow: &str) -> Vec<Value> {
    let report = place.clearway(&format!("--no-discover --format json --flow '{flow}'"));
    let report: Value = serde_json::from_str(&report).expect("an audit");
    report["findings"].as_array().expect("findings").clone()
}

/// Finds what the finding that stops the flow, and the one of this code, say.
fn assert_told(found: &[Value], code: &str, words: &str) {
    let told = found.iter().find(|finding| finding["code"] == code).unwrap_or_else(|| panic!("no {code}: {found:#?}"));
    assert!(told["facts"].to_string().contains(words), "{words}: {told:#}");
    let first = &found[0];
    assert!(first["severity"] == "error" && first["facts"].to_string().contains(words), "{words}: {first:#}");
}

fn corrected_as_is_told_a_rule_helps() {
    let place = Place::new("cau");
    for (rules, flow, to, code, words, correction) in [
        (
            "iptables -A INPUT -s 198.51.100.8/29 -p tcp --dport 443 -j ACCEPT",
            FLOW,
            "203.0.113.10:443",
            "near-miss",
            "it asks for 198.51.100.8/29, these packets have 198.51.100.7",
            "iptables -R INPUT 2 -s 198.51.100.0/28 -p tcp --dport 443 -j ACCEPT",
        ),
        (
            "iptables -A INPUT -i eth1 -p tcp --dport 443 -j ACCEPT",
            FLOW,
            "203.0.113.10:443",
            "near-miss",
            "it asks for eth1, these packets have eth0",
            "iptables -R INPUT 2 -i eth0 -p tcp --dport 443 -j ACCEPT",
        ),
        (
            "iptables -A INPUT -p tcp --sport 443 -j ACCEPT",
            FLOW,
            "203.0.113.10:443",
            "near-miss",
            "but for the source port",
            "iptables -R INPUT 2 -p tcp --dport 443 -j ACCEPT",
        ),
        (
            "iptables -A INPUT -p tcp -j REJECT; iptables -A INPUT -p tcp --dport 443 -j ACCEPT",
            FLOW,
            "203.0.113.10:443",
            "order-after-final-drop",
            "stands after the rule that stops it",
            "iptables -D INPUT 3; iptables -I INPUT 2 -p tcp --dport 443 -j ACCEPT",
        ),
        (
            "iptables -A INPUT -d 10.0.3.12 -p tcp --dport 8080 -j ACCEPT",
            INTO,
            "10.0.3.12:8080",
            "wrong-hook",
            "stands in INPUT",
            "iptables -D INPUT 2; iptables -A FORWARD -d 10.0.3.12 -p tcp --dport 8080 -j ACCEPT",
        ),
        (
            "iptables -t nat -A PREROUTING -p tcp --dport 81 -j DNAT --to-destination 10.0.3.12:8080
             iptables -A FORWARD -p tcp --dport 81 -j ACCEPT",
            "tcp 198.51.100.7 -> 203.0.113.10:81 in eth0",
            "203.0.113.10:81",
            "wrong-hook",
            "here it is 8080",
            "iptables -R FORWARD 2 -p tcp --dport 8080 -j ACCEPT",
        ),
    ] {
        place.shell(&format!("iptables -F; iptables -t nat -F; {BEGIN}{rules}"));
        assert!(!place.reaches("198.51.100.7", to), "{rules}");
        assert_told(&findings(&place, flow), code, words);
        place.shell(correction);
        assert!(place.reaches("198.51.100.7", to), "{correction}");
        let left = findings(&place, flow);
        assert!(left.iter().all(|finding| finding["severity"] == "note" && finding["code"] != code), "{left:#?}");
    }
}

fn for_ipv6_it_takes_a_rule_of_its_own() {
    let place = Place::new("ca6");
    let six = "ip6tables -P INPUT DROP; ip6tables -A INPUT -p ipv6-icmp -j ACCEPT; ip6tables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
    place.shell(&format!("{BEGIN}{six}\niptables -A INPUT -p tcp --dport 443 -j ACCEPT"));
    assert!(place.reaches("198.51.100.7", "203.0.113.10:443") && !place.reaches("2001:db8::1", "[2001:db8::10]:443"));
    assert_told(&findings(&place, "tcp 2001:db8::1 -> [2001:db8::10]:443 in eth0"), "ipv6-forgotten", "is for IPv4 alone");
    place.shell("ip6tables -A INPUT -p tcp --dport 443 -j ACCEPT");
    assert!(place.reaches("2001:db8::1", "[2001:db8::10]:443"));
}

fn without_what_is_hidden_nothing_changes() {
    let place = Place::new("cah");
    place.shell(&format!(
        "{BEGIN}iptables -N off; iptables -A off -j DROP; iptables -A INPUT -p tcp --dport 22 -j ACCEPT
         iptables -A INPUT -s 198.51.100.0/24 -p tcp -m multiport --dports 22,443 -j ACCEPT; iptables -A INPUT -p tcp --dport 443 -j off
         iptables -A INPUT -s 203.0.113.1 -p tcp --dport 443 -j ACCEPT; iptables -A INPUT -s 203.0.113.1 -p tcp --dport 22 -j ACCEPT"
    ));
    let found = findings(&place, FLOW);
    let titles = |code: &str| found.iter().filter(|each| each["code"] == code).map(|each| each["title"].to_string()).collect::<Vec<_>>();
    let (unreachable, redundant) = (titles("unreachable-rule"), titles("redundant-rule"));
    assert!(unreachable.len() == 1 && unreachable.iter().all(|title| title.contains("INPUT, rule 5 is never reached")), "{found:#?}");
    assert!(redundant.len() == 1 && redundant.iter().all(|title| title.contains("INPUT, rule 6 changes nothing")), "{found:#?}");
    let real =
        || ["203.0.113.1", "198.51.100.7"].map(|from| ["22", "443"].map(|port| place.reaches(from, &format!("203.0.113.10:{port}"))));
    let before = (place.accepted(), real());
    assert_eq!(before.1, [[true, false], [true, true]]);
    let listed = place.shell("iptables -vnxL INPUT 5; iptables -vnxL INPUT 6");
    assert!(
        listed.lines().filter(|line| !line.is_empty()).all(|line| line.trim_start().starts_with("0 ")),
        "a packet came there: {listed}"
    );
    place.shell("iptables -D INPUT 6; iptables -D INPUT 5");
    assert_eq!((place.accepted(), real()), before);
}
