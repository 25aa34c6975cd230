//! Apache httpd.
//!
//! [`lexer`] joins lines and splits words, [`tree`] reads files and decides what httpd decides while it reads; [`listen`], [`pass`] and
//! [`url`] say what directives mean, [`known`] which ones it would not know. Semantics are those of httpd 2.4.

mod known;

mod lexer;

mod listen;

mod pass;

mod start;

mod tree;

mod url;

use super::{Address, Configuration, Files, Invocation, Listen};
use pass::{Passes, Scope};
use tree::{Directive, Reader};

/// httpd, by its names in Debian and elsewhere.
pub const READER: super::Reader = super::Reader { kind: "apache", programs: &["apache2", "httpd"], invocation: start::invocation, read };

/// Reads a configuration.
#[must_use]
pub fn read(invocation: &Invocation, files: &Files<'_>) -> Configuration {
    let mut reader = Reader::new(files, invocation);
    let mut main = Vec::new();
    for file in &invocation.files {
        main.extend(reader.file(file, None, 0));
    }
    let mut configuration = std::mem::take(&mut reader.configuration);
    known::check(&main, &reader, invocation.process.is_some(), &mut configuration, 0);
    let mut servers = Servers::default();
    servers.section(&main, 0, &mut configuration);
    for listen in &mut configuration.listens {
        listen.tls |= matches!(listen.address, Address::Ip(_, port, _) if servers.secure.contains(&port));
    }
    configuration.user = servers.user;
    let mut passes = Passes::new(&mut configuration);
    passes.section(&main, &Scope::default(), 0);
    passes.finish();
    configuration
}

/// What is said of servers.
#[derive(Default)]
struct Servers {
    user: Option<String>,
    /// Ports of virtual hosts that speak TLS.
    secure: Vec<u16>,
}

/// Sections in sections beyond this are no configuration.
const DEEPEST: usize = 64;

impl Servers {
    fn section(&mut self, directives: &[Directive], depth: usize, configuration: &mut Configuration) {
        for directive in directives {
            match directive.name.as_str() {
                "listen" if depth > 0 => configuration.refuse(directive.refused_at(), "Listen not allowed here"),
                "listen" => match listen::of(directive) {
                    Ok(listen) => add(listen, &mut configuration.listens),
                    Err(what) => configuration.refuse(directive.refused_at(), what),
                },
                "user" => {
                    let known = directive.arguments.first().filter(|word| !word.unknown);
                    // A number stands behind `#`.
                    self.user = known.map(|word| word.text.trim_start_matches('#').to_owned());
                }
                "virtualhost" => {
                    let children = directive.children.as_deref().unwrap_or_default();
                    let secure = |each: &Directive| each.name == "sslengine" && each.argument(0).eq_ignore_ascii_case("on");
                    if children.iter().any(secure) {
                        let ports = directive.arguments.iter().filter_map(|word| word.text.rsplit_once(':')?.1.parse::<u16>().ok());
                        self.secure.extend(ports);
                    }
                }
                _ => {}
            }
            if let Some(children) = directive.children.as_deref().filter(|_| depth < DEEPEST) {
                self.section(children, depth + 1, configuration);
            }
        }
    }
}

/// The same socket twice is one.
fn add(listen: Listen, listens: &mut Vec<Listen>) {
    if !listens.iter().any(|other| other.address == listen.address) {
        listens.push(listen);
    }
}

#[cfg(test)]
mod tests;
