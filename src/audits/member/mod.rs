//! Which element of a set a packet matched in the rule that decided it: "10.0.3.5 is in ipset f2b-nginx (time left 9 min)".

mod ipset;

mod nft;

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    judge::{Judged, Piece},
    witness,
};
use crate::{
    model::{Field, RuleId},
    packets::{Packet, value::Words},
    ruleset::xtables::Match,
    simulate::{outcome::Decision, view::View},
    site::Site,
};

/// An element that holds what a packet has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The fields of the packet that are looked up.
    pub key: String,
    /// `ipset NAME`, or `set NAME` of nf_tables.
    pub set: String,
    /// Whether the set has a name: it is kept apart from the rule.
    #[serde(skip)]
    pub named: bool,
    /// The element as its own tool writes it.
    pub element: String,
    /// Seconds; none if it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Member {
    /// Whether it is one address that is looked up.
    #[must_use]
    pub fn is_address(&self) -> bool {
        self.key.parse::<std::net::IpAddr>().is_ok()
    }

    /// A sentence without its end.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = format!("{} is in {}", self.key, self.set);
        if self.element != self.key {
            _ = write!(text, " as {}", self.element);
        }
        let left = self.time_left.map(|seconds| format!("time left {}", duration(seconds)));
        let comment = self.comment.as_ref().map(|comment| format!("\"{comment}\""));
        let more: Vec<_> = left.into_iter().chain(comment).collect();
        if !more.is_empty() {
            _ = write!(text, " ({})", more.join(", "));
        }
        text
    }
}

/// The elements by which a packet matched the sets of a rule, as far as they were read; `changed` is what of it had changed when the rule saw it.
#[must_use]
pub fn of_rule(site: &Site, rule: RuleId, packet: &Packet, changed: &View) -> Vec<Member> {
    let reader = Reader { site, packet, changed };
    if let Some(rule) = site.iptables_rule(packet.version, rule) {
        let sets = rule.matches.iter().filter_map(|each| match each {
            Match::Set(set) if !set.inverted && !set.physical => Some(set),
            _ => None,
        });
        return sets.filter_map(|set| reader.ipset(&set.set, set.exceptions)).collect();
    }
    site.nftables_rule(packet.version, rule).map(|(table, rule)| reader.of_nft(table, rule)).unwrap_or_default()
}

/// The elements by which the witness of a piece matched the rule that decided it.
#[must_use]
pub fn of_piece(site: &Site, judged: &Judged, piece: &Piece) -> Vec<Member> {
    match (&piece.outcome.decided_by, witness::packet(judged, piece)) {
        (Decision::Rule { rule, .. }, Some(packet)) => of_rule(site, *rule, &packet, &piece.outcome.changed),
        _ => Vec::new(),
    }
}

/// In the biggest unit of which there are two at least.
fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

struct Reader<'a> {
    site: &'a Site,
    packet: &'a Packet,
    changed: &'a View,
}

impl Reader<'_> {
    /// A field as the rule saw it.
    fn known(&self, field: Field) -> Option<u128> {
        let sent = |field: Field| self.packet.known.iter().find(|(each, _)| *each == field).map(|(_, value)| *value);
        match self.changed.get(field) {
            Some(bits) => bits.value(sent),
            None => sent(field),
        }
    }

    fn words(&self, fields: &[Field]) -> Option<String> {
        let words = Words { version: self.packet.version, interfaces: &self.site.lowered(self.packet.version).host.interfaces };
        let told: Option<Vec<String>> = fields.iter().map(|field| Some(words.value(*field, self.known(*field)?))).collect();
        told.map(|told| told.join(","))
    }
}
