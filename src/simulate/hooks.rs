//! One hook: base chains by priority, with connection tracking, defragmentation and NAT at their places among them.
//!
//! Accept ends only its own base chain; drop is final (`nf_hook_slow`).

use std::sync::LazyLock;

use super::{
    backends::of_both,
    conntrack::{self, Given},
    machine::Machine,
    nat,
    outcome::{Decision, Ending, Event},
    space::Space,
    stage::Stage,
    strand::{Strand, Tracking, gather},
};
use crate::model::{
    ChainId, Field, Hook, Test, Values,
    chain::{Backend, ChainKind},
};

/// More strands than this go on together where they differ only in the rule that let them through.
const APART_LIMIT: usize = 256;

/// What runs at one priority of a hook.
enum Stop {
    Chain(ChainId),
    /// Chains of both back ends.
    InAnyOrder(Vec<ChainId>),
    Defragment,
    Track,
    /// For what a tie left over.
    TrackAfterTie,
    Translate(nat::Side, Vec<ChainId>),
    /// The same, where a chain of the same priority may run first.
    TranslateBeforeTie(nat::Side, Vec<ChainId>),
}

impl<S: Space> Machine<'_, S> {
    /// Packets pass a hook; gives those that get through.
    pub fn pass(&mut self, hook: Hook, mut strands: Vec<Strand<S>>, given: Given, device: Option<u32>) -> Vec<Strand<S>> {
        self.hook = hook;
        if S::TRACED && !self.decider.host.chains_at(hook).is_empty() {
            for strand in &mut strands {
                strand.note(|| Event::Hook(hook));
            }
        }
        for stop in self.stops(hook, device) {
            if strands.is_empty() {
                break;
            }
            strands = match stop {
                Stop::Chain(chain) => self.chain_at(hook, chain, together(strands)),
                Stop::InAnyOrder(chains) => self.in_any_order(&chains, together(strands), |machine, order, strands| {
                    order.iter().fold(strands, |strands, chain| machine.chain_at(hook, *chain, strands))
                }),
                Stop::Defragment => self.defragment(strands),
                Stop::Track if given == Given::First && self.ties_with_conntrack(hook) => {
                    let (before, after) = self.before_or_after(strands);
                    let mut tracked = self.track(before, given);
                    tracked.extend(after);
                    tracked
                }
                Stop::Track | Stop::TrackAfterTie => self.track(strands, given),
                Stop::TranslateBeforeTie(side, chains) => {
                    let (before, after) = self.one_or_other(strands, "whether addresses are translated before a chain of that priority");
                    let mut strands = self.translate_connections(side, &chains, before);
                    strands.extend(after);
                    strands
                }
                Stop::Translate(side, chains) => self.translate_connections(side, &chains, strands),
            };
            if hook == Hook::Output && strands.iter().any(|strand| strand.way.reroute) {
                strands = self.reroute(strands);
            }
        }
        strands
    }

    fn chain_at(&mut self, hook: Hook, chain: ChainId, mut strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let host = self.decider.host;
        let kind = host.chains[chain.0 as usize].base.as_ref().map(|base| base.kind);
        if hook != Hook::Output || kind != Some(ChainKind::Route) {
            return self.base_chain(chain, strands);
        }
        for strand in &mut strands {
            strand.remember_route(host.version);
        }
        let strands = self.base_chain(chain, strands);
        strands.into_iter().flat_map(|strand| self.compare_route(strand)).collect()
    }

    /// What runs in a hook, in order. A tie between a chain and one of the kernel's own stops is broken for the kernel's, which is
    /// registered with the first rule that needs it; but see [`super::tie`].
    fn stops(&self, hook: Hook, device: Option<u32>) -> Vec<Stop> {
        let host = self.decider.host;
        let mut stops: Vec<(i32, u8, Stop)> = Vec::new();
        let mut translating = Vec::new();
        // NAT is registered with the first nat chain (`nf_nat_register_fn`), and what is registered later runs first.
        let own = |id: ChainId| host.chains[id.0 as usize].backend == Backend::NfTables;
        let first = host.translating_chains().min().filter(|_| host.translating_chains().all(own));
        let later = |id: ChainId| own(id) && first.is_some_and(|first| id > first);
        for id in host.chains_at(hook) {
            let Some(base) = &host.chains[id.0 as usize].base else { continue };
            if base.kind == ChainKind::Nat {
                translating.push(*id);
            } else if !matches!(hook, Hook::Ingress | Hook::Egress) || device.is_some_and(|device| base.devices.contains(&device)) {
                stops.push((base.priority, if later(*id) { 1 } else { 3 }, Stop::Chain(*id)));
            }
        }
        if host.conntrack && matches!(hook, Hook::Prerouting | Hook::Output) {
            stops.push((conntrack::DEFRAGMENT_PRIORITY, 0, Stop::Defragment));
            stops.push((conntrack::PRIORITY, 0, Stop::Track));
            stops.push((conntrack::PRIORITY, 4, Stop::TrackAfterTie));
        }
        if host.translates()
            && let Some(side) = nat::Side::of(hook)
        {
            // The first nat chain that there was may be gone.
            if stops.iter().any(|(priority, rank, _)| (*priority, *rank) == (side.priority(), 3)) {
                stops.push((side.priority(), 2, Stop::TranslateBeforeTie(side, translating.clone())));
            }
            stops.push((side.priority(), 4, Stop::Translate(side, translating)));
        }
        // Stable: chains of equal priority keep the kernel's order.
        stops.sort_by_key(|(priority, tie, _)| (*priority, *tie));
        let mut joined: Vec<(i32, Stop)> = Vec::new();
        for (priority, _, stop) in stops {
            match (joined.last_mut(), stop) {
                (Some((before, Stop::InAnyOrder(chains))), Stop::Chain(chain)) if *before == priority => chains.push(chain),
                (_, Stop::Chain(chain)) => joined.push((priority, Stop::InAnyOrder(vec![chain]))),
                (_, stop) => joined.push((priority, stop)),
            }
        }
        let apart = |stop| match stop {
            Stop::InAnyOrder(chains) if !of_both(host, &chains) => chains.into_iter().map(Stop::Chain).collect(),
            stop => vec![stop],
        };
        joined.into_iter().flat_map(|(_, stop)| apart(stop)).collect()
    }

    /// `nf_ct_ipv4_gather_frags`, `nf_ct_frag6_gather`: a fragment waits here for the others, but for one that is exempt from tracking
    /// already (`ipv4_conntrack_defrag`, `ipv6_defrag`).
    fn defragment(&mut self, strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let (mut whole, strands): (Vec<_>, Vec<_>) = strands.into_iter().partition(|strand| strand.way.tracking == Tracking::Untracked);
        for strand in strands {
            let (fragments, others) = self.decider.split(strand, &IS_FRAGMENT);
            whole.extend(others);
            for strand in fragments {
                let reason = "conntrack keeps a fragment until all of its packet is there".into();
                self.end(strand, Ending::Drop, Decision::Stage { stage: Stage::Defragment, reason });
            }
        }
        whole
    }
}

/// Part of a packet (`ip_is_fragment`). Built once: every packet is asked.
pub static IS_FRAGMENT: LazyLock<Test> = LazyLock::new(|| {
    Test::Any(
        [Test::is(Field::IpFlags, Values::masked(3, 1, 1)), Test::Not(Box::new(Test::is(Field::FragmentOffset, Values::one(13, 0))))]
            .into(),
    )
});

/// Strands that differ only in what let them through go on as one where there are very many of them.
fn together<S: Space>(strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
    if strands.len() <= APART_LIMIT || S::TRACED {
        return strands;
    }
    let mut joined: Vec<Strand<S>> = Vec::new();
    for mut strand in strands {
        if let Some(last) = strand.way.passed.last_mut() {
            *last = last.several();
        }
        gather(&mut joined, strand);
    }
    joined
}
