//! The table of connections: how full it is.

use crate::{
    ruleset::nft::decode::attributes::{be32, parse_known},
    snapshot::{Messages, Snapshot},
};

/// How full the table is, and what that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Connections in it (`nf_conntrack_count`).
    pub count: u64,
    /// More than that are too many (`nf_conntrack_max`); never 0, which would be no limit.
    pub max: u64,
    pub counters: Counters,
}

/// What happened since the counters began, of all processors together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets dropped as nothing gave way to them (`drop`).
    pub dropped: u64,
    /// Connections without an answer that gave way to new ones (`early_drop`).
    pub gave_way: u64,
    /// Packets dropped as another connection had their place already (`insert_failed`, `__nf_conntrack_confirm`): the same ports twice.
    pub clashed: u64,
}

/// The table of a host; none if it has none, or one without a limit.
#[must_use]
pub fn table(snapshot: &Snapshot) -> Option<Table> {
    let read = |name: &str| snapshot.sysctls.get(name)?.trim().parse::<u64>().ok();
    let (count, max) = (read("net/netfilter/nf_conntrack_count")?, read("net/netfilter/nf_conntrack_max")?);
    (max > 0).then(|| Table { count, max, counters: counters(&snapshot.obstacles.conntrack) })
}

/// How much the counters moved between the two readings, if there were two.
#[must_use]
pub fn moved(snapshot: &Snapshot) -> Option<Counters> {
    let later = snapshot.traffic.later.as_ref().filter(|later| !later.conntrack.0.is_empty())?;
    let (before, after) = (counters(&snapshot.obstacles.conntrack), counters(&later.conntrack));
    // The kernel's counters have 32 bits a processor: one that runs over counts for nothing.
    Some(Counters {
        dropped: after.dropped.saturating_sub(before.dropped),
        gave_way: after.gave_way.saturating_sub(before.gave_way),
        clashed: after.clashed.saturating_sub(before.clashed),
    })
}

fn counters(messages: &Messages) -> Counters {
    messages.iter().map_while(Result::ok).filter_map(|message| statistics(message.payload)).fold(Counters::default(), |sum, each| {
        Counters {
            dropped: sum.dropped.saturating_add(each.dropped),
            gave_way: sum.gave_way.saturating_add(each.gave_way),
            clashed: sum.clashed.saturating_add(each.clashed),
        }
    })
}

/// CTA_STATS_INSERT_FAILED, CTA_STATS_DROP and CTA_STATS_EARLY_DROP behind a `struct nfgenmsg` (`ctnetlink_ct_stat_cpu_fill_info`).
fn statistics(payload: &[u8]) -> Option<Counters> {
    let [_, _, _, _, _, _, _, _, _, insert_failed, drop, early_drop] = parse_known(payload.get(4..)?)?;
    let number = |value: Option<&[u8]>| value.and_then(be32).map_or(0, u64::from);
    Some(Counters { dropped: number(drop), gave_way: number(early_drop), clashed: number(insert_failed) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{
        obstacles::Obstacles,
        traffic::{Later, Traffic},
    };

    #[test]
    fn statistics_of_all_processors_are_added() {
        let mut message = Vec::new();
        message.extend_from_slice(&36u32.to_ne_bytes());
        message.extend_from_slice(&[0; 12]);
        message.extend_from_slice(&[0; 4]);
        for (kind, value) in [(10u16, 3u32), (11, 5)] {
            message.extend_from_slice(&8u16.to_ne_bytes());
            message.extend_from_slice(&kind.to_ne_bytes());
            message.extend_from_slice(&value.to_be_bytes());
        }
        let twice = [message.clone(), message].concat();
        let settings = |count: &str, max: &str| {
            let settings =
                [("count", count), ("max", max)].map(|(name, value)| (format!("net/netfilter/nf_conntrack_{name}"), value.into()));
            let obstacles = Obstacles { conntrack: Messages(twice.clone()), ..Obstacles::default() };
            Snapshot { sysctls: settings.into(), obstacles, ..Snapshot::default() }
        };
        assert_eq!(
            table(&settings("9", "10")),
            Some(Table { count: 9, max: 10, counters: Counters { dropped: 6, gave_way: 10, clashed: 0 } })
        );
        assert_eq!(table(&settings("9", "0")), None);
        assert_eq!(table(&Snapshot::default()), None);
        let traffic = Traffic {
            later: Some(Later { conntrack: Messages([twice.clone(), twice.clone()].concat()), ..Later::default() }),
            ..Traffic::default()
        };
        let snapshot = Snapshot { traffic, ..settings("9", "10") };
        assert_eq!(moved(&snapshot), Some(Counters { dropped: 6, gave_way: 10, clashed: 0 }));
        assert_eq!(moved(&settings("9", "10")), None);
    }
}
