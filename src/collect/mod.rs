//! The world to a [`Snapshot`]: the only place that reads the running system, and the only one that needs privileges.
//!
//! Everything is read from the kernel itself; no program is run. What cannot be read is noted in [`Snapshot::missing`], and the rest is
//! collected all the same.

pub mod files;

pub mod dns;

pub mod host;

pub mod inner;

pub mod live;

pub mod names;

pub mod namespace;

pub mod netlink;

pub mod obstacles;

pub mod owners;

pub mod privileges;

pub mod processes;

pub mod selinux;

pub mod socket_file;

pub mod traffic;

pub mod units;

pub mod xtables;

pub use live::Live;

use nix::errno::Errno;

use rustc_hash::FxHashSet;

use crate::snapshot::{IpsetRecord, Missing, Snapshot, VERSION};
use netlink::{Error, ipset::Ipset, nf_tables::NfTables, route::Rtnetlink, sockets};

/// Sets with more elements are asked for single keys instead of being read.
pub const ELEMENT_LIMIT: u64 = 4096;

/// What to collect.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A network namespace by name, path or process id; none for the one that the program runs in. Entering it is for good: collect from
    /// the main thread, before there are others.
    pub netns: Option<String>,
    /// Read every set whole, however big.
    pub whole_sets: bool,
}

/// Why nothing could be collected at all.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The network namespace cannot be entered.
    #[error(transparent)]
    Namespace(#[from] namespace::NamespaceError),
}

/// Reads everything that an audit needs.
pub fn collect(options: &Options) -> Result<Snapshot, CollectError> {
    if let Some(name) = &options.netns {
        namespace::enter(name)?;
    }
    let mut snapshot = Snapshot { netns: options.netns.clone(), ..read(options.whole_sets) };
    let (legacy, missing) = xtables::read();
    snapshot.legacy = legacy;
    snapshot.missing.extend(missing);
    let (obstacles, missing) = obstacles::read(&snapshot);
    snapshot.obstacles = obstacles;
    snapshot.missing.extend(missing);
    let wanted = sockets::inodes(&snapshot.sockets).collect();
    let (owners, missing) = owners::find(wanted);
    snapshot.obstacles.units = units::of(owners.iter().filter_map(|owner| owner.cgroup.as_deref()));
    snapshot.obstacles.selinux = selinux::read();
    snapshot.owners = owners;
    snapshot.missing.extend(missing);
    Ok(snapshot)
}

/// Reads anew, in the same namespace, what takes no privilege but CAP_NET_ADMIN: for rules that changed after they were collected. Owners of
/// sockets, the names of legacy tables, what else stops packets and what restores rules at boot stay those of `before`.
#[must_use]
pub fn again(before: &Snapshot, whole_sets: bool) -> Snapshot {
    let mut snapshot = Snapshot { netns: before.netns.clone(), ..read(whole_sets) };
    let (legacy, missing) = xtables::again(&before.legacy);
    snapshot.legacy = legacy;
    snapshot.missing.extend(missing);
    snapshot.owners.clone_from(&before.owners);
    snapshot.processes.clone_from(&before.processes);
    snapshot.namespaces.clone_from(&before.namespaces);
    snapshot.obstacles.clone_from(&before.obstacles);
    snapshot.at_boot.clone_from(&before.at_boot);
    snapshot.traffic.clone_from(&before.traffic);
    snapshot.missing.extend(before.missing.iter().filter(|missing| missing.what == xtables::WHAT).cloned());
    let known: FxHashSet<u32> = snapshot.owners.iter().map(|owner| owner.inode).collect();
    let unknown = sockets::inodes(&snapshot.sockets).filter(|inode| *inode != 0 && !known.contains(inode)).count();
    snapshot.missing.extend((unknown > 0).then(|| owners::missing_of(unknown, "the rules changed, and owners are looked for only once")));
    snapshot
}

/// Adds the running programs of these names, and the network namespaces around those that run elsewhere on this host.
pub fn programs(snapshot: &mut Snapshot, names: &[&str]) {
    let running = processes::find(names);
    snapshot.processes = running.here;
    let (namespaces, missing) = inner::read(running.elsewhere);
    snapshot.namespaces = namespaces;
    snapshot.missing.extend(missing);
}

/// A record of this host with nothing in it yet.
fn begun() -> Snapshot {
    Snapshot {
        version: VERSION,
        clearway: env!("CARGO_PKG_VERSION").to_owned(),
        taken: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        kernel: host::kernel(),
        host: host::name(),
        ..Snapshot::default()
    }
}

/// What is read over netlink and from /proc/sys.
fn read(whole_sets: bool) -> Snapshot {
    let mut snapshot = begun();
    rules(&mut snapshot, whole_sets);
    ipsets(&mut snapshot, whole_sets);
    surroundings(&mut snapshot);
    snapshot.sysctls = host::sysctls();
    snapshot.iptables = host::iptables();
    snapshot
}

fn rules(snapshot: &mut Snapshot, whole_sets: bool) {
    const WHAT: &str = "nf_tables rules";
    let limit = (!whole_sets).then_some(ELEMENT_LIMIT);
    match NfTables::open().and_then(|mut nft| nft.read(limit)) {
        Ok(read) => {
            snapshot.nft = read.record;
            if !read.steady {
                let why = "the ruleset changed each time that it was read".to_owned();
                snapshot.missing.push(Missing { what: WHAT.into(), why, decisive: true });
            }
        }
        // `nfnetlink_rcv_msg` says so where nobody answers for nf_tables: then there are no such rules.
        Err(error) if matches!(error.errno(), Some(Errno::EINVAL | Errno::EPROTONOSUPPORT)) => {
            let why = "this kernel was built without nf_tables".to_owned();
            snapshot.missing.push(Missing { what: WHAT.into(), why, decisive: false });
        }
        Err(error) => snapshot.missing.push(missing(WHAT, &error)),
    }
}

fn ipsets(snapshot: &mut Snapshot, whole_sets: bool) {
    let limit = (!whole_sets).then_some(ELEMENT_LIMIT);
    match Ipset::open().and_then(|ipset| ipset.map_or_else(|| Ok(IpsetRecord::default()), |mut ipset| ipset.read(limit))) {
        Ok(record) => snapshot.ipset = record,
        Err(error) => snapshot.missing.push(missing("ipsets", &error)),
    }
}

fn surroundings(snapshot: &mut Snapshot) {
    match Rtnetlink::open() {
        Ok(mut route) => {
            let mut note = |what: &str, read: Result<_, Error>| {
                read.unwrap_or_else(|error| {
                    snapshot.missing.push(missing(what, &error));
                    Default::default()
                })
            };
            snapshot.links = note("interfaces", route.links());
            snapshot.addresses = note("addresses", route.addresses());
            snapshot.routes = note("routes", route.routes());
            snapshot.policy_rules = note("policy rules", route.policy_rules());
            snapshot.nexthops = note("nexthop objects", route.nexthops());
            snapshot.neighbours = note("neighbours", route.neighbours());
        }
        Err(error) => snapshot.missing.push(missing("interfaces, addresses and routes", &error)),
    }
    match sockets::read() {
        Ok(messages) => snapshot.sockets = messages,
        Err(error) => snapshot.missing.push(missing("listening sockets", &error)),
    }
}

fn missing(what: &str, error: &Error) -> Missing {
    let why = match error.errno() {
        Some(Errno::EPERM | Errno::EACCES) => "it takes the capability CAP_NET_ADMIN (run as root)".to_owned(),
        _ => error.to_string(),
    };
    Missing { what: what.to_owned(), why, decisive: true }
}
