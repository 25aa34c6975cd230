//! What is not modelled is shown with its text, where a judgement rests on it.

use super::{DEFAULT, HOST, findings};

#[test]
fn a_judgement_that_rests_on_it_says_so() {
    let flow = "tcp 192.0.2.1 -> 203.0.113.10:443 in wan0";
    let unknown = "-m geoip --source-country DE";
    for (rules, wanted) in [
        (format!("-A INPUT {unknown} -j DROP\n"), true),
        // It asks for another port; it would let pass what passes anyway; what stops all comes first.
        (format!("-A INPUT -p tcp --dport 80 {unknown} -j DROP\n"), false),
        (format!("-A INPUT {unknown} -j ACCEPT\n"), false),
        (format!("-A INPUT -j DROP\n-A INPUT {unknown} -j DROP\n"), false),
        ("-A INPUT -m limit --limit 5/s -j DROP\n".to_owned(), false),
    ] {
        let dump = format!("*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n");
        let found = findings(&dump, &format!("{HOST}{DEFAULT}"), flow);
        let told = found.iter().find(|each| each["code"] == "unknown-match");
        assert_eq!(told.is_some(), wanted, "{rules}: {found:#?}");
        if let Some(told) = told {
            assert!(told["title"].as_str().is_some_and(|title| title.contains("geoip")), "{told:#?}");
            assert_eq!((told["rule"]["index"].as_u64(), told["confidence"].as_str()), (Some(1), Some("possible")), "{told:#?}");
            assert!(found.iter().any(|each| each["code"] == "undecided"), "{found:#?}");
        }
    }
}
