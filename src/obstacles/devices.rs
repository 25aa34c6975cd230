//! Programs and filters at interfaces, which packets pass before the first rule sees them, or after the last: XDP and traffic control.

use crate::{
    ruleset::nft::decode::attributes::{parse_known, text},
    snapshot::{Messages, Snapshot},
};

/// `TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)`: what is received.
pub const INGRESS: u32 = 0xffff_fff2;
/// `TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)`: what is sent.
pub const EGRESS: u32 = 0xffff_fff3;

/// What stands at an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtDevice {
    /// An XDP program sees what is received before anything else does.
    Xdp {
        /// `native`, `generic` or `offloaded`.
        mode: &'static str,
        /// Its number, as `bpftool prog` shows it.
        program: Option<u32>,
    },
    /// Filters of traffic control.
    Filters {
        /// Whether they see what is received; else what is sent.
        received: bool,
        /// Each with its kind, and its name if it is a program: `bpf (filter.o:[classifier])`.
        filters: Vec<String>,
    },
    /// So many packets were dropped by filters of the interface since they were made.
    Dropped(u32),
}

/// What stands at the interfaces, each with the index of its interface.
#[must_use]
pub fn obstacles(snapshot: &Snapshot) -> Vec<(u32, AtDevice)> {
    let messages = |messages: &Messages| messages.iter().map_while(Result::ok).map(|message| message.payload.to_vec()).collect::<Vec<_>>();
    let mut found: Vec<(u32, AtDevice)> = messages(&snapshot.links).iter().filter_map(|payload| xdp(payload)).flatten().collect();
    for (index, received, told) in messages(&snapshot.obstacles.filters).iter().filter_map(|payload| filter(payload)) {
        let same = |(other, at): &&mut (u32, AtDevice)| {
            *other == index && matches!(at, AtDevice::Filters { received: other, .. } if *other == received)
        };
        match found.iter_mut().find(same) {
            // One filter is told by several messages: itself, and each of its handles.
            Some((_, AtDevice::Filters { filters, .. })) if !filters.contains(&told) => filters.push(told),
            Some(_) => {}
            None => found.push((index, AtDevice::Filters { received, filters: vec![told] })),
        }
    }
    for (index, dropped) in messages(&snapshot.obstacles.qdiscs).iter().filter_map(|payload| holder(payload)) {
        let filtered = found.iter().any(|(other, at)| *other == index && matches!(at, AtDevice::Filters { .. }));
        found.extend((filtered && dropped > 0).then_some((index, AtDevice::Dropped(dropped))));
    }
    found
}

/// The interfaces that have qdiscs to hold filters.
#[must_use]
pub fn with_filters(qdiscs: &Messages) -> Vec<u32> {
    let mut interfaces: Vec<u32> =
        qdiscs.iter().map_while(Result::ok).filter_map(|message| holder(message.payload)).map(|(index, _)| index).collect();
    interfaces.dedup();
    interfaces
}

/// IFLA_XDP of an interface, which each of its modes may have a program in (`rtnl_xdp_fill`).
fn xdp(payload: &[u8]) -> Option<Vec<(u32, AtDevice)>> {
    const IFLA_XDP: usize = 43;
    let index = number(payload.get(4..8)?)?;
    let attributes: [Option<&[u8]>; IFLA_XDP + 1] = parse_known(payload.get(16..)?)?;
    let [_, _, attached, _, program, native, generic, offloaded] = parse_known(attributes.get(IFLA_XDP)?.as_ref()?)?;
    let mode = *attached?.first()?;
    let at = |mode, program: Option<&[u8]>| (index, AtDevice::Xdp { mode, program: program.and_then(number) });
    Some(match mode {
        0 => Vec::new(),
        1 => vec![at("native", native.or(program))],
        2 => vec![at("generic", generic.or(program))],
        3 => vec![at("offloaded", offloaded.or(program))],
        _ => [("native", native), ("generic", generic), ("offloaded", offloaded)]
            .into_iter()
            .filter(|(_, program)| program.is_some())
            .map(|(mode, program)| at(mode, program))
            .collect(),
    })
}

/// A `clsact` or `ingress` qdisc: its interface, and how many packets its filters dropped (`tc_fill_qdisc`).
fn holder(payload: &[u8]) -> Option<(u32, u32)> {
    let [_, kind, _, _, _, _, _, statistics] = parse_known(payload.get(20..)?)?;
    if !matches!(text(kind?).as_str(), "clsact" | "ingress") {
        return None;
    }
    // TCA_STATS_QUEUE: a `struct gnet_stats_queue`.
    let queue = statistics.and_then(|statistics| parse_known::<4>(statistics)?.get(3).copied().flatten());
    let dropped = queue.and_then(|queue| number(queue.get(8..12)?)).unwrap_or_default();
    Some((number(payload.get(4..8)?)?, dropped))
}

/// A filter: its interface, whether it sees what is received, and itself in words (`tcf_fill_node`).
fn filter(payload: &[u8]) -> Option<(u32, bool, String)> {
    const TCA_BPF_NAME: usize = 7;
    let [_, kind, options] = parse_known(payload.get(20..)?)?;
    let kind = text(kind?);
    // The first message of a filter that has handles does not tell them.
    let name = options
        .filter(|_| kind == "bpf")
        .and_then(|options| parse_known::<{ TCA_BPF_NAME + 1 }>(options)?.get(TCA_BPF_NAME).copied().flatten());
    options?;
    let told = name.map_or_else(|| kind.clone(), |name| format!("{kind} ({})", text(name)));
    Some((number(payload.get(4..8)?)?, number(payload.get(12..16)?)? != EGRESS, told))
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_messages_are_no_obstacles() {
        let mut bytes = [0u8; 64];
        for length in 0..64u8 {
            bytes[16] = length;
            for payload in [&bytes[..usize::from(length)], &bytes[..]] {
                assert!(xdp(payload).is_none());
                assert!(holder(payload).is_none());
                assert!(filter(payload).is_none());
            }
        }
    }
}
