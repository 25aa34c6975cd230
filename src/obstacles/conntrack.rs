//! The table of connections: how full it is.

use crate::{
    ruleset::nft::decode::attributes::{be32, parse_known},
    snapshot::Snapshot,
};

/// How full the table is, and what that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Connections in it (`nf_conntrack_count`).
    pub count: u64,
    /// More than that are too many (`nf_conntrack_max`); never 0, which would be no limit.
    pub max: u64,
    /// Packets dropped as nothing gave way to them (`drop`), of all processors.
    pub dropped: u64,
    /// Connections without an answer that gave way to new ones (`early_drop`).
    pub gave_way: u64,
}

/// The table of a host; none if it has none, or one without a limit.
#[must_use]
pub fn table(snapshot: &Snapshot) -> Option<Table> {
    let read = |name: &str| snapshot.sysctls.get(name)?.trim().parse::<u64>().ok();
    let (count, max) = (read("net/netfilter/nf_conntrack_count")?, read("net/netfilter/nf_conntrack_max")?);
    let mut table = Table { count, max, dropped: 0, gave_way: 0 };
    for message in snapshot.obstacles.conntrack.iter().map_while(Result::ok) {
        let (dropped, gave_way) = statistics(message.payload).unwrap_or_default();
        table.dropped = table.dropped.saturating_add(dropped);
        table.gave_way = table.gave_way.saturating_add(gave_way);
    }
    (max > 0).then_some(table)
}

/// CTA_STATS_DROP and CTA_STATS_EARLY_DROP behind a `struct nfgenmsg` (`ctnetlink_ct_stat_cpu_fill_info`).
fn statistics(payload: &[u8]) -> Option<(u64, u64)> {
    let [_, _, _, _, _, _, _, _, _, _, drop, early_drop] = parse_known(payload.get(4..)?)?;
    let number = |value: Option<&[u8]>| value.and_then(be32).map_or(0, u64::from);
    Some((number(drop), number(early_drop)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Messages, obstacles::Obstacles};

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
        assert_eq!(table(&settings("9", "10")), Some(Table { count: 9, max: 10, dropped: 6, gave_way: 10 }));
        assert_eq!(table(&settings("9", "0")), None);
        assert_eq!(table(&Snapshot::default()), None);
    }
}
