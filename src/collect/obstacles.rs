//! What stops packets beside rules and routes: counters, tables that fill up, programs in the way.

use std::{collections::BTreeMap, fs};

use nix::{errno::Errno, sys::socket::SockProtocol};

use super::{
    missing,
    netlink::{Error, Request, Socket, route::Rtnetlink},
};
use crate::{
    obstacles::devices,
    snapshot::{Messages, Missing, Snapshot, obstacles::Obstacles},
};

/// Reads it. Call when the settings are there: who has no connection tracking is not asked about it, as asking would load it.
#[must_use]
pub fn read(snapshot: &Snapshot) -> (Obstacles, Vec<Missing>) {
    let mut unread = Vec::new();
    let mut note = |what: &str, read: Result<Messages, Error>| {
        read.unwrap_or_else(|error| {
            unread.push(Missing { decisive: false, ..missing(what, &error) });
            Messages::default()
        })
    };
    let tracks = snapshot.sysctls.contains_key("net/netfilter/nf_conntrack_max");
    let qdiscs = note("traffic control", Rtnetlink::open().and_then(|mut route| route.qdiscs()));
    let filters = note("filters of traffic control", filters(&qdiscs));
    let obstacles = Obstacles {
        conntrack: if tracks { note("statistics of connection tracking", conntrack()) } else { Messages::default() },
        counters: counters(&fs::read_to_string("/proc/thread-self/net/netstat").unwrap_or_default()),
        qdiscs,
        filters,
    };
    (obstacles, unread)
}

/// Statistics of each processor (`ctnetlink_stat_ct_cpu`).
fn conntrack() -> Result<Messages, Error> {
    const GET_STATS_CPU: u16 = 1 << 8 | 4;
    let mut request = Request::dump("statistics of connection tracking", GET_STATS_CPU, &[0; 4]);
    let mut bytes = Vec::new();
    match Socket::open(SockProtocol::NetlinkNetFilter)?.dump(&mut request, &mut bytes) {
        // Connection tracking without its netlink interface.
        Ok(()) | Err(Error::Refused { errno: Errno::EINVAL | Errno::EOPNOTSUPP, .. }) => Ok(Messages(bytes)),
        Err(error) => Err(error),
    }
}

/// The filters of qdiscs that have no other purpose than to hold them.
fn filters(qdiscs: &Messages) -> Result<Messages, Error> {
    let mut filters = Messages::default();
    let mut route = Rtnetlink::open()?;
    for interface in devices::with_filters(qdiscs) {
        for parent in [devices::INGRESS, devices::EGRESS] {
            filters.0.extend(route.filters(interface, parent)?.0);
        }
    }
    Ok(filters)
}

/// The counters that an audit reads.
const COUNTERS: [&str; 2] = ["TcpExt/ListenOverflows", "TcpExt/ListenDrops"];

/// Two lines a group: names, then values (`netstat_seq_show`).
fn counters(text: &str) -> BTreeMap<String, u64> {
    let mut counters = BTreeMap::new();
    let mut lines = text.lines();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        let group = names.split(':').next().unwrap_or_default();
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()).skip(1) {
            let name = format!("{group}/{name}");
            if let (true, Ok(value)) = (COUNTERS.contains(&name.as_str()), value.parse()) {
                counters.insert(name, value);
            }
        }
    }
    counters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_by_name() {
        let text = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 7 9\nIpExt: InNoRoutes\nIpExt: 3\n";
        let wanted = [("TcpExt/ListenDrops".to_owned(), 9), ("TcpExt/ListenOverflows".to_owned(), 7)];
        assert_eq!(counters(text), wanted.into());
        assert_eq!(counters("TcpExt: ListenOverflows\n"), BTreeMap::new());
    }
}
