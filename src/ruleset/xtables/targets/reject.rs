//! `-j REJECT` (`reject_tg`, ipt_REJECT.c; `reject_tg6`, ip6t_REJECT.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// Drops with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    pub answer: Answer,
    version: IpVersion,
}

/// What the sender hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    TcpReset,
    /// ICMP, or ICMPv6, destination unreachable with this code.
    Unreachable(u8),
}

/// A kind: the kernel's number, name and other name on the command line, answer.
type Kind = (u32, &'static str, &'static str, Answer);

/// `enum ipt_reject_with`.
const KINDS_4: [Kind; 8] = [
    (0, "icmp-net-unreachable", "net-unreach", Answer::Unreachable(0)),
    (1, "icmp-host-unreachable", "host-unreach", Answer::Unreachable(1)),
    (2, "icmp-proto-unreachable", "proto-unreach", Answer::Unreachable(2)),
    (3, "icmp-port-unreachable", "port-unreach", Answer::Unreachable(3)),
    (5, "icmp-net-prohibited", "net-prohib", Answer::Unreachable(9)),
    (6, "icmp-host-prohibited", "host-prohib", Answer::Unreachable(10)),
    (7, "tcp-reset", "tcp-rst", Answer::TcpReset),
    (8, "icmp-admin-prohibited", "admin-prohib", Answer::Unreachable(13)),
];

/// `enum ip6t_reject_with`.
const KINDS_6: [Kind; 8] = [
    (0, "icmp6-no-route", "no-route", Answer::Unreachable(0)),
    (1, "icmp6-adm-prohibited", "adm-prohibited", Answer::Unreachable(1)),
    (2, "icmp6-not-neighbor", "not-neighbor", Answer::Unreachable(2)),
    (3, "icmp6-addr-unreachable", "addr-unreach", Answer::Unreachable(3)),
    (4, "icmp6-port-unreachable", "port-unreach", Answer::Unreachable(4)),
    (6, "tcp-reset", "tcp-reset", Answer::TcpReset),
    (7, "icmp6-policy-fail", "policy-fail", Answer::Unreachable(5)),
    (8, "icmp6-reject-route", "reject-route", Answer::Unreachable(6)),
];

/// `struct ipt_reject_info` and `struct ip6t_reject_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    with: u32,
}

fn kinds(version: IpVersion) -> &'static [Kind; 8] {
    match version {
        IpVersion::V4 => &KINDS_4,
        IpVersion::V6 => &KINDS_6,
    }
}

impl Extension for Reject {
    const NAMES: &'static [&'static str] = &["REJECT"];
    const OPTIONS: &'static [Opt] = &[Opt::value("reject-with")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (info, _) = Info::read_from_prefix(raw.info).ok()?;
        let (.., answer) = kinds(raw.version).iter().find(|(number, ..)| *number == info.with)?;
        (raw.revision == 0).then_some(Self { answer: *answer, version: raw.version })
    }

    fn start(_name: &str, rule: &Rule) -> Self {
        let port = if rule.version == IpVersion::V4 { 3 } else { 4 };
        Self { answer: Answer::Unreachable(port), version: rule.version }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let begins = |name: &str| name.len() >= given.value.len() && name.as_bytes()[..given.value.len()].eq_ignore_ascii_case(given.value.as_bytes());
        let found = kinds(self.version).iter().find(|(_, name, other, _)| begins(name) || begins(other));
        let (.., answer) = found.ok_or_else(|| given.bad("a kind of rejection"))?;
        self.answer = *answer;
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        let kind = kinds(self.version).iter().find(|(.., answer)| *answer == self.answer);
        line.option(false, "--reject-with", kind.map_or("", |(_, name, ..)| name));
    }
}
