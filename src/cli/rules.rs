//! `clearway rules`.

use super::{Error, Exit, output::Format, output::OutputArgs, source::SourceArgs};
use crate::{
    report,
    ruleset::{ipset, nft::print, xtables},
};

/// Options of `clearway rules`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the collected rulesets.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let mut out = args.output.open()?;
    args.source.one()?;
    let source = args.source.open(false, None, out.folder())?;
    let site = &source.site;
    match args.output.format {
        Format::Text => {
            let mut text = String::new();
            let interfaces = &|index| site.interface(index);
            for table in &site.ruleset.tables {
                if !xtables::native::table::write(table, interfaces, &site.ipsets, &mut text) {
                    print::table(table, interfaces, &mut text, true);
                }
            }
            for table in &site.legacy.tables {
                xtables::print::table(table, &mut text);
            }
            if !text.is_empty() && !site.ipsets.sets.is_empty() {
                text.push('\n');
            }
            // Writing into a string cannot fail.
            _ = ipset::print::save(&site.ipsets, &mut text);
            out.write(text.as_bytes())?;
        }
        Format::Json => out.json(&report::rules::rules(site))?,
    }
    out.finish()?;
    Ok(super::shortcomings(site))
}
