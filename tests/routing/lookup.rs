//! One lookup: as a command of `ip`, and as a packet of ours.

use std::net::IpAddr;

use clearway::{
    model::{Field, IpVersion},
    simulate::{
        Given, Point, Simulation,
        outcome::{Decision, Delivery, Ending},
    },
};

use crate::lab::Lab;

#[derive(Debug)]
pub struct Lookup {
    pub destination: String,
    pub source: Option<String>,
    /// Number of the interface `e0`, `e1`…; none if this host sends it.
    pub incoming: Option<usize>,
    pub mark: u32,
    pub tos: u8,
    pub protocol: u8,
    pub ports: (u16, u16),
    pub uid: u32,
}

impl Lookup {
    /// The command.
    pub fn command(&self, version: IpVersion) -> String {
        let mut words = vec![format!("route get {}", self.destination)];
        words.extend(self.source.as_ref().map(|source| format!("from {source}")));
        words.extend(self.incoming.map(|number| format!("iif e{number}")));
        words.extend((self.mark != 0).then(|| format!("mark {}", self.mark)));
        words.extend((self.tos != 0).then(|| format!("tos {:#x}", self.tos)));
        // A received packet is root's; only IPv6 has to be told so for a lookup.
        words.extend((self.incoming.is_none() || version == IpVersion::V6).then(|| format!("uid {}", self.uid)));
        words.push(format!("ipproto {} sport {} dport {}", self.protocol, self.ports.0, self.ports.1));
        words.join(" ")
    }

    /// What our routing says, in the words in which the lab tells what the kernel says.
    pub fn answer(&self, simulation: &Simulation<'_>, lab: &Lab) -> String {
        let run = simulation.run(self.packet(lab), Given::First);
        let [finished] = run.finished.as_slice() else { return format!("{} ends", run.finished.len()) };
        if finished.strand.space.assumed().iter().any(|(field, _)| !matches!(field, Field::Ttl | Field::Length)) {
            return format!("undecided by {:?}", finished.strand.space.assumed());
        }
        match (&finished.ending, &finished.delivery, &finished.decision) {
            (Ending::Accept, Delivery::Local { .. }, _) => "local".into(),
            (Ending::Accept, Delivery::Forward { interface } | Delivery::Sent { interface }, _) => format!("out {}", lab.name(*interface)),
            (Ending::Unknown(why), ..) => format!("unknown {why}"),
            (_, _, Decision::Stage { stage, reason }) => error(stage, reason).into(),
            other => format!("{other:?}"),
        }
    }

    fn packet(&self, lab: &Lab) -> Point {
        let number = |text: &str| match text.parse() {
            Ok(IpAddr::V4(address)) => u128::from(u32::from(address)),
            Ok(IpAddr::V6(address)) => u128::from(address),
            Err(error) => panic!("{text}: {error}"),
        };
        Point::new(vec![
            (Field::InInterface, self.incoming.map_or(0, |number| lab.index(&format!("e{number}")).into())),
            (Field::Source, self.source.as_deref().map_or(0, number)),
            (Field::Destination, number(&self.destination)),
            (Field::Mark, self.mark.into()),
            (Field::Dscp, u128::from(self.tos >> 2)),
            (Field::Protocol, self.protocol.into()),
            (Field::SourcePort, self.ports.0.into()),
            (Field::DestinationPort, self.ports.1.into()),
            (Field::Uid, self.uid.into()),
            (Field::IpFlags, 0),
            (Field::FragmentOffset, 0),
            (Field::PacketType, 0),
        ])
    }
}

/// The error by which the kernel tells such an end.
fn error(stage: &str, reason: &str) -> &'static str {
    match stage {
        // Since Linux 6.14 both are told as this.
        "rp_filter" | "martian" => "EINVAL",
        "forwarding" => "EHOSTUNREACH",
        // Without forwarding, every failed lookup is told as this.
        _ if reason.contains("forwarding is off") => "EHOSTUNREACH",
        _ => ["ENETUNREACH", "EHOSTUNREACH", "EACCES", "EINVAL"].into_iter().find(|name| reason.contains(name)).unwrap_or("?"),
    }
}
