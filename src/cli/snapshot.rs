//! `clearway snapshot`.

use std::path::PathBuf;

use super::{Error, Exit, source::SourceArgs};

/// Options of `clearway snapshot`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The file to write; only you can read it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    source: SourceArgs,
    /// How much of big sets to keep
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Sets::Whole)]
    sets: Sets,
    /// Resolve no names of upstreams
    #[arg(long)]
    no_dns: bool,
}

/// How much of big sets to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Sets {
    /// Every element
    Whole,
    /// Only small sets; of big ones nothing but their size
    Keys,
}

/// Collects into a file.
pub fn run(args: &Args) -> Result<Exit, Error> {
    args.source.one()?;
    let snapshot = args.source.record(args.sets == Sets::Whole, !args.no_dns)?;
    snapshot.write(&args.output)?;
    for missing in &snapshot.missing {
        super::complain(&format!("{}: {}", missing.what, missing.why));
    }
    Ok(if snapshot.missing.iter().any(|missing| missing.decisive) { Exit::Undecided } else { Exit::Clean })
}
