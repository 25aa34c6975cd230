//! Directives that httpd and its own modules know.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{
    super::Configuration,
    tree::{Directive, Reader},
};

/// Directives with the files of the modules that have them.
static KNOWN: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("directives.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).collect()
});

/// Tells which directives httpd would not know. Where it runs it took them, and a module has them that we don't know.
pub fn check(directives: &[Directive], reader: &Reader<'_>, running: bool, configuration: &mut Configuration, depth: usize) {
    for directive in directives {
        let loaded = match KNOWN.get(directive.name.as_str()) {
            // Which kind of processes serve may be built in.
            Some(&"event.c") => Some(true),
            Some(modules) => {
                let loaded: Vec<Option<bool>> = modules.split(',').map(|module| reader.has_module(module)).collect();
                if loaded.contains(&Some(true)) { Some(true) } else { loaded.iter().all(|each| *each == Some(false)).then_some(false) }
            }
            // Sections begin with these as well: what runs on a request.
            None if ["if", "elseif", "else"].contains(&directive.name.as_str()) => Some(true),
            None => reader.has_module("").map(|_| false),
        };
        if loaded == Some(false) && !running {
            let what = format!(
                "Invalid command '{}', perhaps misspelled or defined by a module not included in the server configuration",
                directive.name
            );
            configuration.refuse(directive.refused_at(), what);
        }
        if depth < DEEPEST {
            check(directive.children.as_deref().unwrap_or_default(), reader, running, configuration, depth + 1);
        }
    }
}

/// Sections in sections beyond this are no configuration.
const DEEPEST: usize = 64;
