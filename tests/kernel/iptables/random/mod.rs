//! Random rulesets of iptables and ip6tables by seed, in both back ends: a short run with fixed seeds, and a long one for
//! `scripts/agreement --backend`.

mod matches;
mod ruleset;
mod shrink;
mod targets;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::dump::{Dump, empty};
use super::judge::{self, judge};
use crate::compare::{clearway, reasons::Reasons};
use crate::generate::{Random, packets};
use crate::harness::{Needs, Test, tests};
use crate::lab::{
    Lab,
    iptables::{BACKENDS, Backend, VERSIONS},
};
use crate::packet::Packet;
use ruleset::Ruleset;

/// The short run, and the long one.
pub const TESTS: [&[Test]; 2] = [tests![Needs::Namespaces; random_rulesets_of_iptables], tests![Needs::Patience; agreement]];

const PACKETS: usize = 60;

/// Sets of three types that the rules name, and one that they add to.
const SETS: &str = "\
create learned4 hash:ip
create learned6 hash:ip family inet6
create ip4 hash:ip
add ip4 10.1.0.7
add ip4 10.2.0.9
add ip4 192.0.2.1
create ip6 hash:ip family inet6
add ip6 fd00:1::7
add ip6 fd00:2::c8
create net4 hash:net
add net4 10.2.0.0/24
add net4 203.0.113.0/24
add net4 203.0.113.64/26 nomatch
create net6 hash:net family inet6
add net6 fd00:2::/64
add net6 2001:db8::/32
create port4 hash:ip,port
add port4 10.2.0.7,tcp:80
add port4 10.1.0.7,udp:53
add port4 10.1.0.1,tcp:443
create port6 hash:ip,port family inet6
add port6 fd00:2::7,tcp:80
add port6 fd00:1::7,udp:53
";

/// What the set that rules add to holds before.
const LEARNED: &str = "flush learned4\nflush learned6\nadd learned4 10.1.0.7\nadd learned6 fd00:1::7\n";

/// A ruleset, and packets to try on it.
#[derive(Debug, Clone)]
pub struct Case {
    pub ruleset: Ruleset,
    pub packets: Vec<Packet>,
}

impl Case {
    /// That of a seed: both versions take turns.
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let version = VERSIONS[(seed % 2) as usize];
        let ruleset = Ruleset::random(&mut random, version);
        let packets = (0..PACKETS).map(|_| {
            let way = random.one(&packets::WAYS);
            packets::packet(&mut random, way, matches::addresses(version))
        });
        Self { packets: packets.collect(), ruleset }
    }
}

/// How a sweep went.
#[derive(Debug, Default)]
struct Sweep {
    rulesets: usize,
    rules: usize,
    refused: usize,
    packets: usize,
    open: usize,
    reasons: Reasons,
    counters: usize,
    wrong: usize,
    failures: Vec<String>,
}

impl Sweep {
    fn seed(&mut self, lab: &mut Lab, backend: Backend, seed: u64) {
        let case = Case::new(seed);
        if let Err(complaints) = self.case(lab, backend, &case) {
            self.wrong += 1;
            let end = Instant::now() + Duration::from_secs(40);
            let mut fails = |case: &Case| Instant::now() < end && Self::default().case(lab, backend, case).is_err();
            let small = if self.failures.is_empty() { Some(shrink::shrink(&case, &mut fails)) } else { None };
            let complaints = small.map_or(complaints, |small| {
                let complaints = Self::default().case(lab, backend, &small).err().unwrap_or_default();
                format!("{}{complaints}", small.ruleset.text())
            });
            self.failures.push(format!("seed {seed}, {backend:?}\n{complaints}"));
        }
    }

    /// Asks clearway, then the kernel about the packets that clearway does not leave open.
    fn case(&mut self, lab: &mut Lab, backend: Backend, case: &Case) -> Result<(), String> {
        let version = case.ruleset.version;
        empty(backend);
        let mut dump = Dump::new("", version, &case.ruleset.text());
        if !dump.load(backend) {
            return Err("iptables-restore refuses it".to_owned());
        }
        ipset(LEARNED);
        lab.forget().map_err(|error| error.to_string())?;
        let answers = clearway::trace(&lab.path(), &case.packets)?;
        if std::env::var_os("CLEARWAY_SHOW_OPEN").is_some() {
            answers.iter().filter(|answer| answer.open).for_each(|answer| eprintln!("open: {}", answer.line));
            if answers.iter().any(|answer| answer.open) {
                eprintln!("of these rules:\n{}", case.ruleset.text());
            }
        }
        self.open += answers.iter().filter(|answer| answer.open).count();
        self.reasons.add(&answers);
        let (packets, answers): (Vec<_>, Vec<_>) = case.packets.iter().cloned().zip(answers).filter(|(_, answer)| !answer.open).unzip();
        let (judged, mut complaints) = judge(lab, backend, version, &packets, answers);
        complaints.push_str(&judge::texts(lab, backend, version));
        self.rulesets += 1;
        self.rules += judged.counted.len();
        self.refused += dump.refused;
        self.packets += packets.len();
        self.counters += judged.counted.len();
        if complaints.is_empty() { Ok(()) } else { Err(complaints) }
    }

    /// The agreement in one line.
    fn line(&self, backend: Backend) -> String {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let asked = self.packets + self.open;
        format!(
            "kernel {}, iptables {backend:?}: {} rulesets, {} rules ({} refused), {asked} packets, {} rulesets disagree, unknown {:.3} %",
            release.trim(),
            self.rulesets,
            self.rules,
            self.refused,
            self.wrong,
            self.open as f64 * 100.0 / asked.max(1) as f64
        )
    }
}

fn run(backend: Backend, seeds: std::ops::Range<u64>) -> Sweep {
    let mut lab = Lab::build().expect("a lab");
    ipset(SETS);
    let mut sweep = Sweep::default();
    seeds.for_each(|seed| sweep.seed(&mut lab, backend, seed));
    sweep
}

/// `ipset restore`.
fn ipset(sets: &str) {
    let mut child = Command::new("ipset").arg("restore").stdin(Stdio::piped()).spawn().expect("ipset runs");
    child.stdin.take().expect("piped").write_all(sets.as_bytes()).expect("ipset reads");
    assert!(child.wait().expect("ipset ends").success(), "ipset takes the sets");
}

fn random_rulesets_of_iptables() {
    for backend in BACKENDS {
        let sweep = run(backend, 1..13);
        eprintln!("{}", sweep.line(backend));
        assert!(sweep.failures.is_empty(), "{} of {} rulesets disagree, the first:\n{}", sweep.wrong, sweep.rulesets, sweep.failures[0]);
        assert!(sweep.open * 10 <= sweep.packets, "too much is left open: {}", sweep.line(backend));
    }
}

fn agreement() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let start = number("CLEARWAY_AGREEMENT_START", 1000);
    let wanted = std::env::var("CLEARWAY_AGREEMENT_BACKEND").unwrap_or_default();
    let backend = if wanted == "iptables-nft" { Backend::Nft } else { Backend::Legacy };
    let sweep = run(backend, start..start + number("CLEARWAY_AGREEMENT_SEEDS", 100));
    eprint!("\n{}", sweep.reasons);
    eprintln!("{}", sweep.line(backend));
    assert!(sweep.failures.is_empty(), "{} rulesets disagree:\n{}", sweep.failures.len(), sweep.failures.join("\n"));
}
