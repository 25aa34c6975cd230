//! Caddyfiles beside the JSON that Caddy adapts them to.

use std::{collections::BTreeSet, fs};

use clearway::gateway::proxy::{Address, Configuration, Host, Purpose, Target, Transport};

use super::{
    harness::{Needs, Test, tests},
    printed::{self, corpus, read},
};

pub const TESTS: &[Test] = tests![
    Needs::Folder(printed::CORPUS);
    caddyfiles_mean_what_caddy_adapts_them_to,
];

/// What stands between a Caddyfile and what Caddy makes of it.
const DIVIDER: &str = "----------";

/// All `dial` and `listen` texts of adapted JSON.
fn collect(value: &serde_json::Value, dials: &mut BTreeSet<String>, listens: &mut BTreeSet<String>) {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            if let (Some("a"), Some(name), Some(port)) = (text("source"), text("name"), text("port")) {
                dials.insert(format!("{name}:{port}"));
            }
            for (key, member) in members {
                match (key.as_str(), member) {
                    ("dial", Value::String(text)) => _ = dials.insert(text.clone()),
                    ("listen", Value::Array(list)) => listens.extend(list.iter().filter_map(Value::as_str).map(str::to_owned)),
                    _ => {}
                }
                collect(member, dials, listens);
            }
        }
        Value::Array(list) => list.iter().for_each(|each| collect(each, dials, listens)),
        _ => {}
    }
}

/// Our upstreams as Caddy writes them.
fn dials(configuration: &Configuration) -> BTreeSet<String> {
    let traffic = configuration.upstreams.iter().filter(|each| each.purpose == Purpose::Traffic);
    traffic
        .filter_map(|each| match &each.target {
            Target::Host(Host::Ip(ip), port) if ip.is_ipv6() => Some(format!("[{ip}]:{port}")),
            Target::Host(Host::Ip(ip), port) => Some(format!("{ip}:{port}")),
            Target::Host(Host::Name(name), port) => Some(format!("{name}:{port}")),
            Target::Unix(path) => Some(format!("unix/{path}")),
            Target::Host(Host::Unknown(_), _) | Target::Unknown(_) => None,
        })
        .collect()
}

/// Our listeners as `host:port`, without those that Caddy adds when it runs.
fn listens(configuration: &Configuration, theirs: &BTreeSet<String>) -> BTreeSet<String> {
    let written = |host: String, low: u16, high: u16| if low == high { format!("{host}:{low}") } else { format!("{host}:{low}-{high}") };
    let listens = configuration.listens.iter().filter(|listen| listen.transport != Transport::Quic);
    let mut found: BTreeSet<String> = listens
        .filter_map(|listen| match &listen.address {
            Address::Ip(ip, low, high) if ip.is_unspecified() && listen.v6only == Some(false) => Some(written(String::new(), *low, *high)),
            Address::Ip(ip, low, high) if ip.is_ipv6() => Some(written(format!("[{ip}]"), *low, *high)),
            Address::Ip(ip, low, high) => Some(written(ip.to_string(), *low, *high)),
            Address::Name(name, low, high) => Some(written(name.clone(), *low, *high)),
            Address::Unix(path) => Some(format!("unix/{path}")),
            Address::Unknown(_) => None,
        })
        .collect();
    if !theirs.iter().any(|text| text.ends_with(":80")) {
        found.retain(|text| text != ":80");
    }
    found
}

fn caddyfiles_mean_what_caddy_adapts_them_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut differences = Vec::new();
    let mut compared = 0;
    for file in corpus("caddy/caddy/caddytest/integration/caddyfile_adapt") {
        let text = fs::read_to_string(&file).expect("a text");
        let Some((caddyfile, adapted)) = text.split_once(DIVIDER) else { continue };
        let path = folder.path().join("Caddyfile");
        fs::write(&path, caddyfile).expect("written");
        let ours = read("caddy", &path);
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let Ok(json) = serde_json::from_str::<serde_json::Value>(adapted.trim()) else { continue };
        compared += 1;
        // Imports of files that stand elsewhere in Caddy's sources.
        let absent = ours.faults.iter().any(|fault| fault.what.starts_with("File to import not found"));
        if absent {
            continue;
        }
        if let Some(fault) = ours.faults.first() {
            differences.push(format!("{name}: Caddy takes what we refuse: {}: {}", fault.place, fault.what));
            continue;
        }
        let (mut dial, mut listen) = (BTreeSet::new(), BTreeSet::new());
        collect(&json, &mut dial, &mut listen);
        // A placeholder is known only with a request; a port alone is one of this host.
        let known: BTreeSet<String> = dial
            .into_iter()
            .filter(|text| !text.contains('{'))
            .map(|text| if text.starts_with(':') { format!("127.0.0.1{text}") } else { text })
            .collect();
        if known != dials(&ours) {
            differences.push(format!("{name}: dials {known:?}, we {:?}", dials(&ours)));
        }
        let network = |text: String| {
            ["tcp4/", "tcp6/", "tcp/", "udp/"].iter().find_map(|prefix| text.strip_prefix(prefix).map(str::to_owned)).unwrap_or(text)
        };
        let theirs: BTreeSet<String> =
            listen.into_iter().filter(|text| !text.contains('{') && !text.starts_with("fd")).map(network).collect();
        let admin = json.pointer("/admin/listen").and_then(serde_json::Value::as_str).map(str::to_owned);
        let found: BTreeSet<String> = listens(&ours, &theirs).into_iter().filter(|text| admin.as_ref() != Some(text)).collect();
        if theirs != found {
            differences.push(format!("{name}: listens {theirs:?}, we {found:?}"));
        }
        // What Caddy adapted it to reads the same.
        let path = folder.path().join("caddy.json");
        fs::write(&path, adapted.trim()).expect("written");
        let again = read("caddy", &path);
        if !again.faults.is_empty() || known != dials(&again) {
            differences.push(format!("{name}: the JSON is read as {:?}, {:?}", dials(&again), again.faults));
        }
    }
    assert!(compared > 150, "only {compared}");
    assert!(differences.is_empty(), "{} of {compared} differ:\n{}", differences.len(), differences.join("\n"));
}
