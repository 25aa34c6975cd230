//! `clearway diff`.

use std::{convert::Infallible, str::FromStr};

use super::{
    Error, Exit, audit,
    flows_of::FlowArgs,
    output::{Format, OutputArgs},
    source::{Gathered, NamedFile, Source, SourceArgs},
};
use crate::{
    audits::judge::Judged,
    difference::{self, Extent, Pair, State},
    gateway::Flow,
    report,
};

/// Options of `clearway diff`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Both states are followed over the flows of both. Packets are told as sets: each that is told changed, and no other of these flows did.
Of what restores rules at boot, ufw, netfilter-persistent and iptables.service are read. Rules that programs such as Docker make when they start are
not among the saved ones.

Exit status:
  0  no flow has another verdict, and no packet was opened or closed
  1  something differs
  2  the command line or a file that it names is wrong
  3  something asked for could not be collected or decided; wins over 1")]
pub struct Args {
    /// The state before: a snapshot, "running" for the rules of this host now, or "saved" for those that its next boot restores
    #[arg(value_name = "A")]
    before: Chosen,
    /// The state after: the same
    #[arg(value_name = "B")]
    after: Chosen,
    #[command(flatten)]
    flows: FlowArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A state to compare.
#[derive(Debug, Clone)]
enum Chosen {
    /// This host as it is.
    Running,
    /// This host with the rules of its next boot.
    Saved,
    /// A snapshot.
    File(NamedFile),
}

impl FromStr for Chosen {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "running" => Self::Running,
            "saved" => Self::Saved,
            file => Self::File(file.parse()?),
        })
    }
}

impl Chosen {
    /// Collects or reads it, with its sets whole: single keys would not tell what else is in them.
    fn gather(&self, flows: &FlowArgs) -> Result<Gathered, Error> {
        let source = match self {
            Self::Running | Self::Saved => SourceArgs::default(),
            Self::File(file) => SourceArgs { snapshot: vec![file.clone()], ..SourceArgs::default() },
        };
        let gathered = source.gather(true, Some(flows))?;
        Ok(if matches!(self, Self::Saved) { gathered.after_boot() } else { gathered })
    }
}

/// Compares two states of a host.
pub fn run(args: &Args) -> Result<Exit, Error> {
    for flow in &args.flows.flows {
        flow.parse::<crate::gateway::Expression>()?;
    }
    let mut out = args.output.open()?;
    let gathered = [args.before.gather(&args.flows)?, args.after.gather(&args.flows)?];
    let [before, after] = Gathered::ready(gathered, out.folder());
    let mut exit = Exit::Clean;
    for source in [&before, &after] {
        exit = exit.max(super::shortcomings(&source.site));
    }
    let pairs = pairs(&before, &after, &args.flows)?;
    let is_saved = |chosen: &Chosen| matches!(chosen, Chosen::Saved);
    let extent = if is_saved(&args.before) == is_saved(&args.after) { Extent::All } else { Extent::Honest };
    let [old, new] = [&before, &after].map(|source| State { site: &source.site, world: source });
    let difference = difference::compare(old, new, pairs, extent);
    if before.has_moved() || after.has_moved() {
        super::complain(super::MOVED);
        exit = Exit::Undecided;
    }
    match args.output.format {
        Format::Text => out.write(report::text::difference::report(&before.site, &after.site, &difference).as_bytes())?,
        Format::Json => out.json(&report::difference::difference(&before.site, &after.site, &difference))?,
    }
    out.finish()?;
    exit = exit.max(if difference.is_any() { Exit::Findings } else { Exit::Clean });
    Ok(if difference.is_undecided() { Exit::Undecided } else { exit })
}

/// Every flow of either state, judged in both.
fn pairs(before: &Source, after: &Source, chosen: &FlowArgs) -> Result<Vec<Pair>, Error> {
    let (old, new) = (chosen.flows(before)?, chosen.flows(after)?);
    let mut pairs = Vec::new();
    for flow in &old {
        let counterpart = new.iter().find(|each| is_same(each, flow)).unwrap_or(flow);
        pairs.extend(pair(before, flow, after, counterpart)?);
    }
    for flow in new.iter().filter(|flow| !old.iter().any(|each| is_same(each, flow))) {
        pairs.extend(pair(before, flow, after, flow)?);
    }
    let unknown = [before, after].map(|source| !source.site.shortcomings().is_empty());
    let (mut of_before, mut of_after): (Vec<&mut Judged>, Vec<&mut Judged>) = (Vec::new(), Vec::new());
    for pair in &mut pairs {
        of_before.extend(pair.before.as_mut());
        of_after.extend(pair.after.as_mut());
    }
    for (judged, unknown) in [of_before, of_after].into_iter().zip(unknown) {
        judged.into_iter().filter(|_| unknown).for_each(Judged::doubt);
    }
    Ok(pairs)
}

/// Whether two flows are the same kind of traffic.
fn is_same(one: &Flow, other: &Flow) -> bool {
    let key = |flow: &Flow| (flow.expression.to_string(), flow.uid, flow.if_translated, flow.version);
    key(one) == key(other)
}

/// A flow in both states, for each IP version that it has in either.
fn pair(before: &Source, flow: &Flow, after: &Source, counterpart: &Flow) -> Result<Vec<Pair>, Error> {
    let (old, new) = match (audit::judge_flow(before, flow), audit::judge_flow(after, counterpart)) {
        // In one of them there may be no such interface.
        (Err(Error::Start(_)), Ok(new)) => (Vec::new(), new),
        (Ok(old), Err(Error::Start(_))) => (old, Vec::new()),
        (old, new) => (old?, new?),
    };
    let mut new: Vec<Option<Judged>> = new.into_iter().map(Some).collect();
    let mut pairs = Vec::new();
    for before in old {
        let same = new.iter_mut().find(|each| each.as_ref().is_some_and(|each| each.version == before.version));
        let after = same.and_then(Option::take);
        pairs.push(Pair { before: Some(before), after });
    }
    pairs.extend(new.into_iter().flatten().map(|after| Pair { before: None, after: Some(after) }));
    Ok(pairs)
}
