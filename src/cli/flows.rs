//! `clearway flows`.

use serde::Serialize;

use super::{
    Error, Exit,
    flows_of::{FlowArgs, starts},
    output::{Format, OutputArgs},
    source::SourceArgs,
};
use crate::{
    gateway::{Role, proxy},
    report::{json::number, text::plain},
};

/// Options of `clearway flows`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    flows: FlowArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A flow as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    flow: String,
    ip: Vec<u8>,
    role: Role,
    source: String,
}

/// Lists the flows.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let mut out = args.output.open()?;
    args.source.one()?;
    let source = args.source.open(false, Some(&args.flows), out.folder())?;
    let site = &source.site;
    let mut listed = Vec::new();
    for flow in args.flows.flows(&source)? {
        // Only the rules tell whether these lead anywhere: an audit does.
        if flow.if_translated {
            continue;
        }
        let ip = starts(&flow, &source)?.iter().map(|start| number(start.version)).collect();
        listed.push(Listed { flow: flow.expression.to_string(), ip, role: flow.role, source: flow.source });
    }
    match args.output.format {
        Format::Json => out.json(&listed)?,
        Format::Text => {
            let width = listed.iter().map(|each| each.flow.chars().count()).max().unwrap_or(0);
            for each in &listed {
                out.write(format!("{:width$}  {}\n", each.flow, plain::line(&each.source)).as_bytes())?;
            }
        }
    }
    out.finish()?;
    Ok(super::shortcomings(site).max(super::proxies(&proxy::told(&source.proxies))))
}
