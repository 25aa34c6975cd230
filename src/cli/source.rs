//! Which host is meant: this one, a network namespace of it, or one recorded in a snapshot.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{Error, flows_of::FlowArgs, offline::OfflineArgs, progress::Progress};
use crate::{
    collect::{self, Live, privileges::Needs},
    fixes,
    gateway::{
        self, Config,
        proxy::{self, Proxy},
    },
    saved,
    site::Site,
    snapshot::{self, Snapshot, traffic::Traffic},
    world::{Answer, Question, Recorded, World},
};

/// Options that choose the host.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Host")]
pub struct SourceArgs {
    /// A network namespace: its name, a path such as /proc/1/ns/net, or a process id
    #[arg(long, value_name = "NAME|PATH|PID", conflicts_with = "snapshot")]
    pub netns: Option<String>,
    /// Read a snapshot instead of this host; NAME is what the report calls it
    ///
    /// Of several, `clearway audit` audits the first one, and follows what it sends to an address of another on into that: through its rules, to its sockets, and
    /// with the answer back.
    #[arg(long, value_name = "[NAME=]FILE")]
    pub snapshot: Vec<NamedFile>,
    /// Wait so long and read counters again: what moved is told as evidence
    ///
    /// Those are the counters of rules and policies, and connection tracking's own of packets that it drops. Without it nothing is read twice, and what
    /// counters show is their total. That a connection stays without an answer is told either way: its socket counts how often it sent its SYN.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600), conflicts_with = "snapshot")]
    pub observe: Option<u16>,
    #[command(flatten)]
    pub offline: OfflineArgs,
}

/// A file with the name that the user gives to what is in it.
#[derive(Debug, Clone)]
pub struct NamedFile {
    name: Option<String>,
    path: PathBuf,
}

impl NamedFile {
    /// Reads it.
    fn read(&self) -> Result<Snapshot, Error> {
        let mut snapshot = Snapshot::read(&self.path)?;
        if let Some(name) = &self.name {
            snapshot.host.clone_from(name);
        }
        Ok(snapshot)
    }
}

impl std::str::FromStr for NamedFile {
    type Err = std::convert::Infallible;

    /// What stands before `=` is a name, unless there is a file of that very name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = || Self { name: None, path: text.into() };
        Ok(match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !name.contains('/') && !std::path::Path::new(text).exists() => {
                Self { name: Some(name.into()), path: path.into() }
            }
            _ => whole(),
        })
    }
}

/// A host that can be asked.
pub struct Source {
    pub site: Site,
    /// The proxies that run there or are named by hand, with what their configuration says.
    pub proxies: Vec<Proxy>,
    /// The operator's own file.
    pub config: Config,
    /// Other hosts, into which packets are followed.
    pub others: Vec<Site>,
    live: Option<Live>,
    whole_sets: bool,
}

/// What is known of a host, not yet looked at.
pub struct Gathered {
    pub snapshot: Snapshot,
    proxies: Vec<Proxy>,
    config: Config,
    others: Vec<Snapshot>,
    live: Option<Live>,
    whole_sets: bool,
    /// The rules of its next boot are meant.
    saved: bool,
}

/// What came of a judgement of a host, and whether it is of one state of its rules.
pub struct Settled<T> {
    /// The host that was judged.
    pub source: Source,
    /// The judgement.
    pub judgement: T,
    /// False if the rules changed each time that they were judged.
    pub steady: bool,
}

/// How often rules that changed while they were judged are collected and judged.
const ATTEMPTS: u32 = 3;

impl SourceArgs {
    /// The record of the host: collected, or read.
    pub fn collect(&self, whole_sets: bool) -> Result<Snapshot, Error> {
        if let Some(snapshot) = self.offline.snapshot()? {
            return Ok(snapshot);
        }
        match self.snapshot.first() {
            Some(file) => file.read(),
            None => Ok(collect::collect(&collect::Options { netns: self.netns.clone(), whole_sets })?),
        }
    }

