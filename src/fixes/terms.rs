//! What an inserted rule matches, taken apart for programs whose rules name a protocol, one network and one port each.

use super::matching::{Matching, address, prefixes};
use crate::model::{Field, Host, IpVersion, Values};

/// More rules than this for one edit are no small fix any more.
const MOST: usize = 8;

/// The parts of a match. An empty list of networks means any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub version: IpVersion,
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    pub sources: Vec<String>,
    pub destinations: Vec<String>,
    /// Inclusive ranges of destination ports.
    pub ports: Vec<(u128, u128)>,
    pub incoming: Option<String>,
    pub outgoing: Option<String>,
}

impl Terms {
    /// None if the match says more than such rules can, or takes too many.
    #[must_use]
    pub fn of(matching: &Matching, host: &Host) -> Option<Self> {
        let mut terms = Self {
            version: host.version,
            protocol: "",
            sources: Vec::new(),
            destinations: Vec::new(),
            ports: Vec::new(),
            incoming: None,
            outgoing: None,
        };
        for (field, values) in matching.fields() {
            match field {
                Field::Protocol => {
                    terms.protocol = match values.single()? {
                        6 => "tcp",
                        17 => "udp",
                        _ => return None,
                    }
                }
                Field::Source => terms.sources = networks(values, host.version)?,
                Field::Destination => terms.destinations = networks(values, host.version)?,
                Field::DestinationPort => terms.ports = values.ranges(MOST)?,
                Field::InInterface => terms.incoming = Some(interface(values, host)?),
                Field::OutInterface => terms.outgoing = Some(interface(values, host)?),
                _ => return None,
            }
        }
        let rules = terms.sources.len().max(1) * terms.destinations.len().max(1);
        (!terms.protocol.is_empty() && !terms.ports.is_empty() && rules <= MOST).then_some(terms)
    }

    /// Every pair of a source and a destination; none stands for any.
    pub fn pairs(&self) -> Vec<(Option<&str>, Option<&str>)> {
        fn each(list: &[String]) -> Vec<Option<&str>> {
            if list.is_empty() { vec![None] } else { list.iter().map(|each| Some(each.as_str())).collect() }
        }
        let destinations = each(&self.destinations);
        each(&self.sources).into_iter().flat_map(|source| destinations.iter().map(move |destination| (source, *destination))).collect()
    }

    /// The ports, a range with this between its ends.
    pub fn ports(&self, between: char) -> Vec<String> {
        let one = |(low, high): &(u128, u128)| if low == high { low.to_string() } else { format!("{low}{between}{high}") };
        self.ports.iter().map(one).collect()
    }

    /// `ipv4` or `ipv6`.
    pub const fn family(&self) -> &'static str {
        match self.version {
            IpVersion::V4 => "ipv4",
            IpVersion::V6 => "ipv6",
        }
    }
}

fn networks(values: &Values, version: IpVersion) -> Option<Vec<String>> {
    let ranges = values.ranges(MOST)?;
    let networks = ranges.iter().flat_map(|(low, high)| {
        if low == high { vec![address(*low, version).to_string()] } else { prefixes(*low, *high, version, MOST + 1) }
    });
    let networks: Vec<String> = networks.take(MOST + 1).collect();
    (networks.len() <= MOST).then_some(networks)
}

/// The name of the only interface; none if it is one that a shell or a configuration could take for something else.
pub fn interface(values: &Values, host: &Host) -> Option<String> {
    let mut named = host.interfaces.iter().filter(|each| values.contains(u128::from(each.index)));
    let only = named.next()?;
    let plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.' | '@');
    let usual = !only.name.starts_with('-') && only.name.chars().all(plain);
    (named.next().is_none() && usual).then(|| only.name.clone())
}

/// One address.
pub fn one(number: u128, version: IpVersion) -> String {
    address(number, version).to_string()
}
