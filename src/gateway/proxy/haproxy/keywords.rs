//! Keywords that haproxy knows.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

#[derive(Default)]
struct Known {
    bind: FxHashMap<&'static str, usize>,
    server: FxHashMap<&'static str, usize>,
    proxy: FxHashSet<&'static str>,
    global: FxHashSet<&'static str>,
    options: FxHashMap<&'static str, bool>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    for line in include_str!("keywords.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (of, name) = (words.next(), words.next().unwrap_or_default());
        let last = words.next().unwrap_or_default();
        let values = last.parse().unwrap_or_default();
        match of {
            Some("bind") => _ = known.bind.insert(name, values),
            Some("server") => _ = known.server.insert(name, values),
            Some("global") => _ = known.global.insert(name),
            Some("option") => _ = known.options.insert(name, last == "no"),
            _ => _ = known.proxy.insert(name),
        }
    }
    known
});

/// How many words follow a keyword of `bind`; none if there is no such keyword.
#[must_use]
pub fn of_bind(name: &str) -> Option<usize> {
    KNOWN.bind.get(name).copied()
}

/// How many words follow a keyword of `server`.
#[must_use]
pub fn of_server(name: &str) -> Option<usize> {
    KNOWN.server.get(name).copied()
}

/// Whether a section of a proxy takes a keyword.
#[must_use]
pub fn of_proxy(name: &str) -> bool {
    KNOWN.proxy.contains(name)
}

/// Whether the global section takes a keyword.
#[must_use]
pub fn of_global(name: &str) -> bool {
    KNOWN.global.contains(name)
}

/// Whether an option can be turned off; none if there is no such option.
#[must_use]
pub fn option(name: &str) -> Option<bool> {
    KNOWN.options.get(name).copied()
}
