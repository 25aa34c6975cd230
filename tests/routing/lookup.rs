//! One lookup: as a command of `ip`, and as a packet of ours.

use std::net::IpAddr;

use clearway::{
    model::{Field, HeaderSet, Host, IpVersion, Values},
    simulate::{
        Given, Point, Run, Simulation,
        outcome::{Decision, Delivery, Ending},
        run::Finished,
        source,
    },
};

use crate::lab::Lab;

#[derive(Debug, Clone)]
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
        let run = simulation.run(Point::new(self.fields(lab)), Given::First);
        let [finished] = run.finished.as_slice() else { return format!("{} ends", run.finished.len()) };
        if finished.strand.space.assumed().iter().any(|(field, _)| !matches!(field, Field::Ttl | Field::Length)) {
            return format!("undecided by {:?}", finished.strand.space.assumed());
        }
        told(finished, lab)
    }

    /// The same packets from and to anywhere, routed as one set.
    pub fn anywhere(&self, simulation: &Simulation<'_>, lab: &Lab) -> Run<HeaderSet> {
        let version = simulation.host().version;
        let fixed = self.fields(lab).into_iter().filter(|(field, _)| !matches!(field, Field::Source | Field::Destination));
        let usual = [(Field::Ttl, 64), (Field::Length, 60)];
        let start = fixed.chain(usual).fold(HeaderSet::all(), |set, (field, value)| {
            let width = field.width(version);
            set.split(field, &Values::one(width, value)).0
        });
        simulation.run(start, Given::First)
    }

    /// What the set's outcomes say of this one packet of it.
    pub fn answer_in(&self, run: &Run<HeaderSet>, lab: &Lab) -> String {
        let fields = self.fields(lab);
        let value = |field| match field {
            Field::Ttl => 64,
            Field::Length => 60,
            _ => fields.iter().find(|(each, _)| *each == field).map_or(0, |(_, value)| *value),
        };
        let ends: Vec<_> = run.finished.iter().filter(|finished| finished.strand.space.contains(value)).collect();
        match ends.as_slice() {
            [end] => told(end, lab),
            _ => format!("{} ends", ends.len()),
        }
    }

    /// The sources among those of this host that we say the kernel chooses.
    pub fn chosen_source(&self, host: &Host, lab: &Lab) -> Vec<IpAddr> {
        let version = host.version;
        let fixed = self.fields(lab).into_iter().filter(|(field, _)| *field != Field::Source);
        let sent = fixed.fold(HeaderSet::all(), |set, (field, value)| set.split(field, &Values::one(field.width(version), value)).0);
        let part = source::chosen(sent, host).values(Field::Source, Field::Source.width(version));
        let ranges = part.ranges(4).unwrap_or_default();
        ranges.into_iter().map(|(low, _)| address(low, version)).collect()
    }

    fn fields(&self, lab: &Lab) -> Vec<(Field, u128)> {
        let number = |text: &str| match text.parse() {
            Ok(IpAddr::V4(address)) => u128::from(u32::from(address)),
            Ok(IpAddr::V6(address)) => u128::from(address),
            Err(error) => panic!("{text}: {error}"),
        };
        vec![
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
        ]
    }
}

fn address(number: u128, version: IpVersion) -> IpAddr {
    match version {
        IpVersion::V4 => std::net::Ipv4Addr::from(u32::try_from(number).unwrap_or(0)).into(),
        IpVersion::V6 => std::net::Ipv6Addr::from(number).into(),
    }
}

/// An end in the words in which the lab tells what the kernel says.
fn told<S>(finished: &Finished<S>, lab: &Lab) -> String {
    match (&finished.ending, &finished.delivery, &finished.decision) {
        (Ending::Accept, Delivery::Local { .. }, _) => "local".into(),
        (Ending::Accept, Delivery::Forward { interface } | Delivery::Sent { interface }, _) => format!("out {}", lab.name(*interface)),
        (Ending::Unknown(why), ..) => format!("unknown {why}"),
        (_, _, Decision::Stage { stage, reason }) => error(stage.name(), reason).into(),
        other => format!("{other:?}"),
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
