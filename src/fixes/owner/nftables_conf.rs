//! /etc/nftables.conf: where a chain that is loaded from it is told to have one more rule at the next boot, too.

use super::{Blocked, files};
use crate::{
    fixes::{action::Action, matching::Matching},
    model::{Chain, RuleId},
};

/// The line of the file, if the chain and the rule before which it must stand are found there, each once and word for word.
pub fn line(blocked: &Blocked<'_>, chain: &Chain, index: usize, matching: &Matching) -> Option<Action> {
    // The file is of the namespace that the host starts with, not of one that was named.
    let text = files::text(blocked.world, files::NFTABLES).filter(|_| blocked.site.snapshot.netns.is_none())?;
    let (version, site) = (blocked.host.version, blocked.site);
    let told = |index: usize| Some(site.rule_text(version, RuleId { chain: blocked.chain, index: index.try_into().ok()? }));
    let is_there = |rule: &str| place(&text, chain.family, &chain.table, &chain.name, Some(rule)).is_some();
    // A chain of that name in the file need not be the one that is loaded: at its end stands what ends this one.
    let last = site.chain(version, blocked.chain)?.rules.len().checked_sub(1).and_then(told);
    if chain.rules.get(index).is_none() && !last.is_none_or(|last| is_there(&last)) {
        return None;
    }
    let before = match chain.rules.get(index) {
        None => None,
        Some(_) => Some(blocked.site.rule_text(blocked.host.version, RuleId { chain: blocked.chain, index: blocked.original? })),
    };
    let (number, indent) = place(&text, chain.family, &chain.table, &chain.name, before.as_deref())?;
    Action::line(files::NFTABLES, &format!("{indent}{} accept", matching.nft(blocked.host)?), Some(number))
}

/// Number, from 1, of the line before which a rule of a chain comes, and how lines of the chain begin: that of this rule, or of the brace that
/// ends the chain. None unless there is exactly one.
fn place(text: &str, family: &str, table: &str, chain: &str, before: Option<&str>) -> Option<(usize, String)> {
    let (mut depth, mut in_table, mut in_chain) = (0_i32, false, false);
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let words = words.join(" ");
        match depth {
            0 => {
                let short = family == "ip" && words == format!("table {table} {{");
                in_table = short || words == format!("table {family} {table} {{");
            }
            1 => in_chain = in_table && words == format!("chain {chain} {{"),
            _ => {}
        }
        let is_rule = in_chain && depth == 2 && before.is_some_and(|rule| same(&words, rule));
        let opened = words.matches('{').count() as i32 - words.matches('}').count() as i32;
        let is_end = in_chain && depth == 2 && depth + opened < 2 && before.is_none();
        depth += opened;
        if is_rule || is_end {
            let indent: String = line.chars().take_while(|each| each.is_whitespace()).collect();
            found.push((number, if is_end { format!("{indent}\t") } else { indent }));
        }
    }
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// A rule as people write it, and as it is printed: blanks and quotes aside.
fn same(written: &str, printed: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|each| !each.is_whitespace() && *each != '"').collect::<String>();
    // Counters are printed with what they count.
    let printed: Vec<&str> = printed.split("counter packets ").collect();
    let printed = match printed.as_slice() {
        [head, tail] => format!("{head}counter {}", tail.split(' ').skip(3).collect::<Vec<_>>().join(" ")),
        _ => printed.join(" "),
    };
    bare(written) == bare(&printed)
}

#[cfg(test)]
mod tests {
    use super::place;

    const TEXT: &str = "#!/usr/sbin/nft -f\nflush ruleset\n\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\
        \t\tiifname lo accept\n\t\ttcp dport { 80, 443 } accept # web\n\t\tcounter drop\n\t}\n\tchain output {\n\t\tcounter drop\n\t}\n}\n";

    #[test]
    fn a_rule_has_its_line() {
        let at = |chain, before| place(TEXT, "inet", "filter", chain, before);
        assert_eq!(at("input", Some("counter packets 12 bytes 960 drop")), Some((9, "\t\t".to_owned())));
        assert_eq!(at("input", Some("tcp dport { 80, 443 } accept")), Some((8, "\t\t".to_owned())));
        assert_eq!(at("input", None), Some((10, "\t\t".to_owned())));
        assert_eq!(at("output", Some("counter packets 0 bytes 0 drop")), Some((12, "\t\t".to_owned())));
        assert_eq!(at("input", Some("udp dport 53 accept")), None);
        assert_eq!(place(TEXT, "ip", "filter", "input", None), None);
        assert_eq!(place(&format!("{TEXT}{TEXT}"), "inet", "filter", "input", None), None);
    }
}
