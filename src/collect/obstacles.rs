//! What stops packets beside rules and routes: counters, tables that fill up, programs in the way.

use std::{collections::BTreeMap, fs};

use super::{
    missing,
    netlink::{Error, Request, Socket, conntrack, route::Rtnetlink},
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
    let conntrack = if tracks { note("statistics of connection tracking", conntrack::statistics()) } else { Messages::default() };
    let policies = if speaks_of_ipsec() { policies().map(Some) } else { Ok((!speaks_of_keys()).then(Messages::default)) };
    let mut counters = counters(&own("netstat"));
    counters.extend(stops_of_ipsec(&own("xfrm_stat")));
    let obstacles = Obstacles {
        conntrack,
        counters,
        qdiscs,
        filters,
        policies: policies.unwrap_or_else(|error| {
            unread.push(Missing { decisive: false, ..missing("IPsec policies", &error) });
            None
        }),
        ..Obstacles::default()
    };
    (obstacles, unread)
}

/// What /proc/net shows of the thread's network namespace.
fn own(name: &str) -> String {
    fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default()
}

/// Whether somebody in the kernel answers on NETLINK_XFRM: to open a socket where nobody does would load who does (`netlink_create`). The second
/// column is the protocol (`netlink_native_seq_show`).
fn speaks_of_ipsec() -> bool {
    let xfrm = libc::NETLINK_XFRM.to_string();
    own("netlink").lines().any(|line| line.split_whitespace().nth(1) == Some(&xfrm))
}

/// Whether policies may have been made over PF_KEY, the older way (`pfkey_init_proc`).
fn speaks_of_keys() -> bool {
    fs::exists("/proc/thread-self/net/pfkey").unwrap_or(true)
}

/// IPsec policies (`xfrm_dump_policy`); those of sockets are nobody else's business.
fn policies() -> Result<Messages, Error> {
    const GET_POLICY: u16 = 0x15;
    let mut bytes = Vec::new();
    // `struct xfrm_userpolicy_id`.
    Socket::xfrm()?.dump(&mut Request::dump("IPsec policies", GET_POLICY, &[0; 64]), &mut bytes)?;
    Ok(Messages(bytes))
}

/// Counters of packets that IPsec stopped (`xfrm_statistics_seq_show`); those at zero are left out.
fn stops_of_ipsec(text: &str) -> impl Iterator<Item = (String, u64)> {
    const STOPS: [&str; 5] = ["XfrmInPolBlock", "XfrmInNoPols", "XfrmInTmplMismatch", "XfrmOutPolBlock", "XfrmOutNoStates"];
    text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, count) = (words.next()?, words.next()?.parse().ok()?);
        (STOPS.contains(&name) && count > 0).then(|| (name.to_owned(), count))
    })
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
        let stopped: Vec<_> = stops_of_ipsec("XfrmInError \t3\nXfrmInPolBlock \t0\nXfrmInNoPols \t4\n").collect();
        assert_eq!(stopped, [("XfrmInNoPols".to_owned(), 4)]);
    }
}
