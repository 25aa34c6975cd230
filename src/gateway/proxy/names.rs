//! Names of upstreams, resolved as the proxy does.

use std::{cell::RefCell, net::IpAddr};

use rustc_hash::FxHashMap;

use super::{Files, Resolution};
use crate::world::{Answer, Question, World};

/// Why a name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// There is no such name.
    Absent,
    /// It could not be told.
    Unknown(String),
}

type Found = Result<Vec<IpAddr>, Unresolved>;

/// Resolves names for the processes of one root directory.
pub struct Names<'a> {
    world: &'a dyn World,
    /// The process whose files say what names mean, if those are not ours.
    root: Option<u32>,
    known: RefCell<FxHashMap<(String, bool), Found>>,
}

impl<'a> Names<'a> {
    /// Names as programs of this host, or of a container, see them.
    #[must_use]
    pub fn new(world: &'a dyn World, root: Option<u32>) -> Self {
        Self { world, root, known: RefCell::default() }
    }

    /// The addresses to which a proxy connects that resolves names in this way.
    pub fn resolve(&self, name: &str, resolution: Resolution) -> Found {
        let configured = resolution == Resolution::StartConfigured;
        let key = (name.to_owned(), configured);
        if let Some(known) = self.known.borrow().get(&key) {
            return first_or_all(known.clone(), resolution);
        }
        let found = self.ask(name, configured);
        self.known.borrow_mut().insert(key, found.clone());
        first_or_all(found, resolution)
    }

    /// The way to a socket file of these processes.
    pub(super) fn socket_file(&self, path: &str) -> Answer {
        self.world.ask(&Question::SocketFile { root: self.root, path: path.to_owned() })
    }

    fn ask(&self, name: &str, configured: bool) -> Found {
        if self.root.is_some() {
            return self.in_container(name);
        }
        match self.world.ask(&Question::Resolve { name: name.to_owned(), configured }) {
            Answer::Addresses(addresses) if !addresses.is_empty() => Ok(addresses),
            Answer::Addresses(_) | Answer::Absent(_) => Err(Unresolved::Absent),
            Answer::Unknown(why) => Err(Unresolved::Unknown(why)),
            _ => Err(Unresolved::Unknown("the snapshot has another answer".into())),
        }
    }

    /// Only the hosts file of a container can be read from outside; its resolver would have to be asked from within.
    fn in_container(&self, name: &str) -> Found {
        let hosts = Files::new(self.world, self.root).read(HOSTS).unwrap_or_default();
        let found = in_hosts(&hosts, name);
        if found.is_empty() { Err(Unresolved::Unknown("it means something only inside the container".into())) } else { Ok(found) }
    }
}

/// Where names are told first.
pub const HOSTS: &str = "/etc/hosts";

fn first_or_all(found: Found, resolution: Resolution) -> Found {
    let mut found = found?;
    if resolution == Resolution::StartFirst {
        found.truncate(1);
    }
    Ok(found)
}

/// The addresses of a name by a hosts file.
pub(super) fn in_hosts(hosts: &str, name: &str) -> Vec<IpAddr> {
    let entry = |line: &str| -> Option<IpAddr> {
        let mut words = line.split('#').next()?.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(name)).then_some(address)
    };
    hosts.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_files_name_each_address() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.9 app\n10.0.0.1\tweb app # x\nfd00::1 APP\nnonsense app\n";
        assert_eq!(in_hosts(hosts, "app"), [IpAddr::from([10, 0, 0, 1]), "fd00::1".parse().expect("an address")]);
        assert!(in_hosts(hosts, "x").is_empty());
    }
}
