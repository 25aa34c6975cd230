use super::{Boot, Restored, read, ufw::FILES};
use crate::{
    audited::Audited,
    audits::{
        Finding,
        judge::{self, Verdict},
    },
    gateway::{self, Flow, Role},
    model::IpVersion,
    site::Site,
    snapshot::{SavedText, Snapshot, described::Description},
    world::{Answer, Question, Recorded, Step},
};

const HOST: &str = "[[interface]]\nname = \"wan0\"\naddresses = [\"203.0.113.10/24\"]\n\
    [[listener]]\naddress = \"203.0.113.10:443\"\n[[route]]\nto = \"default\"\nvia = \"203.0.113.1\"\ndev = \"wan0\"\n";

/// What a host without any of these files answers, with these instead.
fn answers(enabled: &[&str], files: &[(&str, &str)]) -> Vec<(Question, Answer)> {
    let answer = |question: &Question| match question {
        Question::Paths { pattern, .. } => {
            let there = enabled.iter().any(|unit| pattern.ends_with(&format!("*.wants/{unit}.service")));
            Answer::Paths(if there { vec!["/etc/systemd/system/multi-user.target.wants/one".into()] } else { Vec::new() })
        }
        Question::File { path, .. } => match files.iter().find(|(name, _)| name == path) {
            Some((_, text)) => Answer::Text((*text).to_owned()),
            None => Answer::Absent("no such file".into()),
        },
        _ => Answer::SocketFile { way: vec![Step { path: String::new(), uid: 0, gid: 0, mode: 0o100_640 }], listens: None },
    };
    super::questions().into_iter().map(|question| (question.clone(), answer(&question))).collect()
}

fn host(running: &str, at_boot: Vec<(Question, Answer)>) -> Snapshot {
    let description: Description = toml::from_str(HOST).expect("a description");
    let text = SavedText { name: "running".into(), text: running.to_owned() };
    Snapshot {
        kernel: "6.18".into(),
        sysctls: description.sysctls(),
        described: Some(description),
        iptables_save: vec![text],
        at_boot,
        ..Snapshot::default()
    }
}

fn dump(rules: &str) -> String {
    format!("*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n{rules}COMMIT\n")
}

const OPEN: &str = "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n";

/// The audit of https.
fn audited(snapshot: Snapshot) -> Audited {
    let site = Site::new(snapshot);
    let flow = Flow::new("tcp any -> 203.0.113.10:443".parse().expect("a flow"), Role::Client);
    let hosts = [IpVersion::V4, IpVersion::V6].map(|version| &site.lowered(version).host);
    let starts = gateway::starts(&flow, hosts, &site.network).expect("it begins");
    let world = Recorded(&site.snapshot);
    let judged = starts.into_iter().map(|start| judge::judge(&site, &world, &flow, start)).collect();
    Audited::new(&site, &world, judged)
}

fn found<'a>(audited: &'a Audited, code: &str) -> Option<&'a Finding> {
    audited.findings.iter().find(|finding| finding.audit.code == code)
}

const PERSISTENT: &[&str] = &["netfilter-persistent"];
const V4: &str = "/etc/iptables/rules.v4";

#[test]
fn what_is_not_saved_is_told_before_it_is_gone() {
    let audited = audited(host(&dump(OPEN), answers(PERSISTENT, &[(V4, &dump(""))])));
    assert_eq!(audited.flows.iter().map(|judged| judged.verdict).collect::<Vec<_>>(), [Verdict::Pass]);
    let finding = found(&audited, "saved-differs-from-running").expect("it is found");
    assert!(finding.problem.title.contains("after a reboot traffic to 203.0.113.10:443/tcp will be stopped"), "{}", finding.problem.title);
    assert_eq!(
        finding.problem.facts,
        [
            "now: ip filter INPUT, rule 2: -p tcp -m tcp --dport 443 -j ACCEPT",
            "then: ip filter INPUT, policy drop (/etc/iptables/rules.v4:2)"
        ]
    );
    let note = found(&audited, "rule-not-persistent").expect("the rule is named");
    assert_eq!(note.problem.facts, ["ip filter INPUT: -p tcp -m tcp --dport 443 -j ACCEPT"]);
}

#[test]
fn what_is_saved_is_no_finding() {
    let audited = audited(host(&dump(OPEN), answers(PERSISTENT, &[(V4, &format!("# saved\n{}", dump(OPEN)))])));
    assert!(found(&audited, "saved-differs-from-running").is_none() && found(&audited, "rule-not-persistent").is_none());
}

#[test]
fn a_saved_rule_that_stops_is_named_with_its_line() {
    let drop = format!("-A INPUT -s 0.0.0.0/0 -p tcp --dport 443 -j DROP\n{OPEN}");
    let audited = audited(host(&dump(OPEN), answers(PERSISTENT, &[(V4, &dump(&drop))])));
    let finding = found(&audited, "saved-differs-from-running").expect("it is found");
    assert_eq!(
        finding.problem.facts.last().map(String::as_str),
        Some("then: ip filter INPUT, rule 2: -p tcp -m tcp --dport 443 -j DROP (/etc/iptables/rules.v4:4)")
    );
}

