//! Which flows are meant: those that the user writes, and those that are found.

use std::{collections::HashSet, path::PathBuf};

use crate::{
    audited::Audited,
    audits,
    collect::files::Disk,
    gateway::{
        self, Config, Expression, Flow, Role, config,
        expression::Hosts,
        proxy::{self, Proxy},
        start,
    },
    model::{HeaderSet, IpVersion, values::Relation},
    site::Site,
};

use super::{Error, source::Source};

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
    /// A proxy's configuration file whose flows to follow, besides those of proxies that run; repeatable
    #[arg(long = "proxy", value_name = "KIND=FILE")]
    pub proxies: Vec<NamedProxy>,
    /// The operator's own file of flows, clients, proxies and allowances
    ///
    /// Without it, /etc/clearway/clearway.toml is read where there is one and this host is audited.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Follow only the flows that are given
    #[arg(long)]
    pub no_discover: bool,
    /// Resolve no names of upstreams; what rests on them is unknown then
    #[arg(long)]
    pub no_dns: bool,
}

/// A configuration file with the kind of its proxy.
#[derive(Debug, Clone)]
pub struct NamedProxy {
    kind: String,
    file: PathBuf,
}

impl std::str::FromStr for NamedProxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || proxy::READERS.iter().map(|reader| reader.kind).collect::<Vec<_>>().join(", ");
        let (kind, file) = text.split_once('=').ok_or_else(|| format!("it reads KIND=FILE; kinds are {}", known()))?;
        let reader = proxy::reader(kind).ok_or_else(|| format!("there is no kind '{kind}'; kinds are {}", known()))?;
        Ok(Self { kind: reader.kind.to_owned(), file: file.into() })
    }
}

impl FlowArgs {
    /// The flows that the user names one by one.
    pub fn given(&self) -> impl Iterator<Item = &str> {
        self.flows.iter().map(String::as_str)
    }

    /// As options for another run of this program.
    pub fn options(&self) -> Vec<std::ffi::OsString> {
        let mut words: Vec<std::ffi::OsString> = Vec::new();
        for flow in &self.flows {
            words.extend(["--flow".into(), flow.into()]);
        }
        for NamedProxy { kind, file } in &self.proxies {
            let mut named = std::ffi::OsString::from(format!("{kind}="));
            named.push(file);
            words.extend(["--proxy".into(), named]);
        }
        if let Some(config) = &self.config {
            words.extend(["--config".into(), config.into()]);
        }
        words.extend(self.no_discover.then(|| "--no-discover".into()));
        words.extend(self.no_dns.then(|| "--no-dns".into()));
        words
    }

    /// The flows, given ones first.
    pub fn flows(&self, source: &Source) -> Result<Vec<Flow>, Error> {
        let site = &source.site;
        if self.no_discover && self.flows.is_empty() && self.proxies.is_empty() && source.config.flows.is_empty() {
            return Err(Error::Usage("--no-discover leaves no flow: give one with --flow".into()));
        }
        let mut flows = self.flows.iter().map(|text| given(text, site)).collect::<Result<Vec<_>, Error>>()?;
        for wanted in &source.config.flows {
            let flow = written(wanted.expression.clone(), site)?;
            flows.push(Flow { source: wanted.place.clone(), expect: wanted.expect, ..flow });
        }
        let upstreams = proxy::flows::upstreams(&source.proxies, source);
        let mut upstreams = gateway::inner::arriving(upstreams, &site.snapshot.namespaces, &site.network);
        if !self.no_discover {
            upstreams.extend(self.observed(source, &flows, &upstreams));
        }
        let mut clients = if self.no_discover { Vec::new() } else { gateway::listeners::flows(&site.snapshot, &site.network) };
        for flow in clients.iter_mut().filter(|flow| flow.role == Role::Client && flow.expression.source.hosts == Hosts::Any) {
            if let Some(hosts) = source.config.clients_to(&flow.expression.destination.hosts) {
                flow.expression.source.hosts = hosts;
            }
        }
        proxy::flows::listens(&source.proxies, &site.network, &mut clients);
        // A socket of this host that a proxy uses is that proxy's upstream; it need not be told twice.
        let used: HashSet<_> = upstreams.iter().map(|flow| (flow.expression.destination.clone(), flow.expression.protocol)).collect();
        let known = |flow: &Flow| used.contains(&(flow.expression.destination.clone(), flow.expression.protocol));
        clients.retain(|flow| flow.role != Role::Loopback || !known(flow));
        flows.extend(clients);
        flows.extend(upstreams);
        Ok(flows)
    }

