//! Dumps of other projects, and the lines of iptables' own tests: what loads here is printed as `iptables-save` prints it, by both back
//! ends, and read from text as from the kernel.
//!
//! `scripts/dumps` runs all of it and tells the figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clearway::{model::IpVersion, ruleset::xtables};

use super::dump::{Dump, empty};
use super::judge::places;
use crate::compare::clearway::{Answer, trace, trace_of};
use crate::generate::{Random, packets, pool};
use crate::harness::{Needs, Test, tests};
use crate::lab::{
    Lab,
    iptables::{BACKENDS, Backend, Place, Saved, Version, rules},
};

const CORPUS: &str = "../shared/corpora/rulesets";

/// The long runs that are there for `scripts/dumps`.
pub const TESTS: &[Test] = tests![Needs::Patience; dumps, lines_of_iptables, inputs];

/// How printing went.
#[derive(Debug, Default)]
struct Tally {
    dumps: usize,
    rules: usize,
    refused: usize,
    printed: usize,
    imported: usize,
    complaints: String,
}

impl Tally {
    fn line(&self, what: &str) -> String {
        let percent = |part: usize| if self.rules == 0 { 0.0 } else { part as f64 * 100.0 / self.rules as f64 };
        format!(
            "{what}: {} texts, {} rules ({} refused by iptables), printed as iptables-save {:.3} %, read from text alike {:.3} %",
            self.dumps,
            self.rules,
            self.refused,
            percent(self.printed),
            percent(self.imported)
        )
    }

    /// Loads a dump, and compares what `iptables-save` and clearway print.
    fn dump(&mut self, lab: &Lab, backend: Backend, mut dump: Dump) {
        empty(backend);
        if !dump.load(backend) {
            return;
        }
        self.dumps += 1;
        self.refused += dump.refused;
        let saved = backend.save(dump.version);
        self.rules += saved.len();
        let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["rules", "--netns", &lab.path()]).output().expect("clearway runs");
        let printed = rules(&String::from_utf8_lossy(&output.stdout), dump.version);
        self.printed += self.compare(&dump, backend, "prints", &saved, &printed);
        // iptables-nft has small differences of its own.
        if backend == Backend::Nft {
            self.imported += saved.len();
            return;
        }
        let version = if dump.version == Version::V4 { IpVersion::V4 } else { IpVersion::V6 };
        let read = xtables::save::parse(&dump.text(), version);
        for fault in &read.faults {
            _ = writeln!(self.complaints, "{}:{}:{}: {}: {}", dump.name, fault.line, fault.column, fault.why, fault.text);
        }
        let mut text = String::new();
        read.ruleset.tables.iter().for_each(|table| xtables::print::table(table, &mut text));
        let imported = rules(&text, dump.version);
        self.imported += self.compare(&dump, backend, "reads", &saved, &imported);
    }

    fn compare(
        &mut self,
        dump: &Dump,
        backend: Backend,
        how: &str,
        saved: &BTreeMap<Place, Saved>,
        ours: &BTreeMap<Place, Saved>,
    ) -> usize {
        let mut equal = 0;
        for (place, wanted) in saved {
            match ours.get(place) {
                Some(rule) if rule.text == wanted.text => equal += 1,
                other => {
                    let text = other.map_or("nothing", |rule| &rule.text);
                    _ = writeln!(self.complaints, "{}, {backend:?}, {how}\nsaved    {}\nclearway {text}", dump.name, wanted.text);
                }
            }
        }
        equal
    }
}

/// Every text below a folder that has tables as `iptables-save` writes them.
pub fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path)
                && text.lines().any(|line| line.starts_with('*'))
                && text.contains("COMMIT")
            {
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The dumps of a text: of one version, or the other.
pub fn guess(path: &Path, text: &str) -> Dump {
    let name = path.display().to_string();
    let says = |program: &str| text.contains(&format!("by {program}-save")) || text.contains(&format!("{program}-nft-save"));
    let six = match (says("ip6tables"), says("iptables")) {
        (true, _) => true,
        (_, true) => false,
        _ => name.contains("ip6") || name.contains("v6") || text.contains("-p ipv6-icmp") || text.contains("icmp6-"),
    };
    Dump::new(name, if six { Version::V6 } else { Version::V4 }, text)
}

/// The dumps beside this project, or every so manieth of them (CLEARWAY_DUMPS_EVERY).
fn corpus() -> Vec<(PathBuf, String)> {
    let texts = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS));
    if texts.is_empty() {
        eprintln!("not run: there are no dumps at {CORPUS}");
    }
    let every = std::env::var("CLEARWAY_DUMPS_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    texts.into_iter().step_by(every.max(1)).collect()
}

fn dumps() {
    run("dumps", corpus().iter().map(|(path, text)| guess(path, text)).collect());
}

fn run(what: &str, dumps: Vec<Dump>) {
    let mut complaints = String::new();
    for backend in BACKENDS {
        let lab = Lab::build().expect("a lab");
        let mut tally = Tally::default();
        dumps.iter().for_each(|dump| tally.dump(&lab, backend, dump.clone()));
        eprintln!("{}", tally.line(&format!("{what}, {backend:?}")));
        complaints.push_str(&tally.complaints);
    }
    assert!(complaints.is_empty(), "{complaints}");
}

