//! Which proxies run here, and which are named by hand.

use super::{Configuration, Files, Invocation, READERS, Reader, files::absolute};
use crate::{
    snapshot::{Process, Snapshot},
    world::World,
};

/// A proxy with its configuration.
pub struct Proxy {
    pub reader: &'static Reader,
    /// The process that runs it; none if its file was named by hand.
    pub process: Option<Process>,
    /// Its number among [`Snapshot::namespaces`], where it runs in another network namespace.
    pub namespace: Option<usize>,
    pub invocation: Invocation,
    pub configuration: Configuration,
    /// As whom it connects, if that is known.
    pub uid: Option<u32>,
    /// With which groups it connects, if that is known.
    pub gids: Option<Vec<u32>>,
}

/// The proxies that run here, each with its configuration. Reads files: do it while there is the privilege to.
#[must_use]
pub fn discover(snapshot: &Snapshot, world: &dyn World) -> Vec<Proxy> {
    let inner = snapshot.namespaces.iter().enumerate().map(|(number, inner)| (Some(number), &inner.snapshot.processes[..]));
    let all = std::iter::once((None, &snapshot.processes[..])).chain(inner);
    all.flat_map(|(namespace, processes)| of_one(namespace, processes, world)).collect()
}

fn of_one(namespace: Option<usize>, processes: &[Process], world: &dyn World) -> Vec<Proxy> {
    let mut proxies: Vec<Proxy> = Vec::new();
    for process in processes {
        let Some(reader) = READERS.iter().copied().find(|reader| is_of(process, reader)) else { continue };
        let parent = processes.iter().find(|other| other.pid == process.parent && other.pid != process.pid);
        // What a proxy starts reads no configuration of its own.
        if parent.is_some_and(|parent| is_of(parent, reader)) {
            continue;
        }
        let files = Files::new(world, process.own_root.then_some(process.pid));
        let Some(invocation) = (reader.invocation)(process, &files) else { continue };
        let known = |proxy: &Proxy| proxy.reader.kind == reader.kind && proxy.invocation.files == invocation.files;
        if !process.own_root && proxies.iter().any(known) {
            continue;
        }
        let configuration = (reader.read)(&invocation, &files);
        let workers = processes.iter().filter(|other| other.parent == process.pid && is_of(other, reader));
        let named = configuration.user.as_deref().and_then(|user| user.parse().ok().or_else(|| files.uid(user)));
        let uid = one_of(workers.map(|worker| worker.uid)).or(named).or_else(|| configuration.user.is_none().then_some(process.uid));
        let mut connecting = processes.iter().filter(|other| other.pid == process.pid || other.parent == process.pid);
        let gids = connecting
            .find(|other| is_of(other, reader) && Some(other.uid) == uid && !other.gids.is_empty())
            .map(|other| other.gids.clone());
        proxies.push(Proxy { reader, process: Some(process.clone()), namespace, invocation, configuration, uid, gids });
    }
    proxies
}

/// A proxy whose file is named by hand.
#[must_use]
pub fn given(reader: &'static Reader, file: &str, current: &str, world: &dyn World) -> Proxy {
    let files = Files::new(world, None);
    let file = absolute(current, file);
    let invocation = Invocation { folder: super::files::folder(&file).to_owned(), files: vec![file], ..Invocation::default() };
    let configuration = (reader.read)(&invocation, &files);
    let uid = configuration.user.as_deref().and_then(|user| user.parse().ok().or_else(|| files.uid(user)));
    Proxy { reader, process: None, namespace: None, invocation, configuration, uid, gids: None }
}

fn is_of(process: &Process, reader: &Reader) -> bool {
    let file = process.executable.as_deref().map(|path| path.trim_end_matches(" (deleted)"));
    let file = file.and_then(|path| path.rsplit('/').next());
    reader.programs.iter().any(|name| process.command == *name || file == Some(name))
}

/// The value that all have.
fn one_of(mut values: impl Iterator<Item = u32>) -> Option<u32> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}
