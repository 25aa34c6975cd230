//! How httpd was started: the options of its `main` that decide what it reads.

use super::super::{Files, Invocation, files::absolute};
use crate::snapshot::Process;

/// Where Debian and Ubuntu keep it; Fedora's programs tell of their own.
const PACKAGED: (&str, &str) = ("/etc/apache2", "apache2.conf");

/// What a process reads.
pub fn invocation(process: &Process, files: &Files<'_>) -> Option<Invocation> {
    let program = process.executable.as_deref().map(|path| path.trim_end_matches(" (deleted)").to_owned());
    let built = |name: &str, default: &str| {
        // `apache2 -V` prints these texts, so the program holds them.
        let told = program.as_deref().and_then(|program| files.built_with(program, &format!("{name}=\"")));
        let value = told.and_then(|told| told.split('"').nth(1).map(str::to_owned)).filter(|value| !value.is_empty());
        value.unwrap_or_else(|| default.to_owned())
    };
    let options = options(&process.arguments);
    if options.ends {
        return None;
    }
    let root = options.root.unwrap_or_else(|| built("HTTPD_ROOT", PACKAGED.0));
    let file = options.file.unwrap_or_else(|| built("SERVER_CONFIG_FILE", PACKAGED.1));
    Some(Invocation {
        files: vec![absolute(&root, &file)],
        folder: root,
        arguments: options.defined,
        process: Some(process.pid),
        uid: Some(process.uid),
        program,
    })
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    file: Option<String>,
    root: Option<String>,
    defined: Vec<String>,
    /// It only tells something, or only signals another.
    ends: bool,
}

fn options(words: &[String]) -> Options {
    let mut options = Options::default();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let (Some(letter), Some(attached)) = (word.strip_prefix('-').and_then(|rest| rest.chars().next()), word.get(2..)) else { continue };
        let mut value = || if attached.is_empty() { words.next().cloned().unwrap_or_default() } else { attached.to_owned() };
        match letter {
            'f' => options.file = Some(value()),
            'd' => options.root = Some(value()),
            'D' => options.defined.push(value()),
            'C' | 'c' | 'e' | 'E' => _ = value(),
            'k' => options.ends |= !matches!(value().as_str(), "start" | "restart"),
            'v' | 'V' | 'l' | 'L' | 't' | 'S' | 'M' => options.ends = true,
            _ => {}
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_command_lines() {
        let of = |line: &str| options(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(of("/usr/sbin/apache2 -k start"), Options::default());
        let read = of("httpd -DFOREGROUND -f conf/x.conf -d /srv -D SSL");
        assert_eq!((read.file.as_deref(), read.root.as_deref()), (Some("conf/x.conf"), Some("/srv")));
        assert_eq!(read.defined, ["FOREGROUND", "SSL"]);
        assert!(of("apache2 -t").ends && of("apache2 -k stop").ends);
    }
}
