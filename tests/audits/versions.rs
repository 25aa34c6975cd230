//! Rules for one IP version, and not for the other.

use super::{DEFAULT, HOST, OPEN, findings_of};

const V4: &str = "tcp any -> 203.0.113.10:443 in wan0";
const V6: &str = "tcp any -> [2001:db8::10]:443 in wan0";
const LISTENER: &str = "[[listener]]\naddress = \"[2001:db8::10]:443\"\n";

/// A filter table that drops what is not accepted by this rule.
fn closed(rule: &str) -> String {
    let neighbours = "-A INPUT -p ipv6-icmp -j ACCEPT\n";
    let neighbours = if rule.contains("tcp") && !rule.contains("v6") { "" } else { neighbours };
    let rule = rule.replace("v6", "");
    format!(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n{neighbours}{rule}\nCOMMIT\n"
    )
}

#[test]
fn what_one_version_has_and_the_other_lacks() {
    let accept = "-A INPUT -p tcp --dport 443 -j ACCEPT";
    for (four, six, wanted) in [
        (closed(accept), closed("v6"), "a rule accepts traffic to port 443/tcp in IPv4 alone"),
        (closed(""), closed(&format!("v6{accept}")), "a rule accepts traffic to port 443/tcp in IPv6 alone"),
        (closed(accept), closed(&format!("v6{accept}")), ""),
        (closed(""), closed("v6"), ""),
        // Nobody ever wrote rules for it.
        (closed(""), OPEN.to_owned(), "port 443/tcp is closed to IPv4 and open to IPv6"),
        (OPEN.to_owned(), OPEN.to_owned(), ""),
        // Only some, and other ports.
        (closed("-A INPUT -s 10.0.0.0/8 -p tcp --dport 443 -j ACCEPT"), closed("v6"), ""),
        (closed("-A INPUT -p tcp --dport 22 -j ACCEPT"), closed("v6"), ""),
    ] {
        let found = findings_of([&four, &six], &format!("{HOST}{LISTENER}{DEFAULT}"), &[V4, V6]);
        let of_code: Vec<_> = found.iter().filter(|each| each["code"] == "ipv6-forgotten").collect();
        let titles: Vec<&str> = of_code.iter().filter_map(|each| each["title"].as_str()).collect();
        let wanted: Vec<&str> = Some(wanted).into_iter().filter(|wanted| !wanted.is_empty()).collect();
        assert_eq!(titles, wanted, "{four}{six}: {found:#?}");
        assert!(of_code.iter().all(|each| each["severity"] == "note" && each["facts"].as_array().is_some_and(|facts| !facts.is_empty())));
    }
}
