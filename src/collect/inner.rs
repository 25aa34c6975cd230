//! Other network namespaces of this host, of its containers mostly, to which links lead from here.

use std::{collections::BTreeMap, path::PathBuf, thread};

use super::{host, missing, namespace, netlink::route::Rtnetlink, surroundings};
use crate::snapshot::{Inner, Missing, Process, Snapshot};

/// More of them are not looked into: a host of so many containers has other means to audit each.
const MOST: usize = 64;

const WHAT: &str = "proxies in other network namespaces";

/// The surroundings of these processes, by network namespace, as far as links lead there from here.
#[must_use]
pub fn read(elsewhere: BTreeMap<PathBuf, Vec<Process>>) -> (Vec<Inner>, Vec<Missing>) {
    let mut route = match Rtnetlink::open() {
        Ok(route) => route,
        Err(error) if !elsewhere.is_empty() => return (Vec::new(), vec![Missing { decisive: false, ..missing(WHAT, &error) }]),
        Err(_) => return (Vec::new(), Vec::new()),
    };
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for processes in elsewhere.into_values() {
        let Some(first) = processes.first().map(|process| process.pid) else { continue };
        // Who ended meanwhile needs nothing any more.
        let Ok(Some(id)) = route.namespace_id(first) else { continue };
        if found.len() == MOST {
            missing.push(Missing { what: WHAT.into(), why: format!("there are more than {MOST}"), decisive: false });
            break;
        }
        match inside(first) {
            Ok(snapshot) => found.push(Inner { id, snapshot: Snapshot { processes, ..snapshot } }),
            Err(error) => missing.push(Missing { what: WHAT.into(), why: error.to_string(), decisive: false }),
        }
    }
    (found, missing)
}

/// What is around a process. A thread of its own enters the namespace, so that the others stay where they are (`setns`).
fn inside(process: u32) -> Result<Snapshot, namespace::NamespaceError> {
    let name = process.to_string();
    let read = || {
        namespace::enter(&name)?;
        let mut snapshot = Snapshot { netns: Some(name.clone()), sysctls: host::sysctls(), ..super::begun() };
        surroundings(&mut snapshot);
        Ok(snapshot)
    };
    thread::scope(|scope| scope.spawn(read).join()).unwrap_or_else(|_| Ok(Snapshot::default()))
}
