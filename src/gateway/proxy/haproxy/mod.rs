//! haproxy.
//!
//! [`lexer`] splits lines, [`sections`] decides conditional blocks and collects sections; [`settings`] are what proxies inherit, [`proxies`]
//! puts frontends, backends and servers together, [`named`] reads all else that it connects to. Semantics are those of haproxy 2.4 to 3.3.

mod address;

mod bind;

mod condition;

mod environment;

mod keywords;

mod lexer;

mod named;

mod proxies;

mod sections;

mod server;

mod settings;

mod start;

mod time;

use rustc_hash::FxHashMap;

use super::{Configuration, Files, Invocation};
use environment::Environment;
use proxies::Proxy;
use sections::{Reader, Section};
use settings::Settings;

/// haproxy.
pub const READER: super::Reader = super::Reader { kind: "haproxy", programs: &["haproxy"], invocation: start::invocation, read };

/// Reads a configuration.
#[must_use]
pub fn read(invocation: &Invocation, files: &Files<'_>) -> Configuration {
    let mut reader = Reader::new(files, invocation);
    for path in &invocation.files {
        reader.path(path);
    }
    let Reader { sections, configuration, environment, .. } = reader;
    let hostname = || files.read("/etc/hostname").ok().map(|name| name.trim().to_owned());
    let own = invocation.arguments.first().cloned().or_else(hostname);
    let mut reading = Reading { files, environment, configuration, own, defaults: Defaults::default(), proxies: Vec::new() };
    sections.iter().for_each(|section| reading.section(section));
    let resolvers: Vec<&str> = sections.iter().filter(|section| section.kind() == "resolvers").map(Section::name).collect();
    let mut global = sections.iter().filter(|section| section.kind() == "global").flat_map(|section| &section.lines);
    let lenient = global.any(|line| line.is("ssl-server-verify") && line.word(1) == "none");
    proxies::upstreams(&reading.proxies, &resolvers, lenient, &mut reading.configuration);
    if invocation.process.is_some() {
        forgive(&mut reading.configuration);
    }
    reading
        .configuration
        .faults
        .sort_by_key(|fault| (invocation.files.iter().position(|file| **file == *fault.place.file), fault.place.line));
    reading.configuration
}

/// A haproxy that runs took what we don't know: it may be a later version.
fn forgive(configuration: &mut Configuration) {
    let later = |what: &str| ["unknown keyword", "unknown option", "verify is enabled"].iter().any(|words| what.contains(words));
    let (unknown, faults) = std::mem::take(&mut configuration.faults).into_iter().partition(|fault| later(&fault.what));
    configuration.faults = faults;
    let unknown: Vec<super::Fault> = unknown;
    unknown.into_iter().for_each(|fault| configuration.doubt(fault.place, fault.what));
}

/// `defaults` sections that were read.
#[derive(Default)]
struct Defaults {
    named: FxHashMap<String, Settings>,
    last: Settings,
}

struct Reading<'a> {
    files: &'a Files<'a>,
    environment: Environment<'a>,
    configuration: Configuration,
    /// The name of this instance among its peers.
    own: Option<String>,
    defaults: Defaults,
    proxies: Vec<Proxy>,
}

impl Reading<'_> {
    fn section(&mut self, section: &Section) {
        let (files, environment, configuration) = (self.files, &self.environment, &mut self.configuration);
        match section.kind() {
            "global" => self.global(section),
            "defaults" => {
                let mut settings = self.inherited(section, false);
                for line in &section.lines {
                    settings.take(line, "defaults", &self.environment, &mut self.configuration);
                }
                self.logs(section);
                if !section.name().is_empty() {
                    self.defaults.named.insert(section.name().to_owned(), settings.clone());
                }
                self.defaults.last = settings;
            }
            "frontend" | "backend" | "listen" => {
                if section.name().is_empty() {
                    let what = format!("'{}' expects an <id> argument", section.kind());
                    return configuration.refuse(section.head.place(), what);
                }
                let letter = |letter: &char| letter.is_ascii_alphanumeric() || ['_', '-', '.', ':'].contains(letter);
                if let Some(odd) = section.name().chars().find(|each| !letter(each)) {
                    let what = format!("character '{odd}' is not permitted in '{}' name '{}'.", section.kind(), section.name());
                    return configuration.refuse(section.head.place_of(1), what);
                }
                if section.kind() != "backend" && !["", "from"].contains(&section.head.word(2)) {
                    let what = "please use the 'bind' keyword for listening addresses.";
                    return configuration.refuse(section.head.place_of(2), what);
                }
                let settings = self.inherited(section, true);
                let proxy = Proxy::of(section, settings, &self.environment, &mut self.configuration);
                self.logs(section);
                self.proxies.push(proxy);
            }
            "peers" => named::peers(section, self.own.as_deref(), environment, configuration),
            "resolvers" => named::resolvers(section, files, environment, configuration),
            "mailers" => named::mailers(section, environment, configuration),
            "ring" | "log-forward" => named::rings(section, environment, configuration),
            "program" => {
                let what = format!("the program '{}' may open connections of its own: those legs are not audited", section.name());
                configuration.doubt(section.head.place(), what);
            }
            _ => {}
        }
    }

    /// The settings with which a section begins: those of the defaults that it names, or of the last ones before it.
    fn inherited(&mut self, section: &Section, last: bool) -> Settings {
        match section.from() {
            Some(name) => self.defaults.named.get(name).cloned().unwrap_or_else(|| {
                let what = format!("defaults section '{name}' not found for {} '{}'.", section.kind(), section.name());
                self.configuration.refuse(section.head.place(), what);
                Settings::default()
            }),
            None if last => self.defaults.last.clone(),
            None => Settings::default(),
        }
    }

    fn logs(&mut self, section: &Section) {
        for line in section.lines.iter().filter(|line| line.is("log")) {
            named::log(line, &self.environment, &mut self.configuration);
        }
    }

    fn global(&mut self, section: &Section) {
        for line in &section.lines {
            match line.word(0) {
                "user" | "uid" => self.configuration.user = Some(line.word(1).to_owned()).filter(|user| !user.is_empty()),
                "localpeer" => self.own = Some(line.word(1).to_owned()),
                "stats" => named::control(line, &self.environment, &mut self.configuration),
                name if !keywords::of_global(name) => {
                    self.configuration.refuse(line.place(), format!("unknown keyword '{name}' in 'global' section"));
                }
                "lua-load" | "lua-load-per-thread" => {
                    let what = "Lua code may open connections of its own: those legs are not audited";
                    self.configuration.doubt(line.place(), what);
                }
                _ => {}
            }
        }
        self.logs(section);
    }
}

#[cfg(test)]
mod tests;
