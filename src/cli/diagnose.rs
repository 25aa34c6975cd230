//! `clearway diagnose`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::Path,
};

use super::{
    Error, Exit, audit,
    flows_of::{FlowArgs, given},
    output::{Format, OutputArgs},
    source::{Settled, Source, SourceArgs},
};
use crate::{
    audited::Audited,
    audits::judge::Judged,
    diagnose::{
        self, Event, Log,
        cause::{self, Diagnosis},
    },
    report,
};

/// Options of `clearway diagnose`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Lines of these logs are read: the error logs of nginx and Apache httpd, haproxy's requests and checks, Envoy's default access log, what Caddy and Traefik
write when they can't connect, and what LOG rules, nft's log and ufw write about packets ([UFW BLOCK] …). What clients write into them is left out, as far as the formats are the default ones.
Other lines are counted and passed over.

Exit status:
  0  nothing on this host explains what the lines tell
  1  a cause is found on this host
  2  no line could be read, or the command line is wrong
  3  something asked for could not be collected or decided; wins over 1")]
pub struct Args {
    /// A line of a log, a file of them, or `-` for standard input
    #[arg(value_name = "LINE|FILE|-", required = true, num_args = 1.., allow_hyphen_values = false)]
    log: Vec<String>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    flows: FlowArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads log lines, audits the host, and tells which findings explain them.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let log = read(&args.log)?;
    if log.events.is_empty() {
        let why = "no line tells of a connection or packet in words that are read here: error logs of nginx, httpd, Caddy and Traefik, logs of haproxy and Envoy, and packets logged by rules";
        return Err(Error::Usage(format!("{why} (clearway diagnose --help)")));
    }
    let mut out = args.output.open()?;
    args.source.one()?;
    let source = args.source.open(false, Some(&args.flows), out.folder())?;
    let Settled { source, judgement: (audited, diagnoses), steady } = source.settle(|source| {
        let audited = audit::audited(source, judged(source, &args.flows, &log)?);
        let diagnoses: Vec<Diagnosis> = log.events.iter().map(|(event, lines)| cause::rank(event, *lines, &audited)).collect();
        Ok((audited, diagnoses))
    })?;
    let exit = super::shortcomings(&source.site);
    match args.output.format {
        Format::Text => out.write(report::text::diagnosis::report(&source.site, &audited, &log, &diagnoses).as_bytes())?,
        Format::Json => out.json(&report::diagnosis::report(&source.site, &audited, &log, &diagnoses))?,
    }
    out.finish()?;
    if !steady {
        super::complain(super::MOVED);
        return Ok(Exit::Undecided);
    }
    Ok(exit.max(ending(&audited, &diagnoses)))
}

fn ending(audited: &Audited, diagnoses: &[Diagnosis]) -> Exit {
    let undecided = |flow: &usize| audited.flows.get(*flow).is_some_and(|judged| judged.verdict == crate::audits::judge::Verdict::Unknown);
    if diagnoses.iter().any(|each| each.agreeing == 0 && each.flows.iter().any(undecided)) {
        Exit::Undecided
    } else if diagnoses.iter().any(|each| each.agreeing > 0) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// The flows of an audit, and those of events that are none of them.
fn judged(source: &Source, chosen: &FlowArgs, log: &Log) -> Result<Vec<Judged>, Error> {
    let mut judged = if chosen.no_discover && chosen.flows.is_empty() { Vec::new() } else { audit::judge(source, chosen)? };
    for (event, _) in &log.events {
        if !event.has_address() || judged.iter().any(|judged| cause::is_of(event, judged)) {
            continue;
        }
        // An interface of another day, or of another host, is not asked for.
        let plain = || Event { incoming: None, outgoing: None, ..event.clone() };
        let Ok(flow) = given(&event.flow(), &source.site).or_else(|_| given(&plain().flow(), &source.site)) else { continue };
        judged.extend(audit::judge_flow(source, &flow).unwrap_or_default());
    }
    Ok(judged)
}

fn read(words: &[String]) -> Result<Log, Error> {
    let one = match words {
        [one] if one == "-" => return lines("-", Box::new(io::stdin().lock())),
        [one] if Path::new(one).is_file() => {
            let file = File::open(one).map_err(|error| Error::Read { path: one.into(), error })?;
            return lines(one, Box::new(BufReader::new(file)));
        }
        words => words.join(" "),
    };
    Ok(diagnose::read(one.lines()))
}

/// Reads line by line: of a long log only its different events are kept.
fn lines(name: &str, mut from: Box<dyn BufRead>) -> Result<Log, Error> {
    let mut reader = diagnose::Reader::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = diagnose::LONGEST as u64 + 1;
        let read = from.by_ref().take(limit).read_until(b'\n', &mut line).map_err(|error| Error::Read { path: name.into(), error })?;
        if read == 0 {
            return Ok(reader.finish());
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == limit {
            from.skip_until(b'\n').map_err(|error| Error::Read { path: name.into(), error })?;
        }
        reader.take(&String::from_utf8_lossy(&line));
    }
}
