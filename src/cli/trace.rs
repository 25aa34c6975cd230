//! `clearway trace`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::{
    Error, Exit,
    flows_of::{given, starts},
    output::{Format, Output, OutputArgs},
    source::{Settled, Source, SourceArgs},
};
use crate::{
    audits::judge::{self, Judged, Verdict},
    model::IpVersion,
    packets::{self, Packet, Record},
    report::{self, answer::Answers},
};

/// Options of `clearway trace`.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["flow", "packets"])))]
pub struct Args {
    /// The flow to follow: `PROTO SRC[:PORT] -> DST[:PORT] [in IFACE] [out IFACE] [mark N] [state S]`
    ///
    /// SRC and DST are `any`, `local`, an address, a prefix, a range `a-b` or a comma list; an IPv6 address with a port stands in brackets. The words
    /// may be one argument or several.
    #[arg(value_name = "EXPR", num_args = 1..)]
    flow: Vec<String>,
    /// Follow the packets in this file, one JSON object a line, and answer each with one; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    packets: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Follows packets or a flow.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let lines = args.packets.as_deref().map(open).transpose()?;
    // Nonsense is told before anything is collected.
    let flow = args.flow.join(" ");
    if lines.is_none() {
        flow.parse::<crate::gateway::Expression>()?;
    }
    let mut out = args.output.open()?;
    args.source.one()?;
    let source = args.source.open(false, None, out.folder())?;
    let exit = super::shortcomings(&source.site);
    let (decided, steady) = match lines {
        // Answers leave as they are found: they can't be taken back.
        Some((name, lines)) => {
            let decided = follow_packets(&source, &name, lines, args.output.format, &mut out)?;
            (decided, !source.has_moved())
        }
        None => {
            let Settled { source, judgement, steady } = source.settle(|source| judge_flow(source, &flow))?;
            (tell_flow(&source, judgement, args.output.format, &mut out)?, steady)
        }
    };
    out.finish()?;
    if !steady {
        super::complain(super::MOVED);
    }
    Ok(if steady { exit.max(decided) } else { Exit::Undecided })
}

fn open(path: &Path) -> Result<(String, Box<dyn BufRead>), Error> {
    if path == Path::new("-") {
        return Ok(("-".into(), Box::new(io::stdin().lock())));
    }
    let file = File::open(path).map_err(|error| Error::Read { path: path.into(), error })?;
    Ok((path.display().to_string(), Box::new(BufReader::with_capacity(1 << 16, file))))
}

/// Answers one packet after the other; nothing is held in memory but the current line.
fn follow_packets(source: &Source, name: &str, mut lines: Box<dyn BufRead>, format: Format, out: &mut Output) -> Result<Exit, Error> {
    let answers = Answers::new(&source.site, source);
    let mut exit = Exit::Clean;
    let mut line = Vec::new();
    let mut buffer = Vec::new();
    let mut wrong = 0;
    for number in 1.. {
        line.clear();
        let read = lines.read_until(b'\n', &mut line).map_err(|error| Error::Read { path: name.into(), error })?;
        if read == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let (id, packet) = match read_packet(source, &line) {
            Ok(read) => read,
            Err((column, problem)) => {
                let error = packets::Error { file: name.to_owned(), line: number, column, problem };
                wrong += 1;
                if wrong == MOST_WRONG {
                    return Err(error.into());
                }
                super::complain(&error.to_string());
                exit = exit.max(Exit::Usage);
                continue;
            }
        };
        let answer = answers.answer(id.as_ref(), &packet);
        if answer.verdict == "unknown" {
            exit = Exit::Undecided;
        }
        buffer.clear();
        match format {
            Format::Json => {
                serde_json::to_writer(&mut buffer, &answer)
                    .map_err(|error| Error::Write { to: "standard output".into(), error: error.into() })?;
                buffer.push(b'\n');
            }
            Format::Text => report::text::trace::line(&mut buffer, &answer),
        }
        out.write(&buffer)?;
    }
    Ok(exit)
}

/// After so many wrong lines the file is no file of packets.
const MOST_WRONG: usize = 10;

/// A packet with its name, or the column and what is wrong there.
fn read_packet(source: &Source, line: &[u8]) -> Result<(Option<serde_json::Value>, Packet), (usize, String)> {
    let record: Record<'_> = serde_json::from_slice(line).map_err(|error| (error.column().max(1), without_place(&error)))?;
    let interfaces = &source.site.lowered(IpVersion::V4).host.interfaces;
    let packet = packets::packet(&record, interfaces).map_err(|problem| (column_of(line, &problem), problem))?;
    Ok((record.id, packet))
}

/// What serde_json says, without "at line 1 column 7": the place is ours to tell.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]).to_owned()
}

/// The column of the key that a problem starts with.
fn column_of(line: &[u8], problem: &str) -> usize {
    let key = problem.split([':', ' ']).next().unwrap_or_default();
    let quoted = format!("\"{key}\"");
    line.windows(quoted.len()).position(|window| window == quoted.as_bytes()).map_or(1, |at| at + 1)
}

fn judge_flow(source: &Source, text: &str) -> Result<Vec<Judged>, Error> {
    let site = &source.site;
    let flow = given(text, site)?;
    let starts = starts(&flow, source)?;
    if starts.is_empty() {
        return Err(Error::Usage(format!(
            "flow '{text}': this host has no packets like that: no interface is up, or no IP version has both ends"
        )));
    }
    let mut flows: Vec<_> = starts.into_iter().map(|start| judge::judge(site, source, &flow, start)).collect();
    if !site.shortcomings().is_empty() {
        flows.iter_mut().for_each(Judged::doubt);
    }
    Ok(flows)
}

fn tell_flow(source: &Source, flows: Vec<Judged>, format: Format, out: &mut Output) -> Result<Exit, Error> {
    let site = &source.site;
    let undecided = flows.iter().any(|judged| judged.verdict == Verdict::Unknown);
    match format {
        Format::Json => {
            let flows: Vec<_> = flows.iter().map(|judged| report::json::flow(site, judged)).collect();
            out.json(&report::json::Trace { schema: report::json::SCHEMA, host: report::json::host(site), flows })?;
        }
        Format::Text => {
            for judged in &flows {
                out.write(report::text::trace::flow(site, source, judged).as_bytes())?;
            }
        }
    }
    Ok(if undecided { Exit::Undecided } else { Exit::Clean })
}
