//! Nexthop objects (`ip nexthop`), which routes may name instead of having nexthops of their own.

use std::net::IpAddr;

use netlink_packet_core::NlasIterator;
use rustc_hash::FxHashMap;

use crate::{network::Nexthop, snapshot::Messages};

const NHA_ID: u16 = 1;
const NHA_GROUP: u16 = 2;
const NHA_GROUP_TYPE: u16 = 3;
const NHA_BLACKHOLE: u16 = 4;
const NHA_OIF: u16 = 5;
const NHA_GATEWAY: u16 = 6;
const NHA_RES_GROUP: u16 = 12;
const NHA_RES_BUCKET: u16 = 13;
/// Hardware statistics, 14 to 17 except the flags of requests.
const NHA_STATISTICS: std::ops::RangeInclusive<u16> = 14..=17;

/// `struct nhmsg`: family, scope, protocol, reserved, flags.
const NHMSG: usize = 8;
/// `RTNH_F_DEAD`.
const DEAD: u32 = 1;

/// All nexthop objects by id.
#[derive(Debug, Default)]
pub(super) struct Objects(FxHashMap<u32, Object>);

#[derive(Debug)]
struct Object {
    form: Form,
    /// Attributes that are not understood.
    opaque: Vec<String>,
}

#[derive(Debug)]
enum Form {
    One(Nexthop),
    Blackhole,
    /// Ids and weights.
    Group(Vec<(u32, u16)>),
}

/// What a route gets from the object that it names.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub nexthops: Vec<Nexthop>,
    pub blackhole: bool,
    pub opaque: Vec<String>,
}

impl Objects {
    pub(super) fn decode(messages: &Messages, incomplete: &mut Vec<String>) -> Self {
        let mut objects = Self::default();
        for message in messages {
            let decoded = message.map_err(|malformed| malformed.to_string()).and_then(|message| object(message.payload));
            match decoded {
                Ok((id, object)) => {
                    objects.0.insert(id, object);
                }
                Err(reason) => incomplete.push(format!("a nexthop object could not be decoded: {reason}")),
            }
        }
        objects
    }

    /// Groups hold no groups (`nh_check_attr_group`), so one step is enough.
    pub(super) fn resolve(&self, id: u32) -> Resolved {
        let mut resolved = Resolved::default();
        let members = match self.0.get(&id) {
            Some(Object { form: Form::Group(members), opaque }) => {
                resolved.opaque.clone_from(opaque);
                members.clone()
            }
            _ => vec![(id, 1)],
        };
        for (id, weight) in members {
            match self.0.get(&id) {
                Some(Object { form, opaque }) => {
                    resolved.opaque.extend(opaque.iter().cloned());
                    match form {
                        Form::One(nexthop) => resolved.nexthops.push(Nexthop { weight, ..nexthop.clone() }),
                        Form::Blackhole => resolved.blackhole = true,
                        Form::Group(_) => resolved.opaque.push(format!("nexthop object {id} in a group is a group")),
                    }
                }
                None => resolved.opaque.push(format!("nexthop object {id}")),
            }
        }
        resolved
    }
}

fn object(payload: &[u8]) -> Result<(u32, Object), String> {
    let Some((head, attributes)) = payload.split_first_chunk::<NHMSG>() else { return Err("it is too short".into()) };
    let flags = u32::from_ne_bytes([head[4], head[5], head[6], head[7]]);
    let mut id = None;
    let mut one = Nexthop { link: 0, gateway: None, weight: 1, dead: flags & DEAD != 0 };
    let (mut blackhole, mut group, mut opaque) = (false, None, Vec::new());
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        match (attribute.kind(), attribute.value()) {
            (NHA_ID, value) => id = Some(number(value)?),
            (NHA_OIF, value) => one.link = number(value)?,
            (NHA_GATEWAY, value) => one.gateway = Some(address(value)?),
            (NHA_BLACKHOLE, _) => blackhole = true,
            (NHA_GROUP, value) => group = Some(members(value)),
            // A resilient group sends flows where it sent them before; any member is possible, as with weights.
            (NHA_GROUP_TYPE | NHA_RES_GROUP | NHA_RES_BUCKET, _) => {}
            (kind, _) if NHA_STATISTICS.contains(&kind) => {}
            (kind, _) => opaque.push(format!("attribute {kind} of a nexthop object")),
        }
    }
    let id = id.ok_or("it has no id")?;
    let form = match group {
        Some(members) => Form::Group(members),
        None if blackhole => Form::Blackhole,
        None => Form::One(one),
    };
    Ok((id, Object { form, opaque }))
}

/// `struct nexthop_grp`: id, weight less one, and, since Linux 6.12, its high byte.
fn members(value: &[u8]) -> Vec<(u32, u16)> {
    let (members, _) = value.as_chunks::<8>();
    members
        .iter()
        .map(|[a, b, c, d, low, high, _, _]| (u32::from_ne_bytes([*a, *b, *c, *d]), u16::from_le_bytes([*low, *high]).saturating_add(1)))
        .collect()
}

fn number(value: &[u8]) -> Result<u32, String> {
    value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes)).ok_or_else(|| "an attribute is too short".into())
}

fn address(value: &[u8]) -> Result<IpAddr, String> {
    let v4 = <[u8; 4]>::try_from(value).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from)).map_err(|_| "a gateway is no address".into())
}