    /// That only one host is given, for what follows nothing on into others.
    pub fn one(&self) -> Result<(), Error> {
        match &self.snapshot[..] {
            [] | [_] => Ok(()),
            _ => Err(Error::Usage("only 'clearway audit' follows packets through several snapshots: give one".into())),
        }
    }

    /// Whether the host is meant that this program runs on, as it sees it.
    pub fn is_this_host(&self) -> bool {
        self.is_live() && self.netns.is_none()
    }

    /// What the files say that the next boot restores rules from: they are of the namespace of the first process.
    fn at_boot(&self, live: &Live) -> Vec<(Question, Answer)> {
        if !self.is_this_host() || !collect::namespace::is_of_boot() {
            return Vec::new();
        }
        saved::questions().into_iter().map(|question| (question.clone(), live.find(&question))).collect()
    }

    /// Looks at what travels: once, and where it is asked for again after a time.
    fn look(&self, snapshot: &mut Snapshot, since: Instant) {
        if let Some(seconds) = self.observe {
            collect::traffic::watch(snapshot, since, Duration::from_secs(seconds.into()));
        }
        let seen = collect::traffic::read(snapshot, &gateway::observed::programs(snapshot));
        let before = std::mem::take(&mut snapshot.traffic);
        snapshot.traffic = Traffic { later: before.later, unread: [before.unread, seen.unread].concat(), ..seen };
    }

    /// Whether a running host is meant.
    fn is_live(&self) -> bool {
        self.snapshot.is_empty() && !self.offline.is_given()
    }

    /// The record of the host with the files of its proxies and the names of their upstreams.
    pub fn record(&self, whole_sets: bool, resolves: bool) -> Result<Snapshot, Error> {
        let begun = Instant::now();
        let mut snapshot = self.collect(whole_sets)?;
        if self.is_live() {
            let live = Live::new();
            let live = if resolves { live } else { live.without_names() };
            collect::programs(&mut snapshot, &gateway::programs());
            self.look(&mut snapshot, begun);
            let proxies = proxy::discover(&snapshot, &live);
            // What its flows need is asked now: an audit of the snapshot asks the same.
            let _ = proxy::flows::upstreams(&proxies, &live);
            fixes::owner::files::ask(&live);
            snapshot.at_boot = self.at_boot(&live).into_iter().map(snapshot::secrets::without).collect();
            snapshot.answers = live.answers().into_iter().map(snapshot::secrets::without).collect();
        }
        Ok(snapshot)
    }

    /// Collects, or reads the snapshot; then gives up every privilege but those that later questions and the result take, before anything of it
    /// is looked at. Proxies are read only if flows are wanted.
    pub fn open(&self, whole_sets: bool, flows: Option<&FlowArgs>, replaces_in: Option<&Path>) -> Result<Source, Error> {
        let [source] = Gathered::ready([self.gather(whole_sets, flows)?], replaces_in);
        Ok(source)
    }

    /// Collects, or reads the snapshot.
    pub fn gather(&self, whole_sets: bool, flows: Option<&FlowArgs>) -> Result<Gathered, Error> {
        self.gather_of(whole_sets, flows, self.is_this_host())
    }

    /// Reads an earlier state of this host.
    pub fn earlier(path: &Path, flows: &FlowArgs) -> Result<Gathered, Error> {
        let snapshot = vec![NamedFile { name: None, path: path.to_owned() }];
        Self { snapshot, ..Self::default() }.gather_of(false, Some(flows), true)
    }

