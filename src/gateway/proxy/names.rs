//! Names of upstreams, resolved as the proxy does; and where two who are asked answer differently.

use std::{
    cell::RefCell,
    net::{IpAddr, SocketAddr},
};

use rustc_hash::FxHashMap;

use super::{Files, Resolution, resolvers};
use crate::world::{Answer, Question, World};

/// Why a name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// There is no such name.
    Absent,
    /// It could not be told.
    Unknown(String),
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// All addresses to which the proxy may connect.
    pub addresses: Result<Vec<IpAddr>, Unresolved>,
    /// What each says who was asked, where they do not say the same.
    pub differing: Vec<String>,
}

/// A name that means different addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    pub name: String,
    /// What each says who was asked, as a sentence.
    pub sayings: Vec<String>,
}

/// Resolves names for the processes of one root directory.
pub struct Names<'a> {
    world: &'a dyn World,
    /// The process whose files say what names mean, if those are not ours.
    root: Option<u32>,
    /// Name servers that the proxy asks by itself while it runs, past the hosts file; none where it asks as the system does.
    servers: Vec<SocketAddr>,
    known: RefCell<FxHashMap<(String, Resolution), Meaning>>,
    again: RefCell<usize>,
}

/// So many names are asked for a second time.
const MOST_AGAIN: usize = 100;

/// So many name servers are asked, one after the other, as `res_init` keeps them (`MAXNS`).
const MOST_SERVERS: usize = 3;

impl<'a> Names<'a> {
    /// Names as programs of this host, or of a container, see them.
    #[must_use]
    pub fn new(world: &'a dyn World, root: Option<u32>, servers: Vec<SocketAddr>) -> Self {
        Self { world, root, servers, known: RefCell::default(), again: RefCell::default() }
    }

    /// What a name means to a proxy that resolves it in this way.
    pub fn resolve(&self, name: &str, resolution: Resolution) -> Meaning {
        let key = (name.to_owned(), resolution);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let mut meaning = self.meaning(name, resolution);
        if let (Resolution::StartFirst, Ok(addresses)) = (resolution, &mut meaning.addresses) {
            addresses.truncate(1);
        }
        self.known.borrow_mut().insert(key, meaning.clone());
        meaning
    }

    /// The way to a socket file of these processes.
    pub(super) fn socket_file(&self, path: &str) -> Answer {
        self.world.ask(&Question::SocketFile { root: self.root, path: path.to_owned() })
    }

    fn meaning(&self, name: &str, resolution: Resolution) -> Meaning {
        let files = Files::new(self.world, self.root);
        let in_file = in_hosts(&files.read(HOSTS).unwrap_or_default(), name);
        let by_file = || (format!("{HOSTS} says"), in_file.clone());
        if resolution == Resolution::Running && !self.servers.is_empty() {
            match self.by_servers(&self.servers, &[name.to_owned()]) {
                Ok((server, found)) => return Meaning::of(found.clone(), [(format!("the name server {server} says"), found), by_file()]),
                Err(Unresolved::Absent) if !in_file.is_empty() => {
                    let differing = vec![said(&by_file()), "the name servers that the proxy asks know no such name".to_owned()];
                    return Meaning { addresses: Err(Unresolved::Absent), differing };
                }
                Err(Unresolved::Absent) => return Meaning { addresses: Err(Unresolved::Absent), differing: Vec::new() },
                // What the system says is the best that is known.
                Err(Unresolved::Unknown(_)) => {}
            }
        }
        // Whoever names a name itself means it to stay here.
        let to_itself = !in_file.is_empty() && in_file.iter().all(IpAddr::is_loopback);
        if !in_file.is_empty() && (self.root.is_some() || !to_itself) {
            let all = if self.root.is_some() { in_file.clone() } else { self.system(name, resolution).unwrap_or_else(|_| in_file.clone()) };
            let by_server = if to_itself { None } else { self.by_system_servers(&files, name).ok() };
            let by_server = by_server.map(|(server, found)| (format!("the name server {server} says"), found));
            return Meaning::of(all, [by_file()].into_iter().chain(by_server));
        }
        match self.root {
            Some(_) => Meaning { addresses: self.by_system_servers(&files, name).map(|(_, found)| found), differing: Vec::new() },
            None => self.asked_twice(name, resolution),
        }
    }

