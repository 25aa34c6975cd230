//! Loads rules into one back end, sends packets, and demands that clearway says the same: every packet's end, every rule's counter, and
//! every rule's text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use crate::compare::{End, clearway::Answer, end, seen};
use crate::lab::{
    Fate, Lab,
    iptables::{Backend, Place, Version, rules},
};
use crate::packet::Packet;

/// What the kernel did, and what clearway says of it, packet by packet.
pub struct Judged {
    pub fates: Vec<Fate>,
    pub answers: Vec<Answer>,
    /// What the kernel's counters of every rule rose by.
    pub counted: BTreeMap<Place, u64>,
}

/// The rules that an answer names as counting, once for each time.
pub fn places(answer: &Answer) -> impl Iterator<Item = Place> {
    let matched = answer.line["matched"].as_array().cloned().unwrap_or_default();
    matched.into_iter().filter_map(|rule| {
        let text = |name: &str| rule[name].as_str().map(str::to_owned);
        Some(Place { family: text("family")?, table: text("table")?, chain: text("chain")?, index: rule["index"].as_u64()? })
    })
}

/// Sends packets through rules that are loaded; the text says where clearway and the kernel differ, empty if they do not.
///
/// What clearway leaves open is not compared: the packet is left out, and counters are compared only if no packet was.
pub fn judge(lab: &mut Lab, backend: Backend, version: Version, packets: &[Packet], answers: Vec<Answer>) -> (Judged, String) {
    let before = backend.save(version);
    // What is translated may come back as another's connection.
    let translates = before.keys().any(|place| place.table == "nat");
    let mut send = |packet| {
        if translates {
            lab.forget()?;
        }
        lab.send(packet)
    };
    let fates: Vec<_> = packets.iter().map(|packet| send(packet).expect("the packet is sent")).collect();
    let saved = backend.save(version);
    let counted: BTreeMap<Place, u64> =
        saved.iter().map(|(place, rule)| (place.clone(), rule.packets - before.get(place).map_or(0, |rule| rule.packets))).collect();
    let mut complaints = String::new();
    for ((packet, fate), answer) in packets.iter().zip(&fates).zip(&answers).filter(|(_, answer)| !answer.open) {
        let (saw, says) = (seen(packet, fate), end(answer));
        if says.as_ref() != Some(&saw) {
            _ = writeln!(complaints, "packet   {}\nkernel   {saw:?}\nclearway {says:?} {}", packet.json(""), answer.line);
        }
    }
    if answers.iter().all(|answer| !answer.open) {
        let mut ours: BTreeMap<Place, u64> = BTreeMap::new();
        answers.iter().flat_map(places).for_each(|place| *ours.entry(place).or_default() += 1);
        for (place, kernel) in &counted {
            let says = ours.remove(place).unwrap_or_default();
            if *kernel != says {
                _ = writeln!(complaints, "counter  {}: kernel {kernel}, clearway {says}", saved[place].text);
            }
        }
        if !ours.is_empty() {
            _ = writeln!(complaints, "clearway counts rules that are not there: {ours:?}");
        }
    }
    (Judged { fates, answers, counted }, complaints)
}

/// Rules that clearway prints otherwise than `iptables-save`.
pub fn texts(lab: &Lab, backend: Backend, version: Version) -> String {
    let mut complaints = String::new();
    let output = Command::new(env!("CARGO_BIN_EXE_clearway")).args(["rules", "--netns", &lab.path()]).output().expect("clearway runs");
    let printed = rules(&String::from_utf8_lossy(&output.stdout), version);
    for (place, wanted) in backend.save(version) {
        let ours = printed.get(&place).map_or("no such rule", |rule| &rule.text);
        if ours != wanted.text {
            _ = writeln!(complaints, "saved    {}\nclearway {ours}", wanted.text);
        }
    }
    complaints
}

/// Whether the packet ended nowhere.
pub fn gone(packet: &Packet, fate: &Fate) -> bool {
    seen(packet, fate) == End::Gone
}
