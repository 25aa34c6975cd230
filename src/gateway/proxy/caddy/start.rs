//! How Caddy was started: `caddy run --config FILE`.

use super::super::{Files, Invocation, files::absolute};
use crate::snapshot::Process;

/// Where packages keep it.
const PACKAGED: &str = "/etc/caddy/Caddyfile";

/// What a process reads.
pub fn invocation(process: &Process, files: &Files<'_>) -> Option<Invocation> {
    let mut words = process.arguments.iter().skip(1);
    if !matches!(words.next().map(String::as_str), Some("run" | "start")) {
        return None;
    }
    let current = process.folder.clone().unwrap_or_else(|| "/".into());
    let mut file = None;
    let mut arguments = Vec::new();
    while let Some(word) = words.next() {
        let word = word.trim_start_matches('-');
        match word.split_once('=') {
            Some(("config", value)) => file = Some(value.to_owned()),
            None if word == "config" || word == "c" => file = words.next().cloned(),
            None if word == "resume" || word == "r" => arguments.push("--resume".to_owned()),
            None if ["adapter", "a", "envfile", "pidfile", "pingback"].contains(&word) => _ = words.next(),
            _ => {}
        }
    }
    // Without a name it is a Caddyfile where it was started.
    let here = absolute(&current, "Caddyfile");
    let file = match file {
        Some(file) => absolute(&current, &file),
        None if files.read(&here).is_ok() => here,
        None => PACKAGED.to_owned(),
    };
    Some(Invocation {
        files: vec![file],
        folder: current,
        arguments,
        process: Some(process.pid),
        uid: Some(process.uid),
        program: process.executable.clone(),
    })
}
