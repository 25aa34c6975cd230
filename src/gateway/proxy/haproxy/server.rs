//! `server`, `server-template` and `default-server`: addresses and parameters.

use super::{
    super::Host,
    address::{self, Address, Port, Takes},
    environment::Environment,
    keywords,
    sections::Line,
};

/// What the words after a server's address say; those of `default-server` are kept for the servers that follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub backup: bool,
    pub disabled: bool,
    pub weight: Option<u32>,
    pub tls: bool,
    /// Whether what it shows as a certificate can be told to be right, or need not.
    pub verified: bool,
    /// Whether it is checked, and where, if elsewhere.
    pub check: bool,
    pub check_port: Option<u16>,
    pub check_host: Option<Host>,
    /// Whether an agent on it is asked, and where.
    pub agent: bool,
    pub agent_port: Option<u16>,
    pub agent_host: Option<Host>,
    /// The address that it is connected from.
    pub source: Option<Host>,
    /// Name servers that are asked while haproxy runs.
    pub resolvers: Option<String>,
    /// The proxy through which it is reached.
    pub socks: Option<(Host, u16)>,
    /// The network namespace in which it is.
    pub namespace: Option<String>,
}

/// What is wrong: the word, and what, in haproxy's words.
pub type Refused = (usize, String);

/// Reads the words of a line from one on into options.
pub fn options(line: &Line, from: usize, options: &mut Options, environment: &Environment<'_>) -> Result<(), Refused> {
    let mut at = from;
    while at < line.words.len() {
        let name = line.word(at);
        let Some(values) = keywords::of_server(name) else {
            return Err((at, format!("unknown keyword '{name}'.")));
        };
        let value = line.word(at + 1);
        if values > 0 && value.is_empty() {
            return Err((at, format!("'{name}' expects a value as argument.")));
        }
        let taken = one(line, at, options, environment)?;
        at += 1 + values.max(taken);
    }
    Ok(())
}

/// One keyword; how many words it takes if that varies.
fn one(line: &Line, at: usize, options: &mut Options, environment: &Environment<'_>) -> Result<usize, Refused> {
    let value = line.word(at + 1);
    let word = || line.words.get(at + 1).cloned().unwrap_or_default();
    let refuse = |what: String| (at + 1, what);
    let address =
        |takes: Takes| address::parse(&word(), takes, environment).map_err(|what| refuse(format!("'{}' : {what}", line.word(at))));
    let number = |most: u32| match value.parse::<u32>() {
        Ok(number) if number <= most => Ok(number),
        _ if word().unknown => Ok(0),
        _ => Err(refuse(format!("'{}' : invalid number '{value}'", line.word(at)))),
    };
    match line.word(at) {
        "backup" => options.backup = true,
        "no-backup" => options.backup = false,
        "disabled" => options.disabled = true,
        "enabled" => options.disabled = false,
        "ssl" => options.tls = true,
        "no-ssl" => options.tls = false,
        "verify" => options.verified |= value == "none",
        "ca-file" => options.verified = true,
        "check" => options.check = true,
        "no-check" => options.check = false,
        "agent-check" => options.agent = true,
        "no-agent-check" => options.agent = false,
        "weight" => options.weight = Some(number(256)?),
        "port" => options.check_port = Some(number(65535)?).and_then(|port| u16::try_from(port).ok()).filter(|&port| port > 0),
        "agent-port" => options.agent_port = Some(number(65535)?).and_then(|port| u16::try_from(port).ok()).filter(|&port| port > 0),
        "addr" => {
            let (host, port) = host(address(address::PLAIN)?);
            options.check_host = host;
            options.check_port = port.or(options.check_port);
        }
        "agent-addr" => options.agent_host = host(address(address::PLAIN)?).0,
        "resolvers" => options.resolvers = Some(value.to_owned()),
        "namespace" => options.namespace = Some(value.to_owned()),
        "socks4" => {
            let (host, port) = host(address(Takes { port: true, ..address::PLAIN })?);
            options.socks = host.zip(port);
        }
        "source" => {
            options.source = host(address(address::SOURCE)?).0;
            let (from, taken) = transparent(line, at + 2);
            if from {
                options.source = Some(Host::Unknown("the client's own address".into()));
            }
            return Ok(1 + taken);
        }
        _ => {}
    }
    Ok(0)
}

/// `usesrc client` and `interface eth0` behind a `source`: whether it takes the client's address, and how many words these are.
#[must_use]
pub fn transparent(line: &Line, from: usize) -> (bool, usize) {
    let mut at = from;
    let mut client = false;
    loop {
        match line.word(at) {
            "usesrc" => client = true,
            "interface" => {}
            _ => return (client, at - from),
        }
        at += 2;
    }
}

fn host(address: Address) -> (Option<Host>, Option<u16>) {
    match address {
        Address::Ip(host, port, _) => (Some(host), if let Port::One(port) = port { Some(port) } else { None }),
        Address::Unknown(text) | Address::Inherited(text) => (Some(Host::Unknown(text)), None),
        Address::Unix(_) => (None, None),
    }
}

/// Servers of a `server-template`: `3` or `1-3`.
pub fn count(range: &str) -> Option<usize> {
    let number = |digits: &str| digits.parse::<usize>().ok();
    match range.split_once('-') {
        None => number(range).filter(|&count| count > 0),
        Some((low, high)) => {
            let (low, high) = (number(low)?, number(high)?);
            (low <= high).then(|| high - low + 1)
        }
    }
}
