//! Random cases by seed: a short run with fixed seeds, and a long one for `scripts/agreement`.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use crate::compare::{self, Score, clearway, kernel, reasons::Reasons, shrink::shrink, symbolic};
use crate::generate::{self, Case};
use crate::harness::{Needs, Test, tests};
use crate::lab::Lab;

/// The short run, and the long one that is there for `scripts/agreement`.
pub const TESTS: [&[Test]; 2] = [tests![Needs::Namespaces; random_rulesets], tests![Needs::Patience; agreement]];

const PACKETS: usize = 100;

/// Around so many of a ruleset's packets sets are followed, too.
const SETS: usize = 4;

/// How a sweep went.
#[derive(Debug, Default)]
struct Sweep {
    rulesets: usize,
    rules: usize,
    refused: usize,
    /// Rulesets that nft refuses as a whole or can't list.
    skipped: usize,
    unknown: usize,
    reasons: Reasons,
    score: Score,
    failures: Vec<String>,
}

impl Sweep {
    fn seed(&mut self, lab: &mut Lab, seed: u64) {
        let mut case = generate::case(seed, PACKETS);
        let result = self.case(lab, &mut case);
        if let Err(complaints) = result {
            // What makes many fail is mostly one thing.
            let complaints = if self.failures.len() < number("CLEARWAY_AGREEMENT_SHRINK", 1) {
                smallest(lab, &case).unwrap_or(complaints)
            } else {
                complaints
            };
            self.failures.push(format!("seed {seed}\n{complaints}"));
        }
    }

    /// Asks clearway, then the kernel about the packets that clearway does not leave open.
    fn case(&mut self, lab: &mut Lab, case: &mut Case) -> Result<(), String> {
        // While shrinking a ruleset that nft refuses is no failure.
        let refused = match kernel::load(lab, &mut case.ruleset) {
            Ok(refused) => refused,
            Err(error) => {
                if std::env::var_os("CLEARWAY_SHOW_REFUSED").is_some() {
                    eprintln!("left out: {error}\n{}", case.ruleset.text());
                }
                self.skipped += 1;
                return Ok(());
            }
        };
        self.rulesets += 1;
        self.rules += case.ruleset.rules();
        self.refused += refused;
        let mut answers = clearway::trace(&lab.path(), &case.packets)?;
        if std::env::var_os("CLEARWAY_SHOW_OPEN").is_some() {
            for answer in answers.iter().filter(|answer| answer.open) {
                eprintln!("open: {}", answer.line);
            }
            if answers.iter().any(|answer| answer.open) {
                eprintln!("of these rules:\n{}", case.ruleset.text());
            }
        }
        let sets = symbolic::complaints(case.packets.iter().step_by(PACKETS / SETS));
        self.unknown += answers.iter().filter(|answer| answer.open).count();
        self.reasons.add(&answers);
        let mut each = answers.iter();
        case.packets.retain(|_| each.next().is_some_and(|answer| !answer.open));
        answers.retain(|answer| !answer.open);
        let Some(judgement) = kernel::judge(lab, case).map_err(|error| error.to_string())? else {
            if std::env::var_os("CLEARWAY_SHOW_REFUSED").is_some() {
                eprintln!("left out: nft can't list\n{}", case.ruleset.text());
            }
            self.skipped += 1;
            return Ok(());
        };
        let (score, mut complaints) = compare::compare(&case.packets, &judgement, &answers);
        self.score.add(score);
        complaints.push_str(&sets);
        if complaints.is_empty() { Ok(()) } else { Err(complaints) }
    }

    /// The agreement in one line.
    fn line(&self) -> String {
        let percent = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let asked = self.score.packets + self.unknown;
        let mut line = format!("kernel {}: {} rulesets, {} rules, {asked} packets", release.trim(), self.rulesets, self.rules);
        if self.skipped > 0 {
            let _ = write!(line, " ({} rulesets that nft refuses or can't list are left out)", self.skipped);
        }
        let _ = write!(line, ", verdicts agreed {:.3} %", percent(self.score.verdicts_agreed, self.score.packets));
        let _ = write!(line, ", counters agreed {:.3} %", percent(self.score.counters_agreed, self.score.counters));
        let _ = write!(line, ", unknown {:.3} %", percent(self.unknown, asked));
        line
    }
}

/// A number of the environment.
fn number<N: std::str::FromStr>(name: &str, default: N) -> N {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What is wrong with a case that is as small as it gets in a minute.
fn smallest(lab: &mut Lab, case: &Case) -> Option<String> {
    let end = Instant::now() + Duration::from_secs(60);
    let small = shrink(case, &mut |case| Instant::now() < end && Sweep::default().case(lab, &mut case.clone()).is_err());
    Sweep::default().case(lab, &mut small.clone()).err()
}

/// Runs these seeds in order.
fn run(seeds: std::ops::Range<u64>) -> Sweep {
    let mut lab = Lab::build().expect("a lab");
    let mut sweep = Sweep::default();
    let last = seeds.end;
    for seed in seeds {
        sweep.seed(&mut lab, seed);
        if std::io::stderr().is_terminal() {
            eprint!("\rseed {seed} of {last}, {} fail ", sweep.failures.len());
        }
    }
    sweep
}

fn random_rulesets() {
    let sweep = run(1..121);
    assert!(
        sweep.failures.is_empty(),
        "{} of {} rulesets disagree, the first:\n{}",
        sweep.failures.len(),
        sweep.rulesets,
        sweep.failures[0]
    );
    assert!(sweep.refused * 20 <= sweep.rules, "nft refuses too many rules: {} of {}", sweep.refused, sweep.rules);
    assert!(sweep.skipped * 50 <= sweep.rulesets, "nft refuses or can't list {} whole rulesets", sweep.skipped);
    assert!(sweep.unknown * 100 <= sweep.score.packets.max(100), "too much is left open: {}", sweep.line());
}

fn agreement() {
    let start = number("CLEARWAY_AGREEMENT_START", 1000);
    let sweep = run(start..start + number("CLEARWAY_AGREEMENT_SEEDS", 100));
    eprint!("\n{}", sweep.reasons);
    eprintln!("{}", sweep.line());
    assert!(sweep.failures.is_empty(), "{} rulesets disagree:\n{}", sweep.failures.len(), sweep.failures.join("\n"));
}
