//! What is seen of a flow, beside what its rules say of it: connections that wait, and counters that moved. It decides nothing.

use rustc_hash::FxHashSet;
use serde::Serialize;

use super::judge::{Fate, Judged};
use crate::{
    gateway::expression::{Block, Hosts, Protocol, number},
    simulate::outcome::Decision,
    site::Site,
    snapshot::traffic::{Connections, Tracked},
};

/// Something seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    pub what: What,
    /// How many sockets, connections or packets.
    pub count: u64,
    /// How many more packets at the second reading of a counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<u64>,
    /// Seconds between the two readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// In words.
    pub text: String,
}

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Sockets that wait for an answer to their first packet.
    SynSent,
    /// Sockets that are connected.
    Established,
    /// Tracked connections to which nothing came back.
    Unanswered,
    /// Tracked connections to which something came back.
    Answered,
    /// Packets that the rule or policy that stops the flow has met, whoever sent them.
    Stopped,
}

/// So many rules are told of for one flow.
const MOST_RULES: usize = 3;

/// Everything that was seen of a flow.
#[must_use]
pub fn of(site: &Site, judged: &Judged) -> Vec<Observation> {
    let traffic = &site.snapshot.traffic;
    let mut all = Vec::new();
    if judged.flow.expression.protocol == Protocol::TCP {
        let sockets: Vec<_> = traffic.connections.iter().filter(|seen| is_of(judged, seen.to)).collect();
        let tracked: Vec<_> = traffic.tracked.iter().filter(|seen| is_of(judged, seen.to) && is_from(judged, seen)).collect();
        // What this host sends its sockets tell best.
        if judged.flow.expression.source.hosts == Hosts::Local {
            all.extend(waiting(&sockets));
            all.extend(established(&sockets));
        } else {
            all.extend(in_table(&tracked, false));
            all.extend(in_table(&tracked, true));
        }
    }
    all.extend(stopped(site, judged));
    all
}

/// The sockets that wait for the flow and have sent their first packet again, and how often the most patient of them did.
#[must_use]
pub fn repeated(site: &Site, judged: &Judged) -> (u32, u8) {
    let local = judged.flow.expression.protocol == Protocol::TCP && judged.flow.expression.source.hosts == Hosts::Local;
    let waiting = site.snapshot.traffic.connections.iter().filter(|seen| local && seen.waiting && is_of(judged, seen.to));
    waiting.fold((0, 0), |(count, most), seen| (count + seen.repeated, most.max(seen.most)))
}

/// Whether any socket is connected to the flow's destination.
#[must_use]
pub fn is_answered(site: &Site, judged: &Judged) -> bool {
    site.snapshot.traffic.connections.iter().any(|seen| !seen.waiting && is_of(judged, seen.to))
}

/// Whether a connection leads to the flow's destination.
fn is_of(judged: &Judged, to: std::net::SocketAddr) -> bool {
    let end = &judged.flow.expression.destination;
    let port = end.ports.is_empty() || end.ports.iter().any(|(low, high)| (*low..=*high).contains(&to.port()));
    port && matches!(&end.hosts, Hosts::Blocks(blocks) if holds(blocks, to.ip()))
}

fn is_from(judged: &Judged, seen: &Tracked) -> bool {
    match &judged.flow.expression.source.hosts {
        Hosts::Any => true,
        Hosts::Blocks(blocks) => holds(blocks, seen.from),
        Hosts::Local | Hosts::Named(_) | Hosts::Socket(_) => false,
    }
}

fn holds(blocks: &[Block], address: std::net::IpAddr) -> bool {
    let one = Block::Prefix(address.into());
    let within = |block: &Block| {
        let (low, high) = block.bounds();
        block.version() == one.version() && (low..=high).contains(&number(address))
    };
    blocks.iter().any(within)
}

