//! What Linux does, one fixed case a fact: rules, packets, and the ends and counters that the kernel shows. Clearway has to say the same.

mod connection;
mod loops;
mod marks;
mod nat;
mod numbers;
mod order;
mod rejects;
mod reroute;
mod routing;
mod sets;
mod steps;

use crate::compare::{clearway, compare, kernel::Judgement};
use crate::harness::Test;
use crate::lab::{Lab, ip, settings::sysctls};
use crate::packet::Packet;

/// Every fact.
pub const TESTS: [&[Test]; 11] = [
    connection::TESTS,
    loops::TESTS,
    marks::TESTS,
    nat::TESTS,
    numbers::TESTS,
    order::TESTS,
    rejects::TESTS,
    reroute::TESTS,
    routing::TESTS,
    sets::TESTS,
    steps::TESTS,
];

/// Where a packet ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At this host's transport protocols.
    Here,
    /// Out of this interface.
    Out(&'static str),
    /// Nowhere.
    Gone,
}

pub use End::{Gone, Here, Out};

/// A fact.
#[derive(Default)]
pub struct Fact {
    /// `ip -batch` commands that change the lab.
    pub network: &'static str,
    pub sysctls: &'static [(&'static str, &'static str)],
    pub rules: &'static str,
    pub packets: Vec<(Packet, End)>,
    /// Comment of a rule, and what its counter shows.
    pub counters: &'static [(&'static str, u64)],
    /// Why clearway is not asked.
    pub kernel_only: Option<&'static str>,
}

impl Fact {
    /// Holds it against the kernel, and clearway against both.
    pub fn check(self) {
        let mut lab = Lab::build().expect("a lab");
        sysctls(self.sysctls).expect("the fact's sysctls");
        ip(self.network).expect("the fact's network");
        lab.load(&lines(self.rules)).expect("nft takes the fact's rules");
        let (packets, ends): (Vec<Packet>, Vec<End>) = self.packets.into_iter().unzip();
        // Before the packets go, which may change sets.
        let answers = match self.kernel_only {
            Some(_) => None,
            None => Some(clearway::trace(&lab.path(), &packets).expect("clearway answers")),
        };
        let fates: Vec<_> = packets.iter().map(|packet| lab.send(packet).expect("the packet is sent")).collect();
        let seen: Vec<End> = fates
            .iter()
            .map(|fate| match fate.left.as_slice() {
                _ if fate.delivered => Here,
                [(interface, _), ..] => Out(interface),
                [] => Gone,
            })
            .collect();
        assert_eq!(seen, ends, "where the packets ended");
        let counters = lab.counters().expect("nft lists the fact's rules");
        for (comment, expected) in self.counters {
            let rule = counters.values().find(|rule| rule.comment.as_deref() == Some(comment)).expect("a rule has this comment");
            assert_eq!(rule.packets, Some(*expected), "counter of {comment}");
        }
        if let Some(answers) = answers {
            let (_, complaints) = compare(&packets, &Judgement { fates, counters }, &answers);
            assert!(complaints.is_empty(), "clearway does not agree with the kernel:\n{complaints}");
        }
    }
}

/// nft wants a statement to end before the brace that closes its block, which the facts leave out.
fn lines(rules: &str) -> String {
    rules.replace(" }", "\n}")
}