#[test]
fn where_nothing_restores_rules_a_note_says_so() {
    let audited = audited(host(&dump(OPEN), answers(&[], &[(V4, &dump(""))])));
    assert!(found(&audited, "saved-differs-from-running").is_none());
    let note = found(&audited, "rule-not-persistent").expect("it is found");
    assert!(note.problem.title.contains("2 rules will be gone after a reboot"), "{}", note.problem.title);
}

#[test]
fn what_is_not_known_or_not_read_is_no_finding() {
    for (at_boot, words) in [
        (Vec::new(), None),
        (answers(&["nftables"], &[]), Some("/etc/nftables.conf is not read")),
        (answers(&["firewalld"], &[]), Some("the permanent configuration of firewalld is not read")),
        (answers(&["nftables", "netfilter-persistent"], &[(V4, &dump(""))]), Some("several programs restore rules at boot")),
        (answers(PERSISTENT, &[(V4, &dump("-A INPUT -m sorcery --spell 5 -j ACCEPT\n"))]), Some("sorcery")),
    ] {
        let audited = audited(host(&dump(OPEN), at_boot));
        assert!(found(&audited, "saved-differs-from-running").is_none() && found(&audited, "rule-not-persistent").is_none(), "{words:?}");
        let Some(words) = words else { continue };
        assert!(audited.assumptions.iter().any(|sentence| sentence.contains(words)), "{words}: {:?}", audited.assumptions);
    }
}

/// What Docker makes at its start is not gone.
#[test]
fn rules_of_programs_that_make_them_anew_are_not_missed() {
    let running = dump("").replace(
        "COMMIT",
        ":f2b-web - [0:0]\n-A INPUT -j f2b-web\n-A f2b-web -s 198.51.100.7/32 -j REJECT\n-A f2b-web -j RETURN\n-A INPUT -p tcp --dport 443 -j ACCEPT\nCOMMIT",
    );
    let audited = audited(host(&running, answers(PERSISTENT, &[(V4, &dump(OPEN))])));
    assert!(found(&audited, "saved-differs-from-running").is_none() && found(&audited, "rule-not-persistent").is_none());
}

const DEFAULTS: &str = "IPV6=no\nDEFAULT_INPUT_POLICY=\"DROP\"\nDEFAULT_OUTPUT_POLICY=\"ACCEPT\"\nDEFAULT_FORWARD_POLICY=\"DROP\"\n";
const BEFORE: &str = "*filter\n:ufw-before-input - [0:0]\n:ufw-before-output - [0:0]\n:ufw-before-forward - [0:0]\n:ufw-not-local - [0:0]\n\
    -A ufw-before-input -i lo -j ACCEPT\n-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n";
const AFTER: &str = "*filter\n:ufw-after-input - [0:0]\n-A ufw-after-input -p udp --dport 137 -j ufw-skip-to-policy-input\nCOMMIT\n";

fn ufw(user: &str) -> Boot {
    let user = format!("*filter\n:ufw-user-input - [0:0]\n:ufw-before-logging-input - [0:0]\n{user}COMMIT\n");
    let [configuration, defaults, before, after, of_user, ..] = FILES;
    let files = [(configuration, "ENABLED=yes\n"), (defaults, DEFAULTS), (before, BEFORE), (after, AFTER), (of_user, &user)];
    read(&host("", answers(&["ufw"], &files)))
}

#[test]
fn ufws_files_are_put_together_as_it_does() {
    let Boot::Rules(restored) = ufw("-A ufw-user-input -p tcp --dport 443 -j ACCEPT\n") else { panic!("they can be read") };
    let Restored { site, .. } = &*restored;
    assert!(site.shortcomings().is_empty() && site.unread.is_empty(), "{:?} {:?}", site.shortcomings(), site.unread);
    let verdict = |port: u16| {
        let flow = Flow::new(format!("tcp any -> 203.0.113.10:{port}").parse().expect("a flow"), Role::Client);
        let hosts = [IpVersion::V4, IpVersion::V6].map(|version| &site.lowered(version).host);
        let start = gateway::starts(&flow, hosts, &site.network).expect("it begins").remove(0);
        let judged = judge::judge(site, &Recorded(&site.snapshot), &flow, start);
        let by = judged.legs[0].pieces.iter().filter(|piece| !piece.honest.is_empty()).map(|piece| piece.outcome.decided_by.clone()).next();
        (judged.verdict, crate::audits::reboot::place(&restored, IpVersion::V4, &by.expect("a decision")))
    };
    assert_eq!(verdict(443), (Verdict::Pass, Some("/etc/ufw/user.rules:4".to_owned())));
    assert_eq!(verdict(80).0, Verdict::Blocked);
    // Without IPv6, ufw shuts it.
    let six = &site.legacy.tables.iter().find(|table| table.version == IpVersion::V6).expect("a table").chains;
    assert!(six.iter().all(|chain| chain.policy.as_ref().is_none_or(|policy| !policy.accept)));
}

#[test]
fn a_chain_that_a_later_file_declares_loses_its_rules() {
    let Boot::Rules(restored) = ufw(":ufw-after-input - [0:0]\n") else { panic!("they can be read") };
    let table = restored.site.legacy.tables.iter().find(|table| table.version == IpVersion::V4).expect("a table");
    let rules = |name: &str| table.chains.iter().find(|chain| &*chain.name == name).expect(name).rules.len();
    assert_eq!((rules("ufw-after-input"), rules("ufw-before-input"), rules("INPUT")), (0, 3, 6));
}
