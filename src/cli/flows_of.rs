//! Which flows are meant: those that the user writes, and those that are found.

use crate::{
    gateway::{self, Expression, Flow, Role, expression::Hosts, start},
    model::{HeaderSet, IpVersion, values::Relation},
    site::Site,
};

use super::Error;

/// Options that choose the flows.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Flows")]
pub struct FlowArgs {
    /// A flow to follow, besides those that are found; repeatable
    ///
    /// It reads `PROTO SRC[:PORT] -> DST[:PORT] [in IFACE] [out IFACE] [mark N] [state S]`. SRC and DST are `any`, `local`, an address, a prefix, a
    /// range `a-b` or a comma list; an IPv6 address with a port stands in brackets. Example: 'tcp any -> 203.0.113.10:443'
    #[arg(long = "flow", value_name = "EXPR")]
    pub flows: Vec<String>,
    /// Follow only the flows that are given
    #[arg(long)]
    pub no_discover: bool,
}

impl FlowArgs {
    /// The flows, given ones first.
    pub fn flows(&self, site: &Site) -> Result<Vec<Flow>, Error> {
        if self.no_discover && self.flows.is_empty() {
            return Err(Error::Usage("--no-discover leaves no flow: give one with --flow".into()));
        }
        let mut flows = self.flows.iter().map(|text| given(text, site)).collect::<Result<Vec<_>, Error>>()?;
        if !self.no_discover {
            let found = gateway::listeners::flows(&site.snapshot, &site.network);
            flows.extend(found);
        }
        Ok(flows)
    }
}

/// A flow that the user writes: it is an upstream's if this host sends it.
pub fn given(text: &str, site: &Site) -> Result<Flow, Error> {
    let expression: Expression = text.parse()?;
    let mut flow = Flow { expression, version: None, role: Role::Client, source: "--flow".into(), program: None, if_translated: false };
    let starts = starts(&flow, site)?;
    let zero = crate::model::Values::one(32, 0);
    let sent_here = |packets: &HeaderSet| packets.relation(crate::model::Field::InInterface, &zero) == Relation::Inside;
    if flow.expression.source.hosts == Hosts::Local || (!starts.is_empty() && starts.iter().all(|start| sent_here(&start.packets))) {
        let own = start::own_addresses(&site.lowered(IpVersion::V4).host);
        let own6 = start::own_addresses(&site.lowered(IpVersion::V6).host);
        let to_itself = starts.iter().all(|start| {
            let own = if start.version == IpVersion::V4 { &own } else { &own6 };
            start.packets.relation(crate::model::Field::Destination, own) == Relation::Inside
        });
        flow.role = if to_itself { Role::Loopback } else { Role::Upstream };
    }
    Ok(flow)
}

/// How a flow begins on this host.
pub fn starts(flow: &Flow, site: &Site) -> Result<Vec<gateway::Start>, Error> {
    let hosts = [IpVersion::V4, IpVersion::V6].map(|version| &site.lowered(version).host);
    Ok(gateway::starts(flow, hosts, &site.network)?)
}
