//! IPsec policies: which packets they block, and which they let pass only protected.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;

use crate::{
    gateway::expression::number,
    model::{Field, HeaderSet, IpVersion, Values},
    ruleset::nft::decode::attributes::parse_known,
    snapshot::{Messages, Snapshot},
};

/// Which packets a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To this host.
    In,
    /// Sent by this host, or sent on.
    Out,
    /// Through this host.
    Forward,
}

/// What a policy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: the packets pass as they are.
    Nothing,
    /// They are dropped.
    Block,
    /// They pass only protected (encrypted or signed): each of its templates wants so.
    Protection,
}

/// An IPsec policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub direction: Direction,
    pub asks: Asks,
    /// Has templates, required ones or not: its packets may be protected.
    pub templates: bool,
    pub source: IpNet,
    pub destination: IpNet,
    /// IPPROTO_*; 0 for any.
    pub protocol: u8,
    /// Value and mask; a mask of 0 means any.
    pub source_port: (u16, u16),
    pub destination_port: (u16, u16),
    /// Of several the lowest decides.
    pub priority: u32,
    /// Only for an interface, user, mark or interface number, which are not followed here.
    pub narrowed: bool,
}

impl Policy {
    /// The IP version of its packets.
    #[must_use]
    pub fn version(&self) -> IpVersion {
        if self.source.addr().is_ipv4() { IpVersion::V4 } else { IpVersion::V6 }
    }

    /// Its addresses.
    #[must_use]
    pub fn hosts(&self) -> [(Field, Values); 2] {
        let width = Field::Source.width(self.version());
        let net = |net: IpNet| Values::range(width, number(net.network()), number(net.broadcast()));
        [(Field::Source, net(self.source)), (Field::Destination, net(self.destination))]
    }

    /// Which of the packets it is for, and which not. `turned` asks for those whose answers it is for.
    #[must_use]
    pub fn split(&self, packets: HeaderSet, turned: bool) -> (HeaderSet, HeaderSet) {
        let ends = [(Field::Source, Field::SourcePort), (Field::Destination, Field::DestinationPort)];
        let [(source, source_port), (destination, destination_port)] = if turned { [ends[1], ends[0]] } else { ends };
        let [from, to] = self.hosts().map(|(_, values)| values);
        let port = |(value, mask): (u16, u16)| Values::masked(16, mask.into(), (value & mask).into());
        let mut wanted = vec![(source, from), (destination, to)];
        wanted.extend((self.protocol != 0).then(|| (Field::Protocol, Values::one(8, self.protocol.into()))));
        wanted.extend((self.source_port.1 != 0).then(|| (source_port, port(self.source_port))));
        wanted.extend((self.destination_port.1 != 0).then(|| (destination_port, port(self.destination_port))));
        let (mut inside, mut outside) = (packets, HeaderSet::empty());
        for (field, values) in wanted {
            let (within, beyond) = inside.split(field, &values);
            inside = within;
            outside = outside.or(beyond);
        }
        (inside, outside)
    }
}

impl fmt::Display for Policy {
    /// As `ip xfrm policy` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src {} dst {}", self.source, self.destination)?;
        if self.protocol != 0 {
            write!(f, " proto {}", self.protocol)?;
        }
        for (name, (value, mask)) in [("sport", self.source_port), ("dport", self.destination_port)] {
            if mask != 0 {
                write!(f, " {name} {value}")?;
            }
        }
        let direction = match self.direction {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::Forward => "fwd",
        };
        write!(f, " dir {direction} priority {}", self.priority)
    }
}

/// The policies of a host, those that decide before others first; none where they were not read.
#[must_use]
pub fn policies(snapshot: &Snapshot) -> Vec<Policy> {
    const NEW_POLICY: u16 = 0x13;
    let messages =
        snapshot.obstacles.policies.iter().flat_map(Messages::iter).map_while(Result::ok).filter(|message| message.kind == NEW_POLICY);
    let mut policies: Vec<Policy> = messages.filter_map(|message| policy(message.payload)).collect();
    policies.sort_by_key(|policy| policy.priority);
    policies
}

/// `struct xfrm_userpolicy_info`, which begins with a `struct xfrm_selector`.
fn policy(payload: &[u8]) -> Option<Policy> {
    const LENGTH: usize = 168;
    const XFRMA_TMPL: usize = 5;
    const XFRMA_MARK: usize = 21;
    const XFRMA_IF_ID: usize = 31;
    const AF_INET: u16 = 2;
    const AF_INET6: u16 = 10;
    let half = |at: usize| payload.get(at..at + 2)?.try_into().ok();
    let whole = |at: usize| payload.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    let port = |at: usize| half(at).map(u16::from_be_bytes);
    let family = u16::from_ne_bytes(half(40)?);
    let net = |at: usize, length: u8| {
        let bytes: [u8; 16] = payload.get(at..at + 16)?.try_into().ok()?;
        let address = match family {
            AF_INET => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
            AF_INET6 => IpAddr::V6(Ipv6Addr::from(bytes)),
            _ => return None,
        };
        IpNet::new(address, length).ok()
    };
    let attributes: [Option<&[u8]>; XFRMA_IF_ID + 1] = parse_known(payload.get(LENGTH..)?)?;
    let attribute = |kind: usize| attributes.get(kind).copied().flatten();
    let templates = attribute(XFRMA_TMPL).unwrap_or_default();
    let protects = templates.chunks_exact(64).any(is_required);
    Some(Policy {
        direction: match payload.get(160)? {
            0 => Direction::In,
            1 => Direction::Out,
            2 => Direction::Forward,
            _ => return None,
        },
        asks: match (payload.get(161)?, protects) {
            (0, false) => Asks::Nothing,
            (0, true) => Asks::Protection,
            _ => Asks::Block,
        },
        templates: !templates.is_empty(),
        source: net(16, *payload.get(43)?)?,
        destination: net(0, *payload.get(42)?)?,
        protocol: *payload.get(44)?,
        source_port: (port(36)?, port(38)?),
        destination_port: (port(32)?, port(34)?),
        priority: whole(152)?,
        narrowed: whole(48)? != 0 || whole(52)? != 0 || [XFRMA_MARK, XFRMA_IF_ID].into_iter().any(|kind| attribute(kind).is_some()),
    })
}

/// Whether a `struct xfrm_user_tmpl` is not optional.
fn is_required(template: &[u8]) -> bool {
    template.get(50) == Some(&0)
}