/// The lines of the tests that come with iptables' source, in the folder that CLEARWAY_IPTABLES_SOURCE names, which iptables says are right.
fn lines_of_iptables() {
    let folder = std::env::var("CLEARWAY_IPTABLES_SOURCE").expect("CLEARWAY_IPTABLES_SOURCE names the source of iptables");
    let mut files: Vec<PathBuf> = std::fs::read_dir(Path::new(&folder).join("extensions"))
        .expect("the source has extensions")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "t"))
        .collect();
    files.sort();
    let mut dumps = Vec::new();
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let versions: &[Version] = match name.split('_').next() {
            Some("libxt") => &[Version::V4, Version::V6],
            Some("libipt") => &[Version::V4],
            Some("libip6t") => &[Version::V6],
            _ => continue,
        };
        let text = std::fs::read_to_string(&path).expect("a test's lines are text");
        versions.iter().for_each(|version| dumps.extend(lines(&name, &text, *version)));
    }
    run("lines of iptables' tests", dumps);
}

/// One dump for each table that the lines name: each line a rule.
fn lines(name: &str, text: &str, version: Version) -> Vec<Dump> {
    let (mut table, mut chain) = ("filter".to_owned(), String::new());
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        if let Some(chains) = line.strip_prefix(':') {
            chain = chains.split(',').next().unwrap_or_default().to_owned();
        } else if let Some(name) = line.strip_prefix('*') {
            name.clone_into(&mut table);
        } else if let [options, _, "OK", ..] = line.split(';').collect::<Vec<_>>()[..]
            && !options.starts_with(['#', '%', '@'])
        {
            tables.entry(table.clone()).or_default().push(format!("-A {chain} {options}"));
        }
    }
    let dump = |(table, rules): (String, Vec<String>)| Dump::new(name, version, &format!("*{table}\n{}\nCOMMIT\n", rules.join("\n")));
    tables.into_iter().map(dump).collect()
}

/// The lab as a host that is described.
const HOST: &str = "\
forwarding = true
interface = [
    { name = 'eth0', addresses = ['10.1.0.1/24', '192.0.2.1/32', 'fd00:1::1/64', '2001:db8::1/128'], kind = 'veth' },
    { name = 'eth1', addresses = ['10.2.0.1/24', 'fd00:2::1/64'], kind = 'veth' },
]
route = [
    { to = 'default', via = '10.1.0.254', dev = 'eth0' },
    { to = '10.3.0.0/16', via = '10.2.0.254', dev = 'eth1' },
    { to = '198.51.100.0/24', via = '10.2.0.254', dev = 'eth1' },
    { to = 'default', via = 'fd00:1::fe', dev = 'eth0' },
    { to = 'fd00:3::/32', via = 'fd00:2::fe', dev = 'eth1' },
    { to = '2001:db8:3::/48', via = 'fd00:2::fe', dev = 'eth1' },
]
[sysctls]
'net/ipv4/conf/all/rp_filter' = 0
'net/ipv4/conf/default/rp_filter' = 0
";

/// What has to be alike: the verdict, where it leaves, and the rules that count the packet.
fn told(answer: &Answer) -> String {
    format!("{} {:?} {:?}", answer.verdict, answer.leaves, places(answer).collect::<Vec<_>>())
}

/// Random packets through every dump: loaded into the legacy tables, into nf_tables, and read from text. What one of them leaves open all do.
fn inputs() {
    let all = corpus();
    let host = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(host.path(), HOST).expect("a host is written");
    let (mut asked, mut open, mut complaints) = (0, 0, String::new());
    for (seed, (path, text)) in (1..).zip(&all) {
        let mut dump = guess(path, text);
        let (version, save) = match dump.version {
            Version::V4 => (pool::Version::V4, "--iptables-save"),
            Version::V6 => (pool::Version::V6, "--ip6tables-save"),
        };
        let mut random = Random::new(seed);
        let packets: Vec<_> = (0..40).map(|_| random.one(&packets::WAYS)).collect();
        let packets: Vec<_> = packets.into_iter().map(|way| packets::packet(&mut random, way, version)).collect();
        let mut answers = Vec::new();
        for backend in BACKENDS {
            let lab = Lab::build().expect("a lab");
            if dump.load(backend) {
                answers.push(trace(&lab.path(), &packets).expect("clearway answers"));
            }
        }
        if answers.len() < BACKENDS.len() {
            continue;
        }
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), dump.text()).expect("a dump is written");
        let (file, host) = (file.path().display().to_string(), host.path().display().to_string());
        answers.push(trace_of(&[save, &file, "--host", &host], &packets).expect("clearway answers"));
        let [first, others @ ..] = answers.as_slice() else { continue };
        for other in others {
            for ((packet, one), another) in packets.iter().zip(first).zip(other) {
                asked += 1;
                open += usize::from(one.open);
                if told(one) != told(another) {
                    _ = writeln!(complaints, "{}\npacket {}\none   {}\nother {}", dump.name, packet.json(""), one.line, another.line);
                }
            }
        }
    }
    eprintln!("{} dumps, {asked} answers compared, {open} left open", all.len());
    assert!(complaints.is_empty(), "{complaints}");
}
