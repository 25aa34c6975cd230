//! What the matches ask of a packet, a file each.

mod addrtype;

mod ah;

mod bpf;

mod bytes;

mod cgroup;

mod cluster;

mod comment;

mod connbytes;

mod connlabel;

mod connlimit;

mod connmark;

mod conntrack;

mod cpu;

mod dccp;

mod devgroup;

mod dscp;

mod ecn;

mod esp;

mod eui64;

mod extension_headers;

mod frag;

mod hashlimit;

mod helper;

mod icmp;

mod ipcomp;

mod iprange;

mod ipvs;

mod ipv6header;

mod length;

mod limit;

mod mac;

mod mark;

mod mh;

mod multiport;

mod nfacct;

mod osf;

mod owner;

mod physdev;

mod pkttype;

mod policy;

pub mod ports;

mod quota;

mod rateest;

mod realm;

mod recent;

mod rpfilter;

mod sctp;

mod set;

mod socket;

mod statistic;

mod string;

mod tcp;

mod tcpmss;

mod time;

mod tos;

mod ttl;

mod u32;

mod udp;

use smallvec::{SmallVec, smallvec};

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
        // Several tests in a row are as many steps: a step takes less room than a list of one.
        let holds: SmallVec<[Test; 4]> = match self.holds {
            Test::Always => SmallVec::new(),
            Test::All(tests) => tests.iter().cloned().collect(),
            test => smallvec![test],
        };
        self.before.into_iter().chain(hotdrop).chain(holds.into_iter().map(Step::Test))
    }
}

/// The meaning of a match.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    match each {
        Match::Addrtype(addrtype) => addrtype::meaning(each, addrtype, context),
        Match::Ah(ah) => ah::meaning(each, ah, context),
        Match::Bpf(bpf) => bpf::meaning(each, bpf, context),
        Match::Cgroup(cgroup) => cgroup::meaning(cgroup, context),
        Match::Cluster(_) => cluster::meaning(each, context),
        Match::Comment(_) => comment::meaning(),
        Match::Connbytes(_) => connbytes::meaning(each, context),
        Match::Connlabel(connlabel) => connlabel::meaning(connlabel, context),
        Match::Connlimit(connlimit) => connlimit::meaning(each, connlimit, context),
        Match::Connmark(connmark) => connmark::meaning(connmark),
        Match::Conntrack(conntrack) => conntrack::meaning(each, conntrack, context),
        Match::Cpu(cpu) => cpu::meaning(cpu),
        Match::Dccp(dccp) => dccp::meaning(each, dccp, context),
        Match::Devgroup(devgroup) => devgroup::meaning(devgroup, context),
        Match::Dscp(dscp) => dscp::meaning(dscp),
        Match::Dst(_) => extension_headers::meaning(each, extension_headers::DESTINATION, context),
        Match::Ecn(ecn) => ecn::meaning(ecn, context),
        Match::Esp(esp) => esp::meaning(esp, context),
        Match::Eui64(_) => eui64::meaning(each, context),
        Match::Frag(frag) => frag::meaning(each, frag, context),
        Match::Hashlimit(hashlimit) => hashlimit::meaning(each, hashlimit, context),
        Match::Hbh(_) => extension_headers::meaning(each, extension_headers::HOP_BY_HOP, context),
        Match::Helper(helper) => helper::meaning(helper, context),
        Match::Icmp(icmp) => icmp::meaning(icmp, context),
        Match::Ipcomp(ipcomp) => ipcomp::meaning(ipcomp, context),
        Match::Iprange(iprange) => iprange::meaning(iprange, context),
        Match::Ipvs(ipvs) => ipvs::meaning(ipvs, context),
        Match::Ipv6header(header) => ipv6header::meaning(each, header, context),
        Match::Length(length) => length::meaning(length),
        Match::Limit(_) => limit::meaning(each, context),
        Match::Mac(mac) => mac::meaning(mac, context),
        Match::Mark(mark) => mark::meaning(mark),
        Match::Mh(mh) => mh::meaning(mh, context),
        Match::Multiport(multiport) => multiport::meaning(multiport, context),
        Match::Nfacct(_) => nfacct::meaning(each, context),
        Match::Osf(_) => osf::meaning(each, context),
        Match::Owner(owner) => owner::meaning(owner, context),
        Match::Physdev(physdev) => physdev::meaning(each, physdev, context),
        Match::Pkttype(pkttype) => pkttype::meaning(pkttype, context),
        Match::Policy(policy) => policy::meaning(each, policy, context),
        Match::Quota(quota) => quota::meaning(quota, context),
        Match::Rateest(_) => rateest::meaning(each, context),
        Match::Realm(realm) => realm::meaning(realm, context),
        Match::Recent(recent) => recent::meaning(each, recent, context),
        Match::Rpfilter(rpfilter) => rpfilter::meaning(rpfilter, context),
        Match::Rt(_) | Match::Srh(_) => extension_headers::meaning(each, extension_headers::ROUTING, context),
        Match::Sctp(sctp) => sctp::meaning(each, sctp, context),
        Match::Set(set) => set::meaning(set, context),
        Match::Socket(_) => socket::meaning(each, context),
        Match::Statistic(statistic) => statistic::meaning(each, statistic, context),
        Match::Tcp(tcp) => tcp::meaning(tcp, context),
        Match::Tcpmss(tcpmss) => tcpmss::meaning(each, tcpmss, context),
        Match::Text(text) => string::meaning(text, context),
        Match::Time(time) => time::meaning(each, time, context),
        Match::Tos(tos) => tos::meaning(tos),
        Match::Ttl(ttl) => ttl::meaning(ttl),
        Match::U32(u32) => u32::meaning(each, u32, context),
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