    /// As `getaddrinfo` tells programs of this host, asked twice: who answers in turns tells not all at once.
    fn asked_twice(&self, name: &str, resolution: Resolution) -> Meaning {
        let first = match self.system(name, resolution) {
            Ok(first) => first,
            Err(why) => return Meaning { addresses: Err(why), differing: Vec::new() },
        };
        let mut left = self.again.borrow_mut();
        *left += 1;
        let again =
            (*left <= MOST_AGAIN).then(|| self.ask(&Question::ResolveAgain { name: name.to_owned(), configured: configured(resolution) }));
        let Some(Ok(again)) = again else { return Meaning { addresses: Ok(first), differing: Vec::new() } };
        let all = first.iter().chain(again.iter().filter(|address| !first.contains(address))).copied().collect();
        Meaning::of(all, [("asked once:".to_owned(), first), ("asked again:".to_owned(), again)])
    }

    fn system(&self, name: &str, resolution: Resolution) -> Result<Vec<IpAddr>, Unresolved> {
        self.ask(&Question::Resolve { name: name.to_owned(), configured: configured(resolution) })
    }

    /// As the resolver of the C library asks the name servers of `resolv.conf`, without the hosts file.
    fn by_system_servers(&self, files: &Files<'_>, name: &str) -> Result<(SocketAddr, Vec<IpAddr>), Unresolved> {
        self.by_servers(&resolvers::addresses(files), &resolvers::candidates(files, name))
    }

    /// The first answer: of these servers, to the first of these names that there is.
    fn by_servers(&self, servers: &[SocketAddr], candidates: &[String]) -> Result<(SocketAddr, Vec<IpAddr>), Unresolved> {
        let mut unknown = None;
        for candidate in candidates {
            for server in servers.iter().take(MOST_SERVERS) {
                let question = Question::Lookup { process: self.root, server: *server, name: candidate.clone() };
                match self.ask(&question) {
                    Ok(found) => return Ok((*server, found)),
                    // A server that knows speaks for all of them.
                    Err(Unresolved::Absent) => break,
                    Err(Unresolved::Unknown(why)) => unknown = unknown.or(Some(why)),
                }
            }
        }
        Err(match unknown {
            Some(why) => Unresolved::Unknown(why),
            None if servers.is_empty() => Unresolved::Unknown("it is not known which name servers are asked".into()),
            None => Unresolved::Absent,
        })
    }

    fn ask(&self, question: &Question) -> Result<Vec<IpAddr>, Unresolved> {
        match self.world.ask(question) {
            Answer::Addresses(addresses) if !addresses.is_empty() => Ok(addresses),
            Answer::Addresses(_) | Answer::Absent(_) => Err(Unresolved::Absent),
            Answer::Unknown(why) => Err(Unresolved::Unknown(why)),
            _ => Err(Unresolved::Unknown("the snapshot has another answer".into())),
        }
    }
}

impl Meaning {
    /// All addresses, and who says what where they differ; who names none of a family has no say in it.
    fn of(addresses: Vec<IpAddr>, sayings: impl IntoIterator<Item = (String, Vec<IpAddr>)>) -> Self {
        let sayings: Vec<_> = sayings.into_iter().collect();
        let of_family = |four: bool| {
            let sets = sayings.iter().map(|(_, found)| {
                let mut set: Vec<IpAddr> = found.iter().filter(|address| address.is_ipv4() == four).copied().collect();
                set.sort_unstable();
                set.dedup();
                set
            });
            let mut sets = sets.filter(|set| !set.is_empty());
            let first = sets.next();
            sets.any(|set| Some(set) != first)
        };
        let differs = of_family(true) || of_family(false);
        Self {
            addresses: Ok(addresses),
            differing: if differs { sayings.iter().filter(|(_, found)| !found.is_empty()).map(said).collect() } else { Vec::new() },
        }
    }
}

fn said((who, found): &(String, Vec<IpAddr>)) -> String {
    format!("{who} {}", found.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", "))
}

fn configured(resolution: Resolution) -> bool {
    resolution == Resolution::StartConfigured
}

