//! `clearway explain`.

use super::{Error, Exit, output::Format, output::OutputArgs};
use crate::audits;

/// Options of `clearway explain`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The code of a finding, as reports show it in brackets; without it, all are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Explains one finding, or lists all.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let chosen = match &args.code {
        None => audits::ALL.to_vec(),
        Some(code) => match audits::find(code) {
            Some(audit) => vec![audit],
            None => {
                let known = audits::ALL.iter().map(|audit| audit.code).collect::<Vec<_>>().join(", ");
                return Err(Error::Usage(format!("there is no finding '{code}'; these are known: {known}")));
            }
        },
    };
    let mut out = args.output.open()?;
    match args.output.format {
        Format::Json => out.json(&chosen)?,
        Format::Text if args.code.is_none() => {
            for audit in chosen {
                out.write(format!("{:24} {}\n", audit.code, audit.summary).as_bytes())?;
            }
        }
        Format::Text => {
            for audit in chosen {
                out.write(format!("{}: {}\n\n{}\n", audit.code, audit.summary, audit.explanation).as_bytes())?;
            }
        }
    }
    out.finish()?;
    Ok(Exit::Clean)
}
