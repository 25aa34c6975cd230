//! `clearway audit`.

use rayon::prelude::*;

use super::{
    Error, Exit,
    flows_of::{FlowArgs, starts},
    output::{Format, Output, OutputArgs},
    source::{Settled, Source, SourceArgs},
};
use crate::{
    audited::Audited,
    audits::{
        Severity,
        judge::{self, Judged},
        onward::{self, Onward},
        witness,
    },
    gateway::{Flow, proxy},
    report,
    simulate::outcome::Delivery,
    site::Site,
    world::Recorded,
};

/// Options of `clearway audit`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    flows: FlowArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Exit with 1 if there is a finding of this severity or above
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Severity::Error)]
    fail_on: Severity,
    /// Read big sets whole, and name the clients in them instead of the set
    #[arg(long)]
    which_clients: bool,
}

/// Audits a host.
pub fn run(args: &Args) -> Result<Exit, Error> {
    // Nonsense is told before anything is collected.
    for flow in &args.flows.flows {
        flow.parse::<crate::gateway::Expression>()?;
    }
    let out = args.output.open()?;
    let source = args.source.open(args.which_clients, Some(&args.flows), out.folder())?;
    audit(source, &args.flows, args.output.format, args.fail_on, out)
}

/// Audits what was collected.
pub fn audit(source: Source, chosen: &FlowArgs, format: Format, fail_on: Severity, mut out: Output) -> Result<Exit, Error> {
    let Settled { source, judgement: ((mut audited, others), disagreements), steady } = source.settle(|source| {
        let mut judged = judge(source, chosen)?;
        let mut disagreements = witness::disagreements(&source.site, source, &judged);
        let Onward { arrived, untold } = onward::follow(&source.site, &source.others, &mut judged);
        let mut audited = audited(source, judged);
        audited.assumptions.extend(untold);
        audited.assumptions.extend(chosen.unfollowed(source, &audited));
        let others: Vec<Option<Audited>> = source
            .others
            .iter()
            .zip(arrived)
            .map(|(site, arrived)| {
                let world = Recorded(&site.snapshot);
                disagreements.extend(witness::disagreements(site, &world, &arrived));
                (!arrived.is_empty()).then(|| Audited::new(site, &world, arrived))
            })
            .collect();
        Ok(((audited, others), disagreements))
    })?;
    let others: Vec<(&Site, &Audited)> =
        source.others.iter().zip(&others).filter_map(|(site, audited)| Some((site, audited.as_ref()?))).collect();
    let site = &source.site;
    for disagreement in &disagreements {
        super::complain(&disagreement.to_string());
    }
    let told = proxy::told(&source.proxies);
    let read = super::proxies(&told);
    audited.assumptions.splice(0..0, told.into_iter().map(|(_, sentence)| sentence));
    match format {
        Format::Text => {
            out.write(report::text::audit::report(site, &audited, out.width).as_bytes())?;
            for (other, audited) in &others {
                out.write(format!("\n{}", report::text::audit::report(other, audited, out.width)).as_bytes())?;
            }
        }
        Format::Json => out.json(&report::json::Audit {
            onward: others.iter().map(|(other, audited)| report::json::onward(other, audited)).collect(),
            ..report::json::audit(site, &audited)
        })?,
    }
    out.finish()?;
    let all = || std::iter::once(&audited).chain(others.iter().map(|(_, audited)| *audited));
    let found = all().flat_map(|audited| &audited.findings).any(|finding| finding.audit.severity >= fail_on);
    if !steady {
        super::complain(super::MOVED);
    }
    let exit = if !steady || all().any(Audited::is_undecided) || !disagreements.is_empty() {
        Exit::Undecided
    } else if found {
        Exit::Findings
    } else {
        Exit::Clean
    };
    Ok(exit.max(read))
}

/// What judged flows come to on this day.
pub fn audited(source: &Source, judged: Vec<Judged>) -> Audited {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Audited::new(&source.site, source, judged).allow(&source.config.allowances, today)
}

/// Judges every flow.
pub fn judge(source: &Source, chosen: &FlowArgs) -> Result<Vec<Judged>, Error> {
    let flows = chosen.flows(source)?;
    let judged = flows.par_iter().map(|flow| judge_flow(source, flow)).collect::<Result<Vec<_>, Error>>()?;
    Ok(judged.into_iter().flatten().collect())
}

/// Judges a flow in each IP version that it has.
pub fn judge_flow(source: &Source, flow: &Flow) -> Result<Vec<Judged>, Error> {
    let site = &source.site;
    if let Some(judged) = judge::without_packets(flow) {
        return Ok(vec![judged]);
    }
    let mut judged = Vec::new();
    for start in starts(flow, source)? {
        if flow.if_translated && !site.lowered(start.version).host.translates() {
            continue;
        }
        let one = judge::judge(site, source, flow, start);
        if !flow.if_translated {
            judged.push(one);
        } else if leads_on(&one) {
            let start = judge::translated(&one);
            judged.push(judge::judge(site, source, flow, start));
        }
    }
    Ok(judged)
}

/// Whether a rule translates the flow's destination to somewhere else: then it is one although nothing here listens.
fn leads_on(judged: &Judged) -> bool {
    let [first, ..] = &judged.legs;
    first.pieces.iter().any(|piece| {
        let forwarded = matches!(piece.outcome.delivery, Delivery::Forward { .. } | Delivery::Local { socket: Some(_) });
        forwarded || piece.is_redirected()
    })
}
