//! How Envoy was started: `envoy -c FILE`, `--config-yaml TEXT`.

use super::super::{Files, Invocation, files::absolute};
use crate::snapshot::Process;

/// Where packages keep it.
const PACKAGED: &str = "/etc/envoy/envoy.yaml";

/// What a process reads.
pub fn invocation(process: &Process, _files: &Files<'_>) -> Option<Invocation> {
    let current = process.folder.clone().unwrap_or_else(|| "/".into());
    let mut paths = Vec::new();
    let mut texts = Vec::new();
    let mut words = process.arguments.iter().skip(1);
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("--config-path", value)) => paths.push(absolute(&current, value)),
            Some(("--config-yaml", value)) => texts.push(value.to_owned()),
            _ if word == "-c" || word == "--config-path" => paths.extend(words.next().map(|value| absolute(&current, value))),
            _ if word == "--config-yaml" => texts.extend(words.next().cloned()),
            _ if word == "--version" || word == "--help" => return None,
            _ => {}
        }
    }
    if paths.is_empty() && texts.is_empty() {
        paths.push(PACKAGED.to_owned());
    }
    Some(Invocation {
        files: paths,
        folder: current,
        arguments: texts,
        process: Some(process.pid),
        uid: Some(process.uid),
        program: process.executable.clone(),
    })
}
