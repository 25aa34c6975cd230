//! What all rules of a host share while they are lowered: interfaces, conditions, sets, and values that occur again and again.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    headers::{Headers, NAMED},
    ipset,
    nft::sets::Sets,
};
use crate::{
    model::{
        Bits, Field, IpVersion, Test, Values,
        bits::number,
        chain::Backend,
        step::{Condition, ConditionId, ConditionKind},
    },
    network::{Link, Network},
    obstacles::ipsec::Policy,
};

/// A number for each interface, by its index.
pub type ByInterface = Arc<[(u32, u128)]>;

/// Shared state.
pub struct Context<'a> {
    pub version: IpVersion,
    pub network: &'a Network,
    pub headers: Headers,
    pub conditions: Vec<Condition>,
    /// The back end that the program `iptables` works on, if it is known.
    pub default_backend: Option<Backend>,
    pub sets: Sets,
    pub ipsets: ipset::Sets<'a>,
    /// The IPsec policies of this version; none where they were not read.
    pub ipsec: Option<Vec<Policy>>,
    /// Names as 16 bytes (`IFNAMSIZ`); no interface has the empty name (`nft_meta_store_ifname`).
    pub names: ByInterface,
    /// A rule reads the route that a packet has.
    pub reads_route: bool,
    /// A rule asks whether IPsec protected a packet, and packets are taken not to have been.
    pub assumes_unprotected: bool,
    /// A rule reads the priority that a packet is queued with.
    pub reads_priority: bool,
    /// Connections count what they carry; none if that is not known.
    pub accounting: Option<bool>,
    /// A rule may set a connection's label.
    pub labels: bool,
    fragment: Option<ConditionId>,
    bytes: Option<Arc<[Option<Bits>]>>,
    points: FxHashMap<(Field, u128, u128), Arc<Values>>,
    shared: FxHashMap<(&'static str, usize), Test>,
}

impl<'a> Context<'a> {
    pub fn new(network: &'a Network, version: IpVersion) -> Self {
        let names = network.links.iter().map(|link| (link.index, text(&link.name)));
        Self {
            version,
            network,
            headers: Headers::new(version),
            conditions: Vec::new(),
            default_backend: None,
            sets: Sets::default(),
            ipsets: ipset::Sets::default(),
            ipsec: None,
            names: std::iter::once((0, 0)).chain(names).collect(),
            reads_route: false,
            assumes_unprotected: false,
            reads_priority: false,
            accounting: None,
            labels: false,
            fragment: None,
            bytes: None,
            points: FxHashMap::default(),
            shared: FxHashMap::default(),
        }
    }

    /// A new condition.
    pub fn condition(&mut self, kind: ConditionKind, text: impl Into<String>) -> ConditionId {
        self.conditions.push(Condition { kind, text: text.into(), by_sender: false });
        ConditionId(self.conditions.len() as u32 - 1)
    }

    /// The last condition counts senders apart.
    pub fn by_sender(&mut self) {
        if let Some(last) = self.conditions.last_mut() {
            last.by_sender = true;
        }
    }

    /// The condition that every load from an IPv6 fragment has.
    pub fn fragment_condition(&mut self) -> ConditionId {
        let id = self.fragment.unwrap_or_else(|| self.condition(ConditionKind::Unknown, "bytes of an IPv6 fragment"));
        self.fragment = Some(id);
        id
    }

    /// A rule hides packets behind an address: which of several, their gateway decides (`nf_nat_masquerade_ipv4`).
    pub fn masquerades(&mut self) {
        let of_v4 = |link: &Link| {
            let addresses = self.network.addresses.iter().filter(|address| address.link == link.index);
            addresses.filter(|address| address.local.addr().is_ipv4()).count()
        };
        self.reads_route |= self.version == IpVersion::V4 && self.network.links.iter().any(|link| of_v4(link) > 1);
    }

    /// A field's value lies in `low ..= high`; for what many rules ask, so that they share it.
    pub fn common(&mut self, field: Field, low: u128, high: u128) -> Test {
        let width = field.width(self.version);
        let values = self.points.entry((field, low, high)).or_insert_with(|| Arc::new(Values::range(width, low, high)));
        Test::In { field, values: Arc::clone(values) }
    }

    /// A test that many rules make, by its name and a number: made once.
    pub fn shared(&mut self, name: (&'static str, usize), make: impl FnOnce(&mut Self) -> Test) -> Test {
        if let Some(test) = self.shared.get(&name) {
            return test.clone();
        }
        let test = make(self);
        self.shared.insert(name, test.clone());
        test
    }

    /// The bytes of a packet that is no IPv6 fragment, from the network header on, as far as they have names of their own; none for IPv6's
    /// payload length, which no field is.
    pub fn packet_bytes(&mut self) -> Arc<[Option<Bits>]> {
        let headers = &self.headers;
        let byte = |at| (!headers.payload_length(at, 1)).then(|| headers.network(at, 1));
        let bytes = self.bytes.get_or_insert_with(|| (0..headers.network_length() + NAMED).map(byte).collect());
        Arc::clone(bytes)
    }

    /// The realm of every packet's route, where it is known (`dst_entry.tclassid`): IPv6 gives none, IPv4 only those of its routes and rules.
    pub fn realm(&self) -> Option<u32> {
        (self.version == IpVersion::V6 || self.network.without_realms).then_some(0)
    }

    /// A number of every interface that has it.
    pub fn by_interface(&self, number: impl Fn(&Link) -> Option<u128>) -> ByInterface {
        self.network.links.iter().filter_map(|link| number(link).map(|number| (link.index, number))).collect()
    }
}

/// A string as the 16 bytes of `strncpy(…, IFNAMSIZ)`.
pub fn text(name: &str) -> u128 {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    number(&bytes)
}
