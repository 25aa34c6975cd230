//! One rule, the packets that match it, and those that do not: loaded into both back ends, sent, and compared.

use super::judge::{self, gone, judge};
use crate::compare::clearway;
use crate::lab::{
    Lab, ip,
    iptables::{BACKENDS, Backend, Place, VERSIONS, Version},
};
use crate::packet::Packet;

/// A rule and its packets. It is loaded into iptables, ip6tables or both, as the addresses of its packets are.
pub struct Case {
    rule: String,
    table: &'static str,
    /// Else PREROUTING for packets that come in, and OUTPUT for those that the host sends.
    chain: Option<&'static str>,
    network: &'static str,
    /// Lines of other tables.
    other: &'static str,
    matching: Vec<Packet>,
    others: Vec<Packet>,
    hotdropped: Vec<Packet>,
    backends: Vec<Backend>,
    open: bool,
}

/// A rule without `-A CHAIN`; `-j DROP` is added if it has no target. Put into the table mangle.
pub fn case(rule: &str, matching: impl IntoIterator<Item = Packet>, others: impl IntoIterator<Item = Packet>) -> Case {
    Case {
        rule: rule.to_owned(),
        table: "mangle",
        chain: None,
        network: "",
        other: "",
        matching: matching.into_iter().collect(),
        others: others.into_iter().collect(),
        hotdropped: Vec::new(),
        backends: BACKENDS.to_vec(),
        open: false,
    }
}

/// Checks cases in one lab for each back end.
pub fn check(cases: impl IntoIterator<Item = Case>) {
    let cases: Vec<_> = cases.into_iter().collect();
    for backend in BACKENDS {
        let mut lab = Lab::build().expect("a lab");
        for case in cases.iter().filter(|case| case.backends.contains(&backend)) {
            for version in VERSIONS {
                case.run(&mut lab, backend, version);
            }
        }
    }
}

impl Case {
    /// In this chain of this table.
    pub fn at(mut self, table: &'static str, chain: &'static str) -> Self {
        (self.table, self.chain) = (table, Some(chain));
        self
    }

    /// `ip -batch` commands that change the lab before; they hold for the cases that follow, too.
    pub fn network(mut self, commands: &'static str) -> Self {
        self.network = commands;
        self
    }

    /// Other tables, as `iptables-restore` reads them.
    pub fn beside(mut self, tables: &'static str) -> Self {
        self.other = tables;
        self
    }

    /// Packets that the match drops at once, uncounted.
    pub fn hotdrops(mut self, packets: impl IntoIterator<Item = Packet>) -> Self {
        self.hotdropped = packets.into_iter().collect();
        self
    }

    /// Only this back end: the other does not take it.
    pub fn only(mut self, backend: Backend) -> Self {
        self.backends = vec![backend];
        self
    }

    /// Clearway leaves open whether the rule matches.
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// The chains that it is put into for the packets of one version.
    fn chains(&self, packets: &[Packet]) -> Vec<&'static str> {
        if let Some(chain) = self.chain {
            return vec![chain];
        }
        let comes_in = |wanted: bool| packets.iter().any(|packet| packet.input.is_some() == wanted);
        [("PREROUTING", true), ("OUTPUT", false)].into_iter().filter(|(_, way)| comes_in(*way)).map(|(chain, _)| chain).collect()
    }

    fn run(&self, lab: &mut Lab, backend: Backend, version: Version) {
        let of_version = |packets: &[Packet]| -> Vec<Packet> {
            packets.iter().filter(|packet| packet.destination.is_ipv4() == (version == Version::V4)).cloned().collect()
        };
        let [matching, others, hotdropped] = [&self.matching, &self.others, &self.hotdropped].map(|packets| of_version(packets));
        let packets = [matching.as_slice(), &others, &hotdropped].concat();
        if packets.is_empty() {
            return;
        }
        ip(self.network).expect("the case's network");
        let title = format!("{backend:?} {version:?} {}", self.rule);
        let target = if self.rule.contains("-j ") || self.rule.contains("-g ") { "" } else { " -j DROP" };
        let chains = self.chains(&packets);
        let lines: String = chains.iter().map(|chain| format!("-A {chain} {}{target}\n", self.rule)).collect();
        lab.forget().expect("connections are forgotten");
        let text = format!("{}*{}\n{lines}COMMIT\n", self.other, self.table);
        if let Err(error) = backend.restore(version, &text) {
            panic!("{title}\n{error}");
        }
        let mut answers = clearway::trace(&lab.path(), &packets).expect("clearway answers");
        let complaints = judge::texts(lab, backend, version);
        assert!(complaints.is_empty(), "{title}\n{complaints}");
        for (group, counts) in [(&matching, 1), (&others, 0), (&hotdropped, 0)] {
            let rest = answers.split_off(group.len());
            let (judged, complaints) = judge(lab, backend, version, group, std::mem::replace(&mut answers, rest));
            assert!(complaints.is_empty(), "{title}\n{complaints}");
            let places: Vec<Place> = chains.iter().map(|chain| self.place(chain, version)).collect();
            let kernel: u64 = places.iter().filter_map(|place| judged.counted.get(place)).sum();
            assert_eq!(kernel, counts * group.len() as u64, "{title}\ncounted by the kernel of {group:#?}");
            for ((packet, fate), answer) in group.iter().zip(&judged.fates).zip(&judged.answers) {
                assert_eq!(answer.open, self.open, "{title}\nleft open: {}", answer.line);
                let ours = judge::places(answer).filter(|place| places.contains(place)).count() as u64;
                assert!(ours == counts || self.open, "{title}\n{}", answer.line);
                let dropped = hotdropped.contains(packet);
                assert!(!dropped || gone(packet, fate), "{title}\nwas not dropped: {packet:?}");
            }
        }
        let tables = self.other.lines().filter_map(|line| line.strip_prefix('*')).chain([self.table]);
        let empty: String = tables.map(|table| format!("*{table}\nCOMMIT\n")).collect();
        backend.restore(version, &empty).expect("empty tables");
    }

    fn place(&self, chain: &str, version: Version) -> Place {
        Place { family: version.family().to_owned(), table: self.table.to_owned(), chain: chain.to_owned(), index: 1 }
    }
}
