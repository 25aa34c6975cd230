//! `clearway demo`.

use super::{Error, Exit, audit, flows_of::FlowArgs, output::OutputArgs, source::Source};
use crate::{audits::Severity, demo};

/// Options of `clearway demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: OutputArgs,
}

/// Audits the embedded snapshot; ends as an audit of that host would.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let source = Source::recorded(demo::snapshot()?);
    let out = args.output.open()?;
    let flows = FlowArgs { flows: vec![demo::UPSTREAM.to_owned()], ..FlowArgs::default() };
    audit::audit(source, &flows, args.output.format, Severity::Error, out)
}