    fn gather_of(&self, whole_sets: bool, flows: Option<&FlowArgs>, this_host: bool) -> Result<Gathered, Error> {
        // What is wrong in it is told before anything is collected.
        let config = flows.map(|flows| flows.read_config(this_host)).transpose()?.unwrap_or_default();
        let progress = Progress::begin("reading rules, routes, sockets and proxies");
        let begun = Instant::now();
        let mut snapshot = self.collect(whole_sets)?;
        let discovers = flows.is_some_and(|flows| !flows.no_discover);
        let live = self.is_live().then(|| {
            let live = Live::new();
            if flows.is_some_and(|flows| flows.no_dns) { live.without_names() } else { live }
        });
        if discovers && live.is_some() {
            collect::programs(&mut snapshot, &gateway::programs());
        }
        if flows.is_some() && live.is_some() {
            self.look(&mut snapshot, begun);
        }
        let mut proxies = match &live {
            Some(live) => proxy::discover(&snapshot, live),
            None if discovers => proxy::discover(&snapshot, &Recorded(&snapshot)),
            None => Vec::new(),
        };
        proxies.extend(flows.map(|flows| flows.given_proxies(&config)).transpose()?.into_iter().flatten());
        if let Some(live) = live.as_ref().filter(|_| flows.is_some()) {
            fixes::owner::files::ask(live);
            snapshot.at_boot = self.at_boot(live);
        }
        if let Some(live) = &live {
            // The files and names that its flows need: nothing can be opened any more when they are asked for again.
            let _ = proxy::flows::upstreams(&proxies, live);
        }
        let others = self.snapshot.iter().skip(1).map(NamedFile::read).collect::<Result<_, _>>()?;
        drop(progress);
        Ok(Gathered { snapshot, proxies, config, others, live, whole_sets, saved: false })
    }
}

impl Gathered {
    /// Makes hosts ready for questions, once every privilege is given up but those that later questions and the result take.
    pub fn ready<const N: usize>(hosts: [Self; N], replaces_in: Option<&Path>) -> [Source; N] {
        let asks = hosts.iter().any(|host| host.live.is_some() && host.snapshot.has_unread_sets());
        if let Err(error) = collect::privileges::confine(Needs { asks, replaces_in }) {
            super::complain(&format!("goes on with privileges that it does not need: {error}"));
        }
        begin_threads();
        hosts.map(|Self { snapshot, proxies, config, others, live, whole_sets, saved }| {
            let site = if saved { crate::saved::site(&snapshot) } else { Site::new(snapshot) };
            Source { site, proxies, config, others: others.into_iter().map(Site::new).collect(), live, whole_sets }
        })
    }

    /// The same host with the rules of its next boot.
    #[must_use]
    pub fn after_boot(self) -> Self {
        Self { saved: true, ..self }
    }
}

/// More threads than this do not pay: an audit takes some hundredths of a second.
const MOST_THREADS: usize = 8;

/// Begins the threads that flows are judged on. They inherit what this one has given up.
fn begin_threads() {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
    // An error says that they have begun already.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
}

impl Source {
    /// Judges the host; collects and judges again if the rules changed between collecting them and the last question about them.
    pub fn settle<T>(mut self, mut judge: impl FnMut(&Self) -> Result<T, Error>) -> Result<Settled<T>, Error> {
        let _progress = Progress::begin("following the flows through the rules");
        for _ in 1..ATTEMPTS {
            let judgement = judge(&self)?;
            if !self.has_moved() {
                return Ok(Settled { source: self, judgement, steady: true });
            }
            let snapshot = collect::again(&self.site.snapshot, self.whole_sets);
            self = Self { site: Site::new(snapshot), live: self.live.map(Live::anew), ..self };
        }
        let judgement = judge(&self)?;
        let steady = !self.has_moved();
        Ok(Settled { source: self, judgement, steady })
    }

    /// Whether the rules changed between collecting them and the last question that was asked about them.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.has_asked_about_rules() && !live.is_still(self.site.snapshot.nft.generation))
    }

    /// The record of the host, with all that was asked of it.
    #[must_use]
    pub fn kept(&self) -> Snapshot {
        let mut snapshot = self.site.snapshot.clone();
        if let Some(live) = &self.live {
            snapshot.answers = live.answers().into_iter().collect();
        }
        snapshot
    }

    /// A recorded host.
    #[must_use]
    pub fn recorded(snapshot: Snapshot) -> Self {
        Self {
            site: Site::new(snapshot),
            proxies: Vec::new(),
            config: Config::default(),
            others: Vec::new(),
            live: None,
            whole_sets: false,
        }
    }
}

impl World for Source {
    fn ask(&self, question: &Question) -> Answer {
        match &self.live {
            Some(live) => live.ask(question),
            None => Recorded(&self.site.snapshot).ask(question),
        }
    }
}
