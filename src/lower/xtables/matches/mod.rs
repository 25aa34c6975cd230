//! What the matches ask of a packet, a file each.

mod addrtype;

mod ah;

mod comment;

mod connmark;

mod conntrack;

mod cpu;

mod dccp;

mod devgroup;

mod dscp;

mod ecn;

mod esp;

mod eui64;

mod icmp;

mod iprange;

mod length;

mod mac;

mod mark;

mod multiport;

mod owner;

mod physdev;

mod pkttype;

mod policy;

pub mod ports;

mod realm;

mod sctp;

mod set;

mod tcp;

mod tcpmss;

mod tos;

mod ttl;

mod udp;

use crate::{
    lower::context::Context,
    model::{Step, Test, step::ConditionKind},
    ruleset::xtables::{Match, extension::Foreign, print::Line},
};

/// What a match does with a packet.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// Done before: lookups that leave what they find in registers.
    pub before: Vec<Step>,
    /// Dropped at once.
    pub hotdrop: Test,
    /// Of all others: matched.
    pub holds: Test,
}

impl Meaning {
    /// Never drops at once.
    #[must_use]
    pub fn test(holds: Test) -> Self {
        Self { before: Vec::new(), hotdrop: Test::Never, holds }
    }

    /// As steps of a rule.
    pub fn steps(self) -> impl Iterator<Item = Step> {
        let hotdrop = (!matches!(self.hotdrop, Test::Never)).then_some(Step::Hotdrop(self.hotdrop));
        let holds = (!matches!(self.holds, Test::Always)).then_some(Step::Test(self.holds));
        self.before.into_iter().chain(hotdrop).chain(holds)
    }
}

/// The meaning of a match.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    match each {
        Match::Addrtype(addrtype) => addrtype::meaning(each, addrtype, context),
        Match::Ah(ah) => ah::meaning(each, ah, context),
        Match::Comment(_) => comment::meaning(),
        Match::Connmark(connmark) => connmark::meaning(connmark),
        Match::Conntrack(conntrack) => conntrack::meaning(each, conntrack, context),
        Match::Cpu(cpu) => cpu::meaning(cpu),
        Match::Dccp(dccp) => dccp::meaning(each, dccp, context),
        Match::Devgroup(devgroup) => devgroup::meaning(devgroup, context),
        Match::Dscp(dscp) => dscp::meaning(dscp),
        Match::Ecn(ecn) => ecn::meaning(ecn, context),
        Match::Esp(esp) => esp::meaning(esp, context),
        Match::Eui64(_) => eui64::meaning(each, context),
        Match::Icmp(icmp) => icmp::meaning(icmp, context),
        Match::Iprange(iprange) => iprange::meaning(iprange, context),
        Match::Length(length) => length::meaning(length),
        Match::Mac(mac) => mac::meaning(mac, context),
        Match::Mark(mark) => mark::meaning(mark),
        Match::Multiport(multiport) => multiport::meaning(multiport, context),
        Match::Owner(owner) => owner::meaning(owner, context),
        Match::Physdev(physdev) => physdev::meaning(each, physdev, context),
        Match::Pkttype(pkttype) => pkttype::meaning(pkttype, context),
        Match::Policy(policy) => policy::meaning(each, policy, context),
        Match::Realm(realm) => realm::meaning(realm),
        Match::Sctp(sctp) => sctp::meaning(each, sctp, context),
        Match::Set(set) => set::meaning(set, context),
        Match::Tcp(tcp) => tcp::meaning(tcp, context),
        Match::Tcpmss(tcpmss) => tcpmss::meaning(each, tcpmss, context),
        Match::Tos(tos) => tos::meaning(tos),
        Match::Ttl(ttl) => ttl::meaning(ttl),
        Match::Udp(udp) => udp::meaning(udp, context),
        Match::Foreign(foreign) => unknown(foreign, context),
    }
}

/// A match that is not modelled holds or not.
fn unknown(foreign: &Foreign, context: &mut Context<'_>) -> Meaning {
    let text = format!("-m {}", foreign.name);
    Meaning::test(Test::Condition(context.condition(ConditionKind::Unknown, text)))
}

/// The test, or its opposite.
fn either(test: Test, inverted: bool) -> Test {
    if inverted { test.negate() } else { test }
}

/// A match that something outside of the packet decides.
fn undecided(each: &Match, kind: ConditionKind, context: &mut Context<'_>) -> Test {
    let text = text(each, context);
    Test::Condition(context.condition(kind, text))
}

/// A match in the operator's words: `-m limit --limit 5/min`.
fn text(each: &Match, context: &Context<'_>) -> String {
    let mut line = Line::new(context.version);
    line.raw("-m ");
    line.raw(each.name());
    each.write(&mut line);
    line.finish()
}
