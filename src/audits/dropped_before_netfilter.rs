//! `dropped-before-netfilter`.

use std::collections::BTreeMap;

use super::{Audit, Check, Placed, Problem, Severity, judge::Judged};
use crate::{
    gateway::Expect,
    model::{Field, Values},
    obstacles::devices::{self, AtDevice},
    simulate::outcome::Delivery,
    site::Site,
};

/// Programs see packets before rules do.
pub const AUDIT: Audit = Audit {
    code: "dropped-before-netfilter",
    summary: "an XDP program or a filter of traffic control sees a flow's packets before the rules, or after them",
    explanation: "\
Packets pass more than rules: an XDP program sees what an interface receives before anything else, filters of traffic control (tc) see it next, and see last
what is sent. Each may drop or change packets, and no rule, counter or log of netfilter tells of it. What such a program does can't be read from outside. If packets
do not come that ought to: look at the counters (tc -s qdisc show, tc -s filter show dev DEVICE ingress), at the program (ip -d link, bpftool prog, bpftool net)
and at who loaded it (Cilium, Calico, a provider's DDoS protection). Programs that are attached as links (tcx, netkit) are not seen here; bpftool net shows them.",
    severity: Severity::Note,
    check: Check::Host(check),
};

fn check(site: &Site, flows: &[Judged]) -> Placed {
    let mut by_device: BTreeMap<u32, Vec<AtDevice>> = BTreeMap::new();
    for (index, at) in devices::obstacles(&site.snapshot) {
        by_device.entry(index).or_default().push(at);
    }
    let placed = by_device.into_iter().filter_map(|(index, obstacles)| {
        let name = site.interface(index)?;
        let first = flows.iter().position(|judged| judged.flow.expect == Expect::Pass && passes(judged, index))?;
        let title = format!("packets at {name} meet more than rules");
        Some((first, Problem { doubtful: true, ..Problem::beside(title, obstacles.iter().map(|at| words(at, &name)).collect()) }))
    });
    placed.collect()
}

fn words(at: &AtDevice, name: &str) -> String {
    match at {
        AtDevice::Xdp { mode, program } => {
            let program = program.map_or_else(String::new, |program| format!(" (bpftool prog show id {program})"));
            format!("a {mode} XDP program sees what {name} receives before all rules{program}")
        }
        AtDevice::Filters { received: true, filters } => {
            format!("filters of tc see what {name} receives before the rules of IP: {}", filters.join(", "))
        }
        AtDevice::Filters { received: false, filters } => {
            format!("filters of tc see what {name} sends after all rules: {}", filters.join(", "))
        }
        AtDevice::Dropped(count) => format!("filters at {name} have dropped {count} packets (tc -s qdisc show dev {name})"),
    }
}

/// Whether packets of the flow come or go by an interface.
fn passes(judged: &Judged, index: u32) -> bool {
    let [first, ..] = &judged.legs;
    first.pieces.iter().filter(|piece| !piece.honest.is_empty()).any(|piece| {
        let out = match piece.outcome.delivery {
            Delivery::Forward { interface } | Delivery::Sent { interface } => interface == index,
            Delivery::None | Delivery::Local { .. } => false,
        };
        out || !piece.honest.values(Field::InInterface, 32).and(&Values::one(32, index.into())).is_empty()
    })
}
