//! `clearway fix`.

mod eye;

mod lasting;

mod made;

mod plan;

use std::{
    fs::File,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Error, Exit, audit,
    flows_of::FlowArgs,
    output::{Format, OutputArgs},
    source::{Gathered, Settled, Source, SourceArgs},
};
use crate::{
    audited::Audited,
    fixes::{
        agreement::{self, State},
        apply::{self, guard},
    },
    report,
};

/// Options of `clearway fix`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Without --apply nothing is changed. With it, what was there is kept under /var/lib/clearway first, the fix is made by the program that owns the
rules, the kernel is read again, and a guard puts back what was there unless the fix is confirmed in time: also when this program is killed, its
terminal is lost, or the result is not what was proved. The journal is /var/lib/clearway/journal.")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    flows: FlowArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Make the fixes of the findings with these codes
    #[arg(long, value_name = "CODE", num_args = 1..)]
    apply: Vec<String>,
    /// Undo it unless it is confirmed within this time; 0 confirms what is verified
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=3600))]
    confirm: u64,
    /// Confirm the fix that waits for it, from another session
    #[arg(long, conflicts_with = "apply")]
    confirm_now: bool,
    /// Make it last beyond the next boot, once it is confirmed
    #[arg(long, requires = "apply")]
    persist: bool,
    /// Write the state that was judged to this file, which is not there yet
    #[arg(long, hide = true, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Compare the rules that run with those that the fix of a finding makes of such a state
    #[arg(long, hide = true, value_name = "FILE", requires = "mended")]
    since: Option<PathBuf>,
    /// That finding: its code, IP version and flow
    #[arg(long, hide = true, value_name = "FINDING", requires = "since")]
    mended: Option<String>,
    /// Watch a change that is under way, and undo it in time
    #[arg(long, hide = true, value_name = "FOLDER", requires = "watch")]
    guard: Option<PathBuf>,
    /// The process that makes the change
    #[arg(long, hide = true, value_name = "PID")]
    watch: Option<u32>,
}

/// Shows fixes, makes them, confirms one, or guards one.
pub fn run(args: &Args) -> Result<Exit, Error> {
    if let (Some(folder), Some(maker)) = (&args.guard, args.watch) {
        guard::watch(folder, args.confirm, maker)?;
        return Ok(Exit::Clean);
    }
    if args.confirm_now {
        let change = apply::Change::waiting().ok_or(apply::Error::NothingWaits)?;
        let confirmed = change.confirm();
        super::complain(&format!("the change {} {}", change.id(), if confirmed { "is confirmed" } else { "was undone already" }));
        return Ok(if confirmed { Exit::Clean } else { Exit::Findings });
    }
    if args.apply.is_empty() {
        return show(args);
    }
    if !args.source.is_this_host() {
        return Err(Error::Usage("--apply changes the host that it runs on: leave out --netns, --snapshot and dumps".into()));
    }
    made::make(&args.flows, &args.apply, Duration::from_secs(args.confirm), args.persist)
}

/// The findings that have a fix, or why they have none.
fn show(args: &Args) -> Result<Exit, Error> {
    let mut out = args.output.open()?;
    args.source.one()?;
    let kept = args.keep.as_deref().map(new).transpose()?;
    let now = args.source.gather(false, Some(&args.flows))?;
    let earlier = args.since.as_deref().map(|since| SourceArgs::earlier(since, &args.flows)).transpose()?;
    let (source, earlier) = match earlier {
        None => {
            let [source] = Gathered::ready([now], out.folder());
            (source, None)
        }
        Some(earlier) => {
            let [source, earlier] = Gathered::ready([now, earlier], out.folder());
            (source, Some(earlier))
        }
    };
    let judged = |source: &Source| Ok(audit::audited(source, audit::judge(source, &args.flows)?));
    let Settled { source, judgement: audited, steady } = source.settle(judged)?;
    match args.output.format {
        Format::Json => {
            let mut plan = plan::Plan::of(&source.site, &audited);
            if let (Some(earlier), Some(mended)) = (earlier, &args.mended) {
                plan.differs = differs(&earlier, &judged(&earlier)?, mended, &source);
            }
            out.json(&plan)?;
        }
        Format::Text => out.write(report::text::fixes::report(&audited).as_bytes())?,
    }
    out.finish()?;
    if let (Some(file), Some(path)) = (kept, &args.keep) {
        source.kept().pack(file).map_err(written(path))?;
    }
    if !steady {
        super::complain(super::MOVED);
    }
    Ok(if !steady || audited.is_undecided() { Exit::Undecided } else { Exit::Clean })
}

/// How the rules that run differ from those that the fix of a finding makes of an earlier state.
fn differs(earlier: &Source, audited: &Audited, mended: &str, now: &Source) -> Option<String> {
    match plan::edits(audited, mended) {
        Some(edits) => agreement::differs(state(earlier), &edits, state(now)),
        None => Some("the state before does not lead to the same fix again".into()),
    }
}

const fn state(source: &Source) -> State<'_> {
    State { site: &source.site, world: source }
}

/// A file that is not there yet, for this user alone.
fn new(path: &Path) -> Result<File, Error> {
    File::options().write(true).create_new(true).mode(0o600).open(path).map_err(written(path))
}

fn written(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let to = path.display().to_string();
    |error| Error::Write { to, error }
}
