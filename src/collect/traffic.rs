//! What travels while the host is looked at: connections of its programs, of connection tracking, and counters that move.
//!
//! Nothing of it is waited for, unless the operator asks for it: that a connection stays without an answer its socket tells by itself, as it
//! counts how often it sent its first packet.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    netlink::{
        connections::{self, Connection},
        conntrack,
        nf_tables::NfTables,
        sockets,
    },
    owners, xtables,
};
use crate::{
    network::ClientPorts,
    snapshot::{
        Snapshot,
        traffic::{Connections, Later, Tracked, Traffic},
    },
};

/// Open files of proxies that are looked at: a read of a link each.
const MOST_FILES: usize = 20_000;

/// With more connections in the table than this, it is not read: some 5 MB.
const MOST_TRACKED: u64 = 16_384;

/// So many records of each kind are kept, those that count most.
const MOST_KEPT: usize = 4_096;

/// Reads it. `programs` are those whose connections are wanted, by process; of others only those that wait are kept, without their owner. Call
/// when the sockets and settings are there: who has no connection tracking is not asked about it, as asking would load it.
#[must_use]
pub fn read(snapshot: &Snapshot, programs: &BTreeMap<u32, String>) -> Traffic {
    let mut traffic = Traffic::default();
    match connections::read() {
        Ok((found, whole)) => {
            traffic.connections = of_programs(outgoing(found, snapshot), programs);
            let left = traffic.connections.len().saturating_sub(MOST_KEPT);
            traffic.connections.truncate(MOST_KEPT);
            traffic.unread.extend((left > 0).then(|| format!("{left} more groups of connections of this host are not kept")));
            traffic.unread.extend((!whole).then(|| "not all connections of this host were read: there are too many".to_owned()));
        }
        Err(error) => traffic.unread.push(format!("connections of this host could not be read: {error}")),
    }
    let count = snapshot.sysctls.get("net/netfilter/nf_conntrack_count").and_then(|text| text.trim().parse::<u64>().ok());
    match count {
        None | Some(0) => {}
        Some(count) if count > MOST_TRACKED => {
            traffic.unread.push(format!("the {count} connections of connection tracking were not read: they are more than {MOST_TRACKED}"));
        }
        Some(_) => match conntrack::entries() {
            Ok(entries) => {
                traffic.tracked = counted(entries);
                let left = traffic.tracked.len().saturating_sub(MOST_KEPT);
                traffic.tracked.truncate(MOST_KEPT);
                traffic.unread.extend((left > 0).then(|| format!("{left} more groups of tracked connections are not kept")));
            }
            Err(error) => traffic.unread.push(format!("the connections of connection tracking could not be read: {error}")),
        },
    }
    traffic
}

/// Waits, and reads counters again: those of rules, and of connection tracking.
pub fn watch(snapshot: &mut Snapshot, since: Instant, wait: Duration) {
    thread::sleep(wait);
    let after = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut later = Later { after, ..Later::default() };
    if !snapshot.nft.rules.0.is_empty() {
        match NfTables::open().and_then(|mut nft| nft.read(Some(0))) {
            Ok(read) => (later.tables, later.chains, later.rules) = (read.record.tables, read.record.chains, read.record.rules),
            Err(error) => snapshot.traffic.unread.push(format!("counters of rules could not be read again: {error}")),
        }
    }
    later.legacy = xtables::again(&snapshot.legacy).0;
    if !snapshot.obstacles.conntrack.0.is_empty() {
        match conntrack::statistics() {
            Ok(statistics) => later.conntrack = statistics,
            Err(error) => snapshot.traffic.unread.push(format!("counters of connection tracking could not be read again: {error}")),
        }
    }
    snapshot.traffic.later = Some(later);
}

/// Those that this host began: not from a port on which it listens, nor from a server's port to a client's.
fn outgoing(mut connections: Vec<Connection>, snapshot: &Snapshot) -> Vec<Connection> {
    let listening: FxHashSet<u16> = sockets::listening(&snapshot.sockets).collect();
    let range = snapshot.sysctls.get("net/ipv4/ip_local_port_range").and_then(|text| ClientPorts::read(text)).unwrap_or_default();
    connections.retain(|each| {
        each.waiting || (!listening.contains(&each.local_port) && (range.contains(each.local_port) || !range.contains(each.to.port())))
    });
    connections
}

