//! How nginx was started: `ngx_get_options` and `ngx_process_options`.

use super::super::{
    Files, Invocation,
    files::{absolute, folder},
};
use crate::snapshot::Process;

/// Where Debian, Ubuntu, Fedora and nginx' own packages keep it.
const PACKAGED: &str = "/etc/nginx/nginx.conf";

/// What was built into the program.
struct Built {
    prefix: String,
    file: String,
}

/// What a process reads; none for a worker.
pub fn invocation(process: &Process, files: &Files<'_>) -> Option<Invocation> {
    let title = process.arguments.first()?;
    // A master and a single process write their title over their arguments (`ngx_setproctitle`), and join those with blanks.
    let words: Vec<String> = match title.strip_prefix("nginx: ") {
        Some(title) => title.strip_prefix("master process ")?.split(' ').map(str::to_owned).collect(),
        None => process.arguments.clone(),
    };
    let program = process.executable.as_deref().map(|path| path.trim_end_matches(" (deleted)").to_owned());
    let built = built(program.as_deref(), files);
    let options = options(&words);
    let mut prefix = options.prefix.clone().unwrap_or_else(|| built.prefix.clone());
    if let Some(current) = &process.folder {
        prefix = absolute(current, &prefix);
    }
    let file = absolute(&prefix, options.file.as_deref().unwrap_or(&built.file));
    Some(Invocation {
        folder: folder(&file).to_owned(),
        files: vec![file],
        arguments: options.directives,
        process: Some(process.pid),
        uid: Some(process.uid),
        program,
    })
}

fn built(program: Option<&str>, files: &Files<'_>) -> Built {
    // `nginx -V` prints this text, so the program holds it.
    let told = program.and_then(|program| files.built_with(program, "--conf-path=")).unwrap_or_default();
    let of = |name: &str| told.split(' ').find_map(|word| word.strip_prefix(name)).map(str::to_owned);
    let prefix = of("--prefix=").unwrap_or_else(|| "/usr/local/nginx".to_owned());
    let file = of("--conf-path=").unwrap_or_else(|| PACKAGED.to_owned());
    Built { file: absolute(&prefix, &file), prefix }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    file: Option<String>,
    prefix: Option<String>,
    /// Texts of `-g`.
    directives: Vec<String>,
}

/// The options that decide what is read; `words` start with the program.
fn options(words: &[String]) -> Options {
    let mut options = Options::default();
    let mut words = words.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-') else { continue };
        for (at, letter) in letters.char_indices() {
            if !matches!(letter, 'p' | 'e' | 'c' | 'g' | 's') {
                continue;
            }
            let attached = letters.get(at + 1..).unwrap_or_default();
            let mut value = if attached.is_empty() { words.next().cloned().unwrap_or_default() } else { attached.to_owned() };
            match letter {
                'p' => options.prefix = Some(value),
                'c' => options.file = Some(value),
                'g' => {
                    // In a title nobody can tell where the text ends: it ends with `;`, and another option follows it.
                    while let Some(more) = words.next_if(|next| !is_option(next)) {
                        value.push(' ');
                        value.push_str(more);
                    }
                    options.directives.push(value);
                }
                _ => {}
            }
            break;
        }
    }
    options
}

fn is_option(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next() == Some('-') && letters.next().is_some_and(|letter| "pecgsqtTvVh?".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Options {
        options(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_of_command_lines_and_titles() {
        assert_eq!(of("/usr/sbin/nginx"), Options::default());
        let options = of("/usr/sbin/nginx -g daemon on; master_process on; -c /etc/n.conf -p/srv");
        assert_eq!(options.directives, ["daemon on; master_process on;"]);
        assert_eq!(options.file.as_deref(), Some("/etc/n.conf"));
        assert_eq!(options.prefix.as_deref(), Some("/srv"));
        assert_eq!(of("nginx -qc x.conf").file.as_deref(), Some("x.conf"));
    }
}