/// Where names are told first.
pub const HOSTS: &str = "/etc/hosts";

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

    /// Files, the system's answers, and those of name servers.
    struct Told(&'static [(&'static str, &'static str)]);

    impl World for Told {
        fn ask(&self, question: &Question) -> Answer {
            let key = match question {
                Question::File { path, .. } => path.clone(),
                Question::Resolve { name, .. } => format!("system {name}"),
                Question::ResolveAgain { name, .. } => format!("again {name}"),
                Question::Lookup { server, name, .. } => format!("{server} {name}"),
                _ => return Answer::Unknown("not asked for here".into()),
            };
            match self.0.iter().find(|(asked, _)| *asked == key) {
                Some((_, "none")) => Answer::Absent("no such name".into()),
                Some((asked, text)) if asked.starts_with('/') => Answer::Text((*text).into()),
                Some((_, text)) => Answer::Addresses(text.split(' ').map(|word| word.parse().expect("an address")).collect()),
                None => Answer::Unknown("silence".into()),
            }
        }
    }

    fn told(world: &Told, root: Option<u32>, servers: &[&str], resolution: Resolution) -> String {
        let servers = servers.iter().map(|server| server.parse().expect("an address")).collect();
        let meaning = Names::new(world, root, servers).resolve("app", resolution);
        let addresses = match meaning.addresses {
            Ok(addresses) => addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(" "),
            Err(Unresolved::Absent) => "absent".into(),
            Err(Unresolved::Unknown(why)) => why,
        };
        [vec![addresses], meaning.differing].concat().join("; ")
    }

    #[test]
    fn two_who_are_asked_may_differ() {
        let same = Told(&[("system app", "10.0.0.1 fd00::1"), ("again app", "fd00::1 10.0.0.1")]);
        assert_eq!(told(&same, None, &[], Resolution::StartConfigured), "10.0.0.1 fd00::1");
        let turns = Told(&[("system app", "10.0.0.1"), ("again app", "10.0.0.2 fd00::1")]);
        let wanted = "10.0.0.1 10.0.0.2 fd00::1; asked once: 10.0.0.1; asked again: 10.0.0.2, fd00::1";
        assert_eq!(told(&turns, None, &[], Resolution::Start), wanted);
        let file = Told(&[
            ("/etc/hosts", "10.0.0.1 app"),
            ("/etc/resolv.conf", "nameserver 10.0.0.53"),
            ("system app", "10.0.0.1"),
            ("10.0.0.53:53 app", "10.0.0.9"),
        ]);
        let wanted = "10.0.0.1; /etc/hosts says 10.0.0.1; the name server 10.0.0.53:53 says 10.0.0.9";
        assert_eq!(told(&file, None, &[], Resolution::Start), wanted);
        let wanted = "10.0.0.9; the name server 10.0.0.53:53 says 10.0.0.9; /etc/hosts says 10.0.0.1";
        assert_eq!(told(&file, None, &["10.0.0.53:53"], Resolution::Running), wanted);
        assert_eq!(
            told(&file, None, &["10.0.0.54:53"], Resolution::Running),
            "10.0.0.1; /etc/hosts says 10.0.0.1; the name server 10.0.0.53:53 says 10.0.0.9"
        );
        let only = Told(&[("/etc/hosts", "10.0.0.1 app"), ("system app", "10.0.0.1"), ("10.0.0.53:53 app", "none")]);
        assert_eq!(told(&only, None, &[], Resolution::Start), "10.0.0.1");
        let wanted = "absent; /etc/hosts says 10.0.0.1; the name servers that the proxy asks know no such name";
        assert_eq!(told(&only, None, &["10.0.0.53:53"], Resolution::Running), wanted);
    }

    #[test]
    fn containers_ask_their_own_servers() {
        let inside = Told(&[
            ("/etc/resolv.conf", "search lan example\nnameserver 127.0.0.11\noptions ndots:1\n"),
            ("127.0.0.11:53 app.lan", "none"),
            ("127.0.0.11:53 app.example", "172.18.0.3"),
            ("system app", "10.9.9.9"),
        ]);
        assert_eq!(told(&inside, Some(7), &[], Resolution::StartConfigured), "172.18.0.3");
        assert_eq!(told(&Told(&[]), Some(7), &[], Resolution::StartConfigured), "it is not known which name servers are asked");
        let silent = Told(&[("/etc/resolv.conf", "nameserver 127.0.0.11")]);
        assert_eq!(told(&silent, Some(7), &[], Resolution::StartConfigured), "silence");
    }
}