/// Counts connections by who holds them and where they lead.
fn of_programs(connections: Vec<Connection>, programs: &BTreeMap<u32, String>) -> Vec<Connections> {
    let mut wanted: FxHashSet<u32> = connections.iter().map(|each| each.inode).collect();
    wanted.remove(&0);
    let mut holders: FxHashMap<u32, u32> = FxHashMap::default();
    let mut left = MOST_FILES;
    for &pid in programs.keys() {
        if wanted.is_empty() || left == 0 {
            break;
        }
        for inode in owners::sockets(pid).take(left).inspect(|_| left -= 1).flatten() {
            if wanted.remove(&inode) {
                holders.insert(inode, pid);
            }
        }
    }
    let mut counted: BTreeMap<(SocketAddr, bool, u32, Option<&str>), Connections> = BTreeMap::new();
    for each in connections {
        let pid = holders.get(&each.inode).copied();
        let program = pid.and_then(|pid| programs.get(&pid)).map(String::as_str);
        if program.is_none() && !each.waiting {
            continue;
        }
        let entry = counted.entry((each.to, each.waiting, each.uid, program)).or_insert_with(|| Connections {
            to: each.to,
            waiting: each.waiting,
            count: 0,
            repeated: 0,
            most: 0,
            uid: each.uid,
            pid,
            program: program.map(str::to_owned),
        });
        let repeats = if each.waiting { each.retransmits } else { 0 };
        entry.count += 1;
        entry.repeated += u32::from(repeats > 0);
        entry.most = entry.most.max(repeats);
        entry.pid = entry.pid.min(pid);
    }
    sorted(counted.into_values().collect(), |each| each.count)
}

fn counted(entries: Vec<conntrack::Entry>) -> Vec<Tracked> {
    let mut counted: BTreeMap<_, u32> = BTreeMap::new();
    for each in entries {
        *counted.entry((each.from.ip(), each.to, each.server, each.answered)).or_default() += 1;
    }
    let tracked = counted.into_iter().map(|((from, to, server, answered), count)| Tracked { from, to, server, answered, count });
    sorted(tracked.collect(), |each| each.count)
}

/// Those that count most come first.
fn sorted<T>(mut all: Vec<T>, count: impl Fn(&T) -> u32) -> Vec<T> {
    all.sort_by_key(|each| std::cmp::Reverse(count(each)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_by_program() {
        let to = |text: &str| text.parse().expect("an address");
        let one = |local_port, to, waiting, retransmits| Connection { local_port, to, waiting, retransmits, uid: 7, inode: 0 };
        let sockets =
            [one(40000, to("10.0.0.1:80"), true, 2), one(40001, to("10.0.0.1:80"), true, 0), one(40002, to("10.0.0.2:80"), false, 0)];
        let found = of_programs(sockets.to_vec(), &BTreeMap::new());
        assert_eq!(found.len(), 1, "of what nobody wants only what waits is kept: {found:?}");
        assert_eq!((found[0].count, found[0].repeated, found[0].most, found[0].uid), (2, 1, 2, 7));
        let incoming = one(443, to("192.0.2.9:50000"), false, 0);
        assert_eq!(outgoing(vec![incoming, sockets[2]], &Snapshot::default()), [sockets[2]]);
    }

    #[test]
    fn what_counts_most_comes_first() {
        let one = |port: u16| conntrack::Entry {
            from: SocketAddr::from(([192, 0, 2, 1], 40000)),
            to: SocketAddr::from(([10, 0, 0, 1], port)),
            server: SocketAddr::from(([10, 0, 0, 1], port)),
            answered: true,
        };
        let found = counted((1..=5_000).map(one).chain([one(5_000)]).collect());
        assert_eq!(found.len(), 5_000);
        assert_eq!((found[0].to.port(), found[0].count), (5_000, 2));
    }
}
