//! How Traefik was started: a file, or options like `--entryPoints.web.address=:80`.

use super::super::{
    Files, Invocation,
    document::{Node, Value},
    files::absolute,
};
use crate::snapshot::Process;

/// Where it looks by itself.
const PACKAGED: [&str; 3] = ["/etc/traefik/traefik.toml", "/etc/traefik/traefik.yaml", "/etc/traefik/traefik.yml"];

/// What a process reads.
pub fn invocation(process: &Process, files: &Files<'_>) -> Option<Invocation> {
    let words = process.arguments.get(1..).unwrap_or_default();
    if matches!(words.first().map(String::as_str), Some("version" | "healthcheck")) {
        return None;
    }
    let current = process.folder.clone().unwrap_or_else(|| "/".into());
    let mut named = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let plain = word.trim_start_matches('-');
        match plain.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("configFile") => named = Some(value.to_owned()),
            None if plain.eq_ignore_ascii_case("configFile") => named = rest.next().cloned(),
            _ => {}
        }
    }
    let here = ["toml", "yaml", "yml"].map(|end| absolute(&current, &format!("traefik.{end}")));
    let found = || PACKAGED.iter().map(|path| (*path).to_owned()).chain(here.iter().cloned()).find(|path| files.read(path).is_ok());
    let file = named.map(|file| absolute(&current, &file)).or_else(found);
    Some(Invocation {
        files: file.into_iter().collect(),
        folder: current,
        arguments: words.to_vec(),
        process: Some(process.pid),
        uid: Some(process.uid),
        program: process.executable.clone(),
    })
}

/// Options as the document that they stand for.
#[must_use]
pub fn options(words: &[String]) -> Node {
    let mut root = node(Value::Map(Vec::new()));
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some(plain) = word.strip_prefix("--") else { continue };
        let (path, value) = match plain.split_once('=') {
            Some((path, value)) => (path, value.to_owned()),
            None => (plain, rest.next_if(|next| !next.starts_with('-')).cloned().unwrap_or_else(|| "true".into())),
        };
        insert(&mut root, path, value);
    }
    root
}

const fn node(value: Value) -> Node {
    Node { value, line: 0, column: 0 }
}

fn insert(root: &mut Node, path: &str, value: String) {
    let mut at = root;
    for name in path.split('.').take(16) {
        if !matches!(at.value, Value::Map(_)) {
            at.value = Value::Map(Vec::new());
        }
        let Value::Map(members) = &mut at.value else { return };
        let known = members.iter().position(|(key, _)| key.eq_ignore_ascii_case(name));
        let index = known.unwrap_or_else(|| {
            members.push((name.to_owned(), node(Value::Nothing)));
            members.len() - 1
        });
        let Some((_, next)) = members.get_mut(index) else { return };
        at = next;
    }
    if !matches!(at.value, Value::Map(_)) {
        at.value = Value::Text(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_a_document() {
        let words =
            ["--entrypoints.web.address=:80", "--api.insecure", "--entryPoints.web.http.tls=true", "--providers.docker"].map(str::to_owned);
        let root = options(&words);
        assert_eq!(root.at(&["entryPoints", "web", "address"]).and_then(Node::text), Some(":80"));
        assert_eq!(root.at(&["api", "insecure"]).and_then(Node::text), Some("true"));
        assert!(root.at(&["providers", "docker"]).is_some());
    }
}