    /// What is seen to travel and neither the user nor a configuration names.
    fn observed(&self, source: &Source, given: &[Flow], upstreams: &[Flow]) -> Vec<Flow> {
        let named: HashSet<_> = given.iter().chain(upstreams).map(|flow| &flow.expression.destination).collect();
        gateway::observed::flows(&source.site.snapshot, &source.site.network, |end| named.contains(end))
    }

    /// That not everything that is seen to travel is followed.
    pub fn unfollowed(&self, source: &Source, audited: &Audited) -> Option<String> {
        let named: HashSet<_> = audited.flows.iter().map(|judged| &judged.flow.expression.destination).collect();
        let unfollowed = || gateway::observed::unfollowed(&source.site.snapshot, &source.site.network, |end| named.contains(end));
        if self.no_discover { None } else { unfollowed() }
    }

    /// The operator's own file: the one that is named, or for this very host the usual one.
    pub fn read_config(&self, this_host: bool) -> Result<Config, Error> {
        let usual = || Some(PathBuf::from(config::DEFAULT)).filter(|path| this_host && path.exists());
        let Some(path) = self.config.clone().or_else(usual) else { return Ok(Config::default()) };
        let text = std::fs::read_to_string(&path).map_err(|error| Error::Read { path: path.clone(), error })?;
        let codes: Vec<_> = audits::ALL.iter().map(|audit| audit.code).collect();
        let kinds: Vec<_> = proxy::READERS.iter().map(|reader| reader.kind).collect();
        Config::parse(&path.to_string_lossy(), &text, &codes, &kinds).map_err(|error| Error::Usage(error.to_string()))
    }

    /// The proxies whose files are named by hand.
    pub fn given_proxies(&self, config: &Config) -> Result<Vec<Proxy>, Error> {
        let current = std::env::current_dir().map_err(|error| Error::Read { path: ".".into(), error })?;
        let read = |named: &NamedProxy| {
            let error = |error| Error::Read { path: named.file.clone(), error };
            // That it is there is told at once; what is wrong in it with everything else.
            std::fs::File::open(&named.file).map_err(error)?;
            let reader = proxy::reader(&named.kind).ok_or_else(|| Error::Usage(format!("there is no proxy '{}'", named.kind)))?;
            Ok(proxy::given(reader, &named.file.to_string_lossy(), &current.to_string_lossy(), &Disk))
        };
        let configured = config.proxies.iter().map(|(kind, file)| NamedProxy { kind: kind.clone(), file: file.into() });
        self.proxies.iter().cloned().chain(configured).map(|named| read(&named)).collect()
    }
}

/// A flow that the user writes: it is an upstream's if this host sends it.
pub fn given(text: &str, site: &Site) -> Result<Flow, Error> {
    let flow = written(text.parse()?, site)?;
    Ok(Flow { source: "--flow".into(), ..flow })
}

/// What a flow that somebody wrote is to this host.
fn written(expression: Expression, site: &Site) -> Result<Flow, Error> {
    let mut flow = Flow::new(expression, Role::Client);
    let starts = all_starts(&flow, site)?;
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

/// How a flow begins on this host, wherever it leaves.
fn all_starts(flow: &Flow, site: &Site) -> Result<Vec<gateway::Start>, Error> {
    let hosts = [IpVersion::V4, IpVersion::V6].map(|version| &site.lowered(version).host);
    Ok(gateway::starts(flow, hosts, &site.network)?)
}

/// How a flow begins on this host.
pub fn starts(flow: &Flow, source: &Source) -> Result<Vec<gateway::Start>, Error> {
    let expression = &flow.expression;
    let all = all_starts(flow, &source.site)?;
    let Some(name) = expression.outgoing.clone().filter(|_| !all.is_empty()) else { return Ok(all) };
    let part = |start: gateway::Start| {
        let host = &source.site.lowered(start.version).host;
        gateway::outgoing::part(start, expression, host, source)
    };
    let mut leaving = all.into_iter().map(part).collect::<Result<Vec<_>, _>>()?;
    leaving.retain(|start| !start.packets.is_empty());
    if leaving.is_empty() {
        return Err(start::Error::LeavesElsewhere { flow: expression.to_string(), name }.into());
    }
    Ok(leaving)
}
