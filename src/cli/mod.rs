//! The command line: a file a subcommand, and the parts that they share.

mod error;

mod exit;

mod flows_of;

mod offline;

mod output;

mod progress;

mod replacement;

pub mod source;

pub mod audit;

pub mod demo;

pub mod diagnose;

pub mod diff;

pub mod explain;

pub mod fix;

pub mod flows;

pub mod rules;

pub mod snapshot;

pub mod trace;

use std::io::Write as _;
use std::process::ExitCode;

use crate::{gateway::proxy::Told, report::text::plain, site::Site};
use clap::{Parser, Subcommand};

pub use error::Error;
pub use exit::Exit;

/// Tells which legitimate gateway traffic this host would drop, and which rule drops it.
///
/// Reads the kernel's rules, routes and sockets, follows every flow through them, and names the rule that stops it, what the client sees, and
/// the smallest change that lets it pass. It changes nothing but with "clearway fix --apply". Without a command it audits this host.
#[derive(Debug, Parser)]
#[command(name = "clearway", version, max_term_width = 100, args_conflicts_with_subcommands = true, after_help = exit::HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    audit: audit::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Audit this host: every flow, and what stops it
    Audit(audit::Args),
    /// Follow one packet or one flow through the rules
    Trace(trace::Args),
    /// List the flows that an audit follows, and where each was found
    Flows(flows::Args),
    /// Print the collected rules in nft syntax, with handles
    Rules(rules::Args),
    /// Collect everything that an audit needs into a file
    Snapshot(snapshot::Args),
    /// Compare two states of a host: which flows change verdict, and which packets are opened or closed
    Diff(diff::Args),
    /// Explain lines of a log: which flow they are about, and what on this host is the cause
    Diagnose(diagnose::Args),
    /// Show proved fixes, or make them
    Fix(fix::Args),
    /// Audit an example: a gateway with a broken firewall; needs no privilege
    Demo(demo::Args),
    /// Explain a finding by its code
    Explain(explain::Args),
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or(Command::Audit(cli.audit)) {
        Command::Audit(args) => audit::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Flows(args) => flows::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Snapshot(args) => snapshot::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Diagnose(args) => diagnose::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Explain(args) => explain::run(&args),
    };
    let exit = result.unwrap_or_else(|error| {
        if !error.is_broken_pipe() {
            complain(&error.to_string());
        }
        error.exit()
    });
    exit.into()
}

/// Verdicts of which some may be of rules that are no more.
const MOVED: &str = "the rules changed while they were judged: run it again";

/// Complains about what could not be collected; how the program ends if nothing else is found.
fn shortcomings(site: &Site) -> Exit {
    let lesser = site.snapshot.missing.iter().filter(|each| !each.decisive);
    for each in lesser {
        complain(&format!("{} could not be read: {}", each.what, each.why));
    }
    let mut shortcomings = site.shortcomings();
    shortcomings.extend(site.unread.iter().cloned());
    for each in &shortcomings {
        complain(each);
    }
    if shortcomings.is_empty() { Exit::Clean } else { Exit::Undecided }
}

/// Complains about proxies' configurations that could not be read or are wrong; how the program ends if nothing else is found.
fn proxies(told: &[(Told, String)]) -> Exit {
    let mut exit = Exit::Clean;
    for (kind, sentence) in told {
        if *kind != Told::Doubt {
            complain(sentence);
        }
        exit = exit.max(match kind {
            Told::Doubt => Exit::Clean,
            Told::Given => Exit::Usage,
            Told::Running => Exit::Undecided,
        });
    }
    exit
}

/// Tells something on standard error. Nothing can be done where that fails.
fn complain(words: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    _ = writeln!(anstream::stderr(), "{style}clearway:{style:#} {}", plain::lines(words));
}
