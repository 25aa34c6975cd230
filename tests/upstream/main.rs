//! The test lines that iptables brings for its own extensions (`extensions/*.t`), on all that clearway says of a rule: as it reads it from
//! text, from the kernel's tables, and from nf_tables. CLEARWAY_UPSTREAM_TESTS names their folder; without it nothing is run.
#![allow(clippy::print_stderr, reason = "the figures of every extension are told on standard error")]

#[path = "../harness/mod.rs"]
mod harness;
mod line;
#[path = "../netns/mod.rs"]
mod netns;
mod session;
mod tally;

use std::{fs, path::Path};

use clearway::model::IpVersion;

use harness::{Needs, Test, tests};
use line::Script;
use session::{Backend, Session};
use tally::Tally;

const FOLDER: &str = "CLEARWAY_UPSTREAM_TESTS";

const TESTS: &[Test] = tests![Needs::FolderOf(FOLDER); every_line_means_to_clearway_what_it_means_to_iptables];

fn main() {
    harness::main(&[TESTS]);
}

/// Of a hundred lines so many have to be right, in each of the three ways.
const WANTED: f64 = 99.0;

fn every_line_means_to_clearway_what_it_means_to_iptables() {
    let folder = std::env::var(FOLDER).expect("a folder");
    let chosen = std::env::var("CLEARWAY_UPSTREAM_ONLY").unwrap_or_default();
    let mut files: Vec<_> = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut total = Tally::default();
    for file in files.iter().filter(|file| file.to_string_lossy().contains(&chosen)) {
        let Some((name, versions)) = extension(file) else { continue };
        let script = Script::read(&fs::read_to_string(file).expect("a file of tests"));
        let mut tally = Tally::default();
        for version in versions.iter().copied() {
            // Of what both share, upstream says only of iptables what has to be.
            let binding = version == versions[0];
            for backend in [Backend::Legacy, Backend::Nft] {
                Session::new(version, backend).run(&script, binding, &mut tally);
            }
        }
        eprintln!("{name:24}{tally}");
        total.add(tally);
    }
    eprintln!("{:24}{total}", "all");
    for complaint in &total.complaints {
        eprintln!("{complaint}");
    }
    for (what, share) in total.shares() {
        assert!(share >= WANTED, "{what}: {share:.2} %");
    }
}

/// The name of a file's extension, and the programs that know it; None for those of other programs.
fn extension(file: &Path) -> Option<(&str, &'static [IpVersion])> {
    let name = file.file_name()?.to_str()?.strip_suffix(".t")?;
    let versions: &[IpVersion] = match name.split_once('_')?.0 {
        "libxt" => &[IpVersion::V4, IpVersion::V6],
        "libipt" => &[IpVersion::V4],
        "libip6t" => &[IpVersion::V6],
        _ => return None,
    };
    Some((name, versions))
}