fn waiting(sockets: &[&Connections]) -> Option<Observation> {
    let waiting = || sockets.iter().filter(|seen| seen.waiting);
    let count: u32 = waiting().map(|seen| seen.count).sum();
    let repeated: u32 = waiting().map(|seen| seen.repeated).sum();
    let most = waiting().map(|seen| seen.most).max()?;
    let mut programs: Vec<&str> = waiting().filter_map(|seen| seen.program.as_deref()).collect();
    programs.sort_unstable();
    programs.dedup();
    let whose = if programs.is_empty() { String::new() } else { format!("{} ", programs.join(" and ")) };
    let (noun, verb) = if count == 1 { ("socket", "waits") } else { ("sockets", "wait") };
    let patience = match repeated {
        0 => "not yet for a second".to_owned(),
        1 => format!("1 has sent its SYN again, {most} times"),
        repeated => format!("{repeated} have sent their SYN again, up to {most} times"),
    };
    Some(Observation::new(What::SynSent, count.into(), format!("{count} {whose}{noun} {verb} in SYN-SENT for it: {patience}")))
}

fn established(sockets: &[&Connections]) -> Option<Observation> {
    let count: u32 = sockets.iter().filter(|seen| !seen.waiting).map(|seen| seen.count).sum();
    let (noun, verb) = if count == 1 { ("socket", "is") } else { ("sockets", "are") };
    (count > 0).then(|| Observation::new(What::Established, count.into(), format!("{count} {noun} {verb} connected to it")))
}

fn in_table(tracked: &[&Tracked], answered: bool) -> Option<Observation> {
    let count: u32 = tracked.iter().filter(|seen| seen.answered == answered).map(|seen| seen.count).sum();
    let what = if answered { What::Answered } else { What::Unanswered };
    let noun = if count == 1 { "connection" } else { "connections" };
    let fate = if answered { "that were answered" } else { "to it without an answer" };
    (count > 0).then(|| Observation::new(what, count.into(), format!("connection tracking knows {count} {noun} {fate}")))
}

/// The counters of the rules and policies that stop the flow.
fn stopped(site: &Site, judged: &Judged) -> Vec<Observation> {
    let mut met: FxHashSet<&Decision> = FxHashSet::default();
    let pieces = judged.against().filter(|(_, piece)| matches!(piece.fate, Fate::Stopped | Fate::Sometimes));
    let decisions = pieces.map(|(_, piece)| &piece.outcome.decided_by).filter(|decision| met.insert(decision));
    decisions.filter_map(|decision| counter(site, judged, decision)).take(MOST_RULES).collect()
}

fn counter(site: &Site, judged: &Judged, decision: &Decision) -> Option<Observation> {
    let (what, chain, rule) = match decision {
        Decision::Rule { rule, .. } => ("rule", rule.chain, Some(rule.index)),
        Decision::Policy { chain, .. } => ("policy", *chain, None),
        Decision::Several { .. } | Decision::Stage { .. } => return None,
    };
    let hits = site.hits(judged.version, chain, rule)?;
    if hits.packets == 0 && hits.more.is_none_or(|(more, _)| more == 0) {
        return None;
    }
    let place = site.chain(judged.version, chain).map(|chain| format!("{} {}", chain.table, chain.name)).unwrap_or_default();
    let place = match rule {
        Some(index) => format!("{what} {} of {place}", index + 1),
        None => format!("the {what} of {place}"),
    };
    let mut text = format!("{place} has met {} since its counter began", packets(hits.packets));
    let seconds = |milliseconds: u64| std::time::Duration::from_millis(milliseconds).as_secs_f64();
    if let Some((more, after)) = hits.more {
        text.push_str(&match more {
            0 => format!(", and none within {:.1} s", seconds(after)),
            more => format!(", and {more} more within {:.1} s: its counter moves", seconds(after)),
        });
    }
    let (more, seconds) = hits.more.map(|(more, after)| (more, seconds(after))).unzip();
    Some(Observation { more, seconds, ..Observation::new(What::Stopped, hits.packets, text) })
}

fn packets(count: u64) -> String {
    format!("{count} {}", if count == 1 { "packet" } else { "packets" })
}

impl Observation {
    fn new(what: What, count: u64, text: String) -> Self {
        Self { what, count, more: None, seconds: None, text }
    }
}
