//! What has to be told about proxies' configurations besides their flows.

use super::{Proxy, Resolution, Severity, Target, configuration::Host};

/// How serious it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A verdict may rest on it.
    Doubt,
    /// Something is wrong with a file that the user named.
    Given,
    /// Something is wrong with the files of a proxy that runs.
    Running,
}

/// More doubts than these are counted.
const MOST_DOUBTS: usize = 50;

/// Faults and unknowns of all proxies, each as a sentence with its place.
#[must_use]
pub fn told(proxies: &[Proxy]) -> Vec<(Told, String)> {
    proxies.iter().flat_map(of_one).collect()
}

fn of_one(proxy: &Proxy) -> Vec<(Told, String)> {
    let kind = proxy.reader.kind;
    let configuration = &proxy.configuration;
    let serious = if proxy.process.is_some() { Told::Running } else { Told::Given };
    let fault = |fault: &super::Fault| {
        let sentence = match fault.severity {
            Severity::Refused => format!("{}: {kind} refuses this: {}", fault.place, fault.what),
            Severity::Unreadable => format!("{}: could not be read: {}", fault.place, fault.what),
        };
        (serious, sentence)
    };
    let mut sentences: Vec<(Told, String)> = configuration.faults.iter().map(fault).collect();
    let unknown = configuration.unknowns.iter().map(|unknown| format!("{}: {}", unknown.place, unknown.what));
    let targets = configuration.upstreams.iter().filter_map(|upstream| match &upstream.target {
        Target::Unknown(text) | Target::Host(Host::Unknown(text), _) => {
            Some(format!("{}: the upstream '{text}' is known only when a request comes: it is not audited", upstream.place))
        }
        _ => None,
    });
    let doubts: Vec<String> = unknown.chain(targets).collect();
    let left = doubts.len().saturating_sub(MOST_DOUBTS);
    sentences.extend(doubts.into_iter().take(MOST_DOUBTS).map(|sentence| (Told::Doubt, sentence)));
    if left > 0 {
        sentences.push((Told::Doubt, format!("{kind}: {left} more of its settings can't be told from here")));
    }
    let named = |resolution: Resolution| {
        let by_name =
            |upstream: &&super::Upstream| matches!(upstream.target, Target::Host(Host::Name(_), _)) && upstream.resolution == resolution;
        configuration.upstreams.iter().filter(by_name).count()
    };
    if named(Resolution::Running) > 0 {
        let sentence =
            format!("{kind} resolves names of upstreams while it runs, by its own resolver; here they mean what they mean to this host");
        sentences.push((Told::Doubt, sentence));
    }
    if proxy.uid.is_none() && !configuration.upstreams.is_empty() {
        let user = configuration.user.as_deref().unwrap_or("some user");
        sentences.push((
            Told::Doubt,
            format!("{kind} connects as {user}, whose number is not known: rules that read the sender's user are undecided"),
        ));
    }
    sentences
}
