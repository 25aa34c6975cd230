//! `rule-not-persistent`.

use std::collections::BTreeSet;

use super::{Audit, Check, Placed, Problem, Severity, judge::Judged, reboot::Reboot};
use crate::{
    model::{ChainId, IpVersion, RuleId},
    saved::{Boot, Restored},
    site::Site,
};

/// Running rules that the next boot forgets.
pub const AUDIT: Audit = Audit {
    code: "rule-not-persistent",
    summary: "rules run that the next boot will not bring back",
    explanation: "\
A rule that was typed in is gone after the next boot unless something restores it: netfilter-persistent (package iptables-persistent) from
/etc/iptables/rules.v4 and rules.v6, nftables.service from /etc/nftables.conf, ufw or firewalld from their own files. Either nothing of this kind is enabled here, or
what it restores does not have some of the running rules. Where a flow of this audit would fare otherwise for it, saved-differs-from-running says so. A script that is
run at boot (rc.local, hooks of the network's configuration) may restore rules, too; such are not looked into.",
    severity: Severity::Note,
    check: Check::Boot(check),
};

/// More rules than this are told by their number.
const MOST: usize = 5;

fn check(site: &Site, flows: &[Judged], reboot: &Reboot) -> Placed {
    if flows.is_empty() {
        return Vec::new();
    }
    let lost: Vec<String> = match &reboot.boot {
        Boot::NotKnown | Boot::NotRead(_) => return Vec::new(),
        Boot::Nothing => own_rules(site, None).into_iter().collect(),
        Boot::Rules(restored) => {
            if !restored.site.shortcomings().is_empty() || !restored.site.unread.is_empty() {
                return Vec::new();
            }
            own_rules(site, Some(restored.saver)).difference(&saved_rules(restored)).cloned().collect()
        }
    };
    if lost.is_empty() {
        return Vec::new();
    }
    let count = match lost.len() {
        1 => "1 rule".to_owned(),
        more => format!("{more} rules"),
    };
    let title = match &reboot.boot {
        Boot::Rules(restored) => format!("{count} will be gone after a reboot: {} does not restore them", restored.saver),
        _ => format!("{count} will be gone after a reboot: nothing that is known here restores them"),
    };
    let mut facts: Vec<String> = lost.iter().take(MOST).cloned().collect();
    if lost.len() > MOST {
        facts.push(format!("… and {} more", lost.len() - MOST));
    }
    vec![(0, Problem::beside(title, facts))]
}

/// Rules that no program makes but what restores them at boot, each with its place, in iptables' words or nft's.
fn own_rules(site: &Site, saver: Option<&str>) -> BTreeSet<String> {
    let of_others =
        |version, rule: RuleId| site.writer(version, rule.chain, Some(rule.index)).is_some_and(|writer| Some(writer.name) != saver);
    rules(site, &|version, rule| !of_others(version, rule))
}

fn saved_rules(restored: &Restored) -> BTreeSet<String> {
    rules(&restored.site, &|_, _| true)
}

fn rules(site: &Site, wanted: &dyn Fn(IpVersion, RuleId) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for version in [IpVersion::V4, IpVersion::V6] {
        for (id, chain) in (0..).map(ChainId).zip(&site.lowered(version).host.chains) {
            for index in 0..u32::try_from(chain.rules.len()).unwrap_or(u32::MAX) {
                let rule = RuleId { chain: id, index };
                if wanted(version, rule) {
                    found.insert(format!("{} {} {}: {}", chain.family, chain.table, chain.name, site.rule_text(version, rule)));
                }
            }
        }
    }
    found
}
