//! Rules that others hide: those that never decide, and those that decide what others would decide alike.

use super::{DEFAULT, HOST, findings};

/// Rules of INPUT and chains that it calls, and in the end what is told of them: code, the rule, and those that hide it.
type Case = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const UNREACHABLE: &str = "unreachable-rule";
const REDUNDANT: &str = "redundant-rule";

const CASES: &[Case] = &[
    (&["-p tcp --dport 22 -j DROP", "-p tcp --dport 443 -j ACCEPT", "-s 10.0.0.0/8 -j ACCEPT"], &[]),
    (
        &["-p tcp --dport 22 -j DROP", "-s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT"],
        &[(UNREACHABLE, "INPUT, rule 2 is never reached: rule 1 decides")],
    ),
    (&["-j DROP", "-p tcp --dport 25 -j ACCEPT"], &[(UNREACHABLE, "rule 2 is never reached: rule 1 ")]),
    // The other way round it is an exception.
    (&["-s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT", "-p tcp --dport 22 -j DROP"], &[]),
    // Several together.
    (
        &["-s 0.0.0.0/1 -p tcp -j DROP", "-s 128.0.0.0/1 -j DROP", "-p tcp --dport 22 -j ACCEPT"],
        &[(UNREACHABLE, "rule 3 is never reached: rule 1 and rule 2 together decide all")],
    ),
    (&["-s 0.0.0.0/1 -p udp -j DROP", "-s 128.0.0.0/1 -j DROP", "-p tcp --dport 22 -j ACCEPT"], &[]),
    (&["-p tcp -m multiport --dports 20:30 -j DROP", "-p tcp --dport 22 -j ACCEPT"], &[(UNREACHABLE, "rule 2 is never reached: rule 1 ")]),
    // A chain that drops everything, one that does not, and one that is left early.
    (
        &["-p tcp -j off", "-p tcp --dport 22 -j ACCEPT", "off: -j LOG", "off: -j DROP"],
        &[(UNREACHABLE, "rule 2 is never reached: rule 1 ")],
    ),
    (&["-p tcp -j off", "-p tcp --dport 22 -j ACCEPT", "off: -s 10.0.0.0/8 -j DROP"], &[]),
    (&["-p tcp -j off", "-p tcp --dport 22 -j ACCEPT", "off: -s 10.0.0.0/8 -j RETURN", "off: -j DROP"], &[]),
    (&["-p tcp -j own", "own: -j RETURN", "own: -p tcp --dport 22 -j ACCEPT"], &[(UNREACHABLE, "own, rule 2 is never reached: rule 1 ")]),
    // Time and load, unknown and inner changes of what is asked for hide nothing.
    (&["-p tcp -m limit --limit 5/s -j DROP", "-p tcp --dport 22 -j ACCEPT"], &[]),
    (&["-p tcp -m recent --name x --rcheck -j DROP", "-p tcp --dport 22 -j ACCEPT"], &[]),
    // Twice, within, and before a wider one.
    (&["-p tcp --dport 22 -j ACCEPT", "-p tcp --dport 22 -j ACCEPT"], &[(REDUNDANT, "rule 2 changes nothing: rule 1 ")]),
    (&["-p tcp -j ACCEPT", "-s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT"], &[(REDUNDANT, "rule 2 changes nothing: rule 1 ")]),
    (
        &["-s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT", "-p udp -j DROP", "-p tcp -j ACCEPT"],
        &[(REDUNDANT, "rule 1 changes nothing: rule 3 ")],
    ),
    (&["-s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT", "-p tcp -j LOG", "-p tcp -j ACCEPT"], &[]),
    (&["-s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT", "-s 10.1.0.0/16 -j DROP", "-p tcp -j ACCEPT"], &[]),
    (
        &["-p tcp --dport 22 -m limit --limit 5/s -j ACCEPT", "-p tcp --dport 22 -j ACCEPT"],
        &[(REDUNDANT, "rule 1 changes nothing: rule 2 ")],
    ),
    (
        &[
            "-s 10.0.0.1 -j DROP",
            "-p tcp --dport 80 -j ACCEPT",
            "-p tcp --dport 443 -j ACCEPT",
            "-p tcp -m multiport --dports 80,443 -j ACCEPT",
        ],
        &[(REDUNDANT, "rule 4 changes nothing: rule 2 and rule 3 together decide all")],
    ),
    // Another answer.
    (&["-p tcp -j REJECT --reject-with tcp-reset", "-j REJECT"], &[]),
    (&["-p tcp --dport 22 -j DROP", "-p tcp -j REJECT"], &[]),
    // Programs keep their own.
    (&["-p tcp -j f2b-sshd", "f2b-sshd: -j RETURN", "f2b-sshd: -s 192.0.2.1 -j REJECT"], &[]),
];

/// The rules of INPUT, with a policy that is another than theirs.
fn dump(rules: &[&str]) -> String {
    let mut chains: Vec<&str> = rules.iter().filter_map(|rule| rule.split_once(": ")).map(|(chain, _)| chain).collect();
    chains.dedup();
    let declared: String = chains.iter().map(|chain| format!(":{chain} - [0:0]\n")).collect();
    let rule = |rule: &&str| match rule.split_once(": ") {
        Some((chain, rule)) => format!("-A {chain} {rule}\n"),
        None => format!("-A INPUT {rule}\n"),
    };
    format!("*filter\n:INPUT ACCEPT [0:0]\n{declared}{}COMMIT\n", rules.iter().map(rule).collect::<String>())
}

#[test]
fn rules_that_others_hide() {
    for (rules, wanted) in CASES {
        let found = findings(&dump(rules), &format!("{HOST}{DEFAULT}"), "tcp 192.0.2.1 -> 203.0.113.10:443 in wan0");
        let hidden: Vec<_> = found.iter().filter(|each| [UNREACHABLE, REDUNDANT].iter().any(|code| each["code"] == *code)).collect();
        assert_eq!(hidden.len(), wanted.len(), "{rules:?}: {hidden:#?}");
        for (code, words) in *wanted {
            let told =
                |each: &&&serde_json::Value| each["code"] == *code && each["title"].as_str().is_some_and(|title| title.contains(words));
            assert!(hidden.iter().any(|each| told(&each)), "{rules:?}, {words}: {hidden:#?}");
        }
        assert!(hidden.iter().all(|each| each["severity"] == "note"), "{hidden:?}");
    }
}
