//! A flow is stopped although its operator has a rule for it: why that does not help is told with it.

use super::{DEFAULT, HOST, findings};

/// The flow that is asked for, and rules of the filter table; in the end the code that explains it, and words of the sentence.
type Case = (&'static str, &'static [&'static str], &'static str, &'static str);

const WEB: &str = "tcp any -> 203.0.113.10:443 in wan0";
const SELECTED: &str = "tcp 198.18.1.5 -> 203.0.113.10:443 in wan0";
const APP: &str = "tcp local -> 10.0.0.5:8080";
const CONTAINER: &str = "tcp any -> 203.0.113.10:80 in wan0";

fn dump(rules: &[&str]) -> String {
    let (nat, filter): (Vec<&str>, Vec<&str>) = rules.iter().partition(|rule| rule.contains("PREROUTING"));
    let chains: String = filter
        .iter()
        .filter_map(|rule| rule.strip_prefix("-A ")?.split(' ').next())
        .filter(|chain| !matches!(*chain, "INPUT" | "FORWARD" | "OUTPUT"))
        .map(|chain| format!(":{chain} - [0:0]\n"))
        .collect();
    let mut declared: Vec<&str> = chains.lines().collect();
    declared.dedup();
    format!(
        "*nat\n:PREROUTING ACCEPT [0:0]\n{}\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n{}\n\
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n{}\nCOMMIT\n",
        nat.join("\n"),
        declared.join("\n"),
        filter.join("\n"),
    )
}

const DNAT: &str = "-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.7:8000";

const CASES: &[Case] = &[
    // Nothing is meant for it.
    (WEB, &[], "", ""),
    (WEB, &["-A INPUT -i lo -j ACCEPT", "-A INPUT -p icmp -j ACCEPT", "-A INPUT -p udp --sport 53 -j ACCEPT"], "", ""),
    (WEB, &["-A OUTPUT -p tcp --dport 443 -j ACCEPT", "-A INPUT -p tcp -s 10.0.0.0/24 --dport 22 -j ACCEPT"], "", ""),
    (WEB, &["-A FORWARD -i lan0 -o wan0 -p tcp --dport 443 -j ACCEPT"], "", ""),
    (APP, &["-A OUTPUT -p tcp --dport 443 -j ACCEPT", "-A OUTPUT -d 10.0.0.9 -p tcp --dport 5432 -j ACCEPT"], "", ""),
    // One field.
    (
        SELECTED,
        &["-A INPUT -s 198.18.0.0/24 -p tcp --dport 443 -j ACCEPT"],
        "near-miss",
        "source address: it asks for 198.18.0.0/24, these packets have 198.18.1.5",
    ),
    (WEB, &["-A INPUT -p udp --dport 443 -j ACCEPT"], "near-miss", "protocol: it asks for udp, these packets have tcp"),
    (WEB, &["-A INPUT -i lan0 -p tcp --dport 443 -j ACCEPT"], "near-miss", "incoming interface: it asks for lan0, these packets have wan0"),
    (WEB, &["-A INPUT -p tcp --sport 443 -j ACCEPT"], "near-miss", "source port: it asks for 443"),
    (
        WEB,
        &["-A INPUT -d 203.0.113.11 -p tcp --dport 443 -j ACCEPT"],
        "near-miss",
        "destination address: it asks for 203.0.113.11, these packets have 203.0.113.10",
    ),
    (
        WEB,
        &["-A INPUT -p tcp -m conntrack --ctstate ESTABLISHED --dport 443 -j ACCEPT"],
        "near-miss",
        "connection state: it asks for established, these packets have new",
    ),
    (APP, &["-A OUTPUT -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT"], "near-miss", "destination port: it asks for 80, these packets have 8080"),
    (
        APP,
        &["-A OUTPUT -d 10.0.0.6/31 -p tcp --dport 8080 -j ACCEPT"],
        "near-miss",
        "destination address: it asks for 10.0.0.6/31, these packets have 10.0.0.5",
    ),
    (
        APP,
        &["-A OUTPUT -o wan0 -j web", "-A web -p tcp --dport 8080 -j ACCEPT"],
        "near-miss",
        "outgoing interface: it asks for wan0 (so ip filter OUTPUT, rule 2",
    ),
    (
        SELECTED,
        &["-A INPUT -s 198.18.1.5 -p tcp --dport 8443 -j ACCEPT"],
        "near-miss",
        "destination port: it asks for 8443, these packets have 443",
    ),
    // Nearer than the others.
    (
        APP,
        &["-A OUTPUT -d 10.0.0.9 -p tcp --dport 8080 -j ACCEPT", "-A OUTPUT -d 10.0.0.5 -o wan0 -p tcp --dport 8080 -j ACCEPT"],
        "near-miss",
        "rule 3 (-d 10.0.0.5/32 -o wan0",
    ),
    // Too late.
    (WEB, &["-A INPUT -j DROP", "-A INPUT -p tcp --dport 443 -j ACCEPT"], "order-after-final-drop", "stands after the rule that stops it"),
    (
        WEB,
        &["-A INPUT -j REJECT", "-A INPUT -i wan0 -j web", "-A web -p tcp -m multiport --dports 80,443 -j ACCEPT"],
        "order-after-final-drop",
        "ip filter web, rule 1",
    ),
    (
        WEB,
        &["-A INPUT -j block", "-A block -j DROP", "-A INPUT -s 10.0.0.0/8 -p tcp --dport 443 -j ACCEPT"],
        "order-after-final-drop",
        "accepts a part of it, but stands after",
    ),
    (WEB, &["-A INPUT -p tcp --dport 443 -j DROP", "-A INPUT -j ACCEPT"], "", ""),
    // Where it never passes.
    (CONTAINER, &[DNAT, "-A INPUT -p tcp --dport 80 -j ACCEPT"], "wrong-hook", "stands in INPUT"),
    (CONTAINER, &[DNAT, "-A INPUT -p tcp --dport 8000 -j ACCEPT"], "wrong-hook", "stands in INPUT"),
    (
        CONTAINER,
        &[DNAT, "-A FORWARD -p tcp --dport 80 -j ACCEPT"],
        "wrong-hook",
        "destination port 80, which they had before their destination was translated; here it is 8000",
    ),
    (
        CONTAINER,
        &[DNAT, "-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -p tcp --dport 80 -j RETURN", "-A DOCKER-USER -i wan0 -j DROP"],
        "wrong-hook",
        "here it is 8000",
    ),
    (WEB, &["-A FORWARD -p tcp --dport 443 -j ACCEPT"], "wrong-hook", "stands in FORWARD"),
    (WEB, &["-A web -p tcp --dport 443 -j ACCEPT"], "wrong-hook", "no rule leads to its chain"),
    (APP, &["-A FORWARD -d 10.0.0.5 -p tcp --dport 8080 -j ACCEPT"], "wrong-hook", "stands in FORWARD"),
];

#[test]
fn what_keeps_a_rule_from_helping() {
    for (flow, rules, code, words) in CASES {
        let found = findings(&dump(rules), &format!("forwarding = true\n{HOST}{DEFAULT}"), flow);
        // Rules may hide each other, too.
        let hidden = ["unreachable-rule", "redundant-rule"];
        let found: Vec<_> = found.iter().filter(|finding| !hidden.iter().any(|code| finding["code"] == *code)).collect();
        let codes: Vec<&str> = found.iter().filter_map(|finding| finding["code"].as_str()).collect();
        let blocked = if flow.contains("local") { "upstream-blocked" } else { "client-blocked" };
        let wanted: Vec<&str> = [blocked, *code].into_iter().filter(|code| !code.is_empty()).collect();
        assert_eq!(codes, wanted, "{flow} with {rules:?}: {found:#?}");
        if !code.is_empty() {
            let facts: Vec<String> = found.iter().map(|finding| finding["facts"].to_string()).collect();
            assert!(facts.iter().all(|facts| facts.contains(words)), "{flow} with {rules:?}: {facts:?}");
        }
    }
}
