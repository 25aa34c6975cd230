//! What the kernel does with a case.

use std::io;

use crate::generate::{Case, Ruleset};
use crate::lab::{Counters, Fate, Lab};
use crate::packet::Packet;

/// The kernel's answer to a case.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// One for each packet.
    pub fates: Vec<Fate>,
    pub counters: Counters,
}

/// Loads a ruleset, taking away what nft refuses; tells how many rules that were.
pub fn load(lab: &mut Lab, ruleset: &mut Ruleset) -> Result<usize, String> {
    let before = ruleset.rules();
    loop {
        match lab.load(&ruleset.text()) {
            Ok(()) => return Ok(before - ruleset.rules()),
            Err(error) if ruleset.without_lines(&refused_lines(&error)) => {
                if std::env::var_os("CLEARWAY_SHOW_REFUSED").is_some() {
                    eprintln!("{error}");
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Line numbers of nft's complaints, without the line that [`Lab::load`] puts in front.
fn refused_lines(error: &str) -> Vec<usize> {
    error
        .lines()
        .filter_map(|line| line.strip_prefix("/dev/stdin:")?.split_once(':')?.0.parse::<usize>().ok())
        .filter_map(|line| line.checked_sub(1))
        .collect()
}

/// Sends the packets of a case whose rules are loaded; none if nft can't list them.
pub fn judge(lab: &mut Lab, case: &Case) -> io::Result<Option<Judgement>> {
    lab.forgetful = case.ruleset.translates();
    observe(lab, &case.packets)
}

/// Sends packets; none if nft can't list the rules.
pub fn observe(lab: &mut Lab, packets: &[Packet]) -> io::Result<Option<Judgement>> {
    let fates = packets.iter().map(|packet| lab.send(packet)).collect::<io::Result<_>>()?;
    Ok(lab.counters().map(|counters| Judgement { fates, counters }))
}
