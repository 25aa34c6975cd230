//! Files to directives with their sections, those decided that httpd decides while it reads.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    super::{
        Configuration, Fault, Files, Invocation, Place, Severity,
        files::{Unreadable, absolute},
        pattern,
    },
    lexer::{Line, Word, lines, words},
};

/// A directive, or a section with what stands in it.
#[derive(Debug, Clone)]
pub struct Directive {
    /// In lower case.
    pub name: String,
    pub arguments: Vec<Word>,
    file: Arc<str>,
    first: u32,
    last: u32,
    column: u32,
    pub children: Option<Vec<Directive>>,
}

impl Directive {
    /// An argument, empty if there is none.
    #[must_use]
    pub fn argument(&self, index: usize) -> &str {
        self.arguments.get(index).map_or("", |word| word.text.as_str())
    }

    /// Where it starts.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { file: Arc::clone(&self.file), line: self.first, column: self.column }
    }

    /// Where httpd says it is when it refuses it.
    #[must_use]
    pub fn refused_at(&self) -> Place {
        Place { file: Arc::clone(&self.file), line: self.last, column: if self.last == self.first { self.column } else { 1 } }
    }
}

/// `<Macro Name $a $b>`: its parameters and lines.
#[derive(Clone)]
struct Macro {
    parameters: Vec<String>,
    lines: Vec<Line>,
    file: Arc<str>,
}

/// Files in files and sections in sections beyond this are no configuration.
const DEEPEST: usize = 64;

/// More directives than these are no configuration.
const MOST: usize = 2_000_000;

/// Modules that Debian's and httpd's own builds hold.
const BUILT_IN: [&str; 8] =
    ["core.c", "mod_so.c", "http_core.c", "mod_watchdog.c", "mod_log_config.c", "mod_logio.c", "mod_version.c", "mod_unixd.c"];

/// Reads files into directives.
pub struct Reader<'a> {
    files: &'a Files<'a>,
    process: Option<u32>,
    program: Option<String>,
    /// What relative paths are relative to.
    root: String,
    /// Variables of `Define`, and names of `-D`.
    defined: FxHashMap<String, String>,
    /// Variables of Debian's envvars.
    packaged: FxHashMap<String, String>,
    /// Names and files of loaded modules.
    modules: FxHashSet<String>,
    /// Whether anything was loaded: else this is a part of a configuration, and what is loaded is not known.
    loads: bool,
    macros: FxHashMap<String, Macro>,
    open: Vec<String>,
    pub configuration: Configuration,
    left: usize,
}

impl<'a> Reader<'a> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(files: &'a Files<'a>, invocation: &Invocation) -> Self {
        let folder = invocation.files.first().map_or("/", |file| super::super::files::folder(file));
        let mut defined = FxHashMap::default();
        for name in &invocation.arguments {
            defined.insert(name.clone(), String::new());
        }
        Self {
            files,
            process: invocation.process,
            program: invocation.program.clone(),
            root: invocation.folder.clone(),
            defined,
            packaged: envvars(&files.read(&format!("{folder}envvars")).unwrap_or_default()),
            modules: BUILT_IN.iter().map(|name| (*name).to_owned()).collect(),
            loads: false,
            macros: FxHashMap::default(),
            open: Vec::new(),
            configuration: Configuration::default(),
            left: MOST,
        }
    }

    /// Whether a module is loaded, by its name or its file; none if that can't be told.
    #[must_use]
    pub fn has_module(&self, name: &str) -> Option<bool> {
        if self.modules.contains(name) {
            return Some(true);
        }
        let built_in = self.program.as_deref().and_then(|program| self.files.built_with(program, name)).is_some_and(|run| run == name);
        if built_in { Some(true) } else { self.loads.then_some(false) }
    }

    fn value(&self, name: &str) -> Option<String> {
        if let Some(value) = self.defined.get(name) {
            return Some(value.clone());
        }
        match self.files.environment(self.process, name) {
            Ok(value) => value,
            Err(_) => self.packaged.get(name).cloned(),
        }
    }

    fn words(&self, text: &str) -> Vec<Word> {
        words(text, &|name| self.value(name))
    }

    /// The directives of a file.
    pub fn file(&mut self, path: &str, from: Option<&Directive>, depth: usize) -> Vec<Directive> {
        if self.open.iter().any(|open| open == path) || depth > DEEPEST {
            let place = from.map_or_else(|| Place::whole(path), Directive::refused_at);
            self.configuration.refuse(place, format!("{path}: included in itself, or too deep"));
            return Vec::new();
        }
        let text = match self.files.read(path) {
            Ok(text) => text,
            Err(Unreadable::Absent) => {
                let place = from.map_or_else(|| Place::whole(path), Directive::refused_at);
                self.configuration.refuse(place, format!("Could not open configuration file {path}: No such file or directory"));
                return Vec::new();
            }
            Err(Unreadable::Unknown(why)) => {
                let place = from.map_or_else(|| Place::whole(path), Directive::place);
                self.configuration.faults.push(Fault { place, severity: Severity::Unreadable, what: format!("{path}: {why}") });
                return Vec::new();
            }
        };
        self.configuration.files += 1;
        self.open.push(path.to_owned());
        let file: Arc<str> = path.into();
        let lines = lines(&text);
        let directives = self.block(&lines, None, &file, depth);
        self.open.pop();
        directives
    }

    /// Directives of lines that are a block of their own, and the line that closes it.
    fn block(&mut self, lines: &[Line], closing: Option<&Line>, file: &Arc<str>, depth: usize) -> Vec<Directive> {
        let mut rest = lines;
        let mut directives = Vec::new();
        while let Some((line, after)) = rest.split_first() {
            rest = after;
            if self.left == 0 || depth > DEEPEST {
                self.configuration.refuse(at(line, file), "too many directives, or too deep");
                return directives;
            }
            self.left -= 1;
            if let Some(closing) = line.text.strip_prefix("</") {
                let name = closing.trim_end_matches('>').trim();
                self.configuration.refuse(at(line, file), format!("</{name}> without matching <{name}> section"));
                continue;
            }
            let opening = line.text.strip_prefix('<');
            let (name, arguments) = split(opening.unwrap_or(&line.text));
            let lower = name.trim_end_matches('>').to_lowercase();
            let Some(_) = opening else {
                let directive = self.directive(lower, arguments, line, file);
                self.plain(directive, &mut directives, depth);
                continue;
            };
            let closed = line.text.ends_with('>');
            let arguments = if name.ends_with('>') { "" } else { arguments.strip_suffix('>').unwrap_or(arguments) };
            if !closed {
                self.configuration.refuse(at_last(line, file), format!("<{name}> directive missing closing '>'"));
            }
            let Some(end) = end(rest, &lower) else {
                match closing {
                    Some(other) => self.configuration.refuse(at_last(other, file), format!("Expected </{name}> but saw {}", other.text)),
                    None => self.configuration.refuse(at_last(line, file), format!("<{name}> was not closed.")),
                }
                return directives;
            };
            let (inside, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            let closing = after.first();
            rest = after.get(1..).unwrap_or_default();
            let mut directive = self.directive(lower, arguments, line, file);
            if directive.name == "macro" {
                let mut names = directive.arguments.iter().map(|word| word.text.clone());
                let name = names.next().unwrap_or_default().to_lowercase();
                self.macros.insert(name, Macro { parameters: names.collect(), lines: inside.to_vec(), file: Arc::clone(file) });
                continue;
            }
            match self.condition(&directive, arguments.trim()) {
                Some(true) => directives.extend(self.block(inside, closing, file, depth + 1)),
                Some(false) => {}
                None => {
                    directive.children = Some(self.block(inside, closing, file, depth + 1));
                    directives.push(directive);
                }
            }
        }
        directives
    }

    fn directive(&self, name: String, arguments: &str, line: &Line, file: &Arc<str>) -> Directive {
        Directive {
            name,
            arguments: self.words(arguments),
            file: Arc::clone(file),
            first: line.first,
            last: line.last,
            column: line.indent + 1,
            children: None,
        }
    }

    /// Whether what stands in a section counts; none if the section is kept for those who read the directives. Where it can't be told it
    /// counts, and that is told.
    fn condition(&mut self, directive: &Directive, arguments: &str) -> Option<bool> {
        let (negated, name) = arguments.strip_prefix('!').map_or((false, arguments), |name| (true, name.trim()));
        let name = name.trim_matches('"');
        let known = match directive.name.as_str() {
            "ifmodule" => self.has_module(name),
            "ifdefine" => Some(self.defined.contains_key(name)).filter(|known| *known || self.process.is_some() || self.loads),
            "ifversion" => version(arguments),
            "iffile" => self.files.paths(&absolute(&self.root, name)).ok().map(|paths| !paths.is_empty()),
            "ifdirective" | "ifsection" => None,
            _ => return None,
        };
        if known.is_none() {
            let what = format!("whether <{} {arguments}> holds is not known: what stands in it is read", directive.name);
            self.configuration.doubt(directive.place(), what);
        }
        Some(known.is_none_or(|known| known != negated))
    }

    /// A directive that is no section.
    fn plain(&mut self, directive: Directive, into: &mut Vec<Directive>, depth: usize) {
        match directive.name.as_str() {
            "include" | "includeoptional" => {
                let optional = directive.name == "includeoptional";
                into.extend(self.include(&directive, optional, depth + 1));
            }
            "define" => {
                let value = directive.argument(1).to_owned();
                self.defined.insert(directive.argument(0).to_owned(), value);
            }
            "undefine" => _ = self.defined.remove(directive.argument(0)),
            "serverroot" => {
                directive.argument(0).clone_into(&mut self.root);
                into.push(directive);
            }
            "loadmodule" => {
                self.loads = true;
                self.module(directive.argument(0), directive.argument(1));
                into.push(directive);
            }
            "use" => into.extend(self.expanded(&directive, depth + 1)),
            "error" => self.configuration.refuse(directive.refused_at(), directive.argument(0).to_owned()),
            _ => into.push(directive),
        }
    }

    /// A module by its name and by the file that it was compiled from, which `IfModule` takes as well.
    fn module(&mut self, name: &str, object: &str) {
        self.modules.insert(name.to_owned());
        let file = object.rsplit('/').next().unwrap_or_default().trim_end_matches(".so");
        let file = match file {
            "mod_ldap" => "util_ldap".to_owned(),
            file => file.strip_prefix("mod_mpm_").or_else(|| file.strip_prefix("lib")).unwrap_or(file).to_owned(),
        };
        self.modules.insert(format!("{file}.c"));
    }

    /// A macro's lines with its parameters in their places.
    fn expanded(&mut self, directive: &Directive, depth: usize) -> Vec<Directive> {
        let Some(Macro { parameters: names, lines, file }) = self.macros.get(&directive.argument(0).to_lowercase()).cloned() else {
            let what = format!("Macro '{}' undefined", directive.argument(0));
            self.configuration.refuse(directive.refused_at(), what);
            return Vec::new();
        };
        let mut pairs: Vec<(&String, &str)> = names.iter().enumerate().map(|(index, name)| (name, directive.argument(index + 1))).collect();
        // Longer names first, as they may begin with shorter ones.
        pairs.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let put = |line: &Line| {
            let text = pairs.iter().filter(|(name, _)| !name.is_empty()).fold(line.text.clone(), |text, (name, value)| {
                if text.len() > MOST_LETTERS { text } else { text.replace(name.as_str(), value) }
            });
            Line { text, ..line.clone() }
        };
        let lines: Vec<Line> = lines.iter().map(put).collect();
        self.block(&lines, None, &file, depth)
    }

    fn include(&mut self, directive: &Directive, optional: bool, depth: usize) -> Vec<Directive> {
        let Some(word) = directive.arguments.first() else {
            self.configuration.refuse(directive.refused_at(), "Include takes one argument");
            return Vec::new();
        };
        if word.unknown {
            self.configuration.doubt(directive.place(), format!("what '{}' names is not known: it is not read", word.text));
            return Vec::new();
        }
        let path = absolute(&self.root, &word.text);
        if !pattern::is_pattern(&path) {
            return match self.folder(&path) {
                Some(paths) => paths.iter().flat_map(|path| self.file(path, Some(directive), depth)).collect(),
                None if optional && self.files.paths(&path).is_ok_and(|paths| paths.is_empty()) => Vec::new(),
                None => self.file(&path, Some(directive), depth),
            };
        }
        match self.files.paths(&path) {
            Ok(paths) if paths.is_empty() && !optional => {
                let what = format!("No matches for the wildcard '{path}', failing (use IncludeOptional if required)");
                self.configuration.refuse(directive.refused_at(), what);
                Vec::new()
            }
            Ok(paths) => {
                let mut found = Vec::new();
                for path in paths {
                    match self.folder(&path) {
                        Some(inside) => inside.iter().for_each(|path| found.extend(self.file(path, Some(directive), depth))),
                        None => found.extend(self.file(&path, Some(directive), depth)),
                    }
                }
                found
            }
            Err(why) => {
                let what = format!("{path}: {why}");
                self.configuration.faults.push(Fault { place: directive.place(), severity: Severity::Unreadable, what });
                Vec::new()
            }
        }
    }

    /// The files in a folder and in those inside; none if it is none.
    fn folder(&self, path: &str) -> Option<Vec<String>> {
        if !matches!(self.files.read(path), Err(Unreadable::Unknown(_))) {
            return None;
        }
        let inside = self.files.paths(&format!("{}/*", path.trim_end_matches('/'))).ok()?;
        (!inside.is_empty()).then_some(inside)
    }
}

/// More letters than these no line of a macro becomes.
const MOST_LETTERS: usize = 64 << 10;

fn at(line: &Line, file: &Arc<str>) -> Place {
    Place { file: Arc::clone(file), line: line.first, column: line.indent + 1 }
}

fn at_last(line: &Line, file: &Arc<str>) -> Place {
    Place { line: line.last, ..at(line, file) }
}

/// A directive's name and what follows it.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (name, rest.trim())
}

/// The line that closes a section of this name.
fn end(lines: &[Line], name: &str) -> Option<usize> {
    let mut depth = 0_usize;
    lines.iter().position(|line| {
        let (closes, rest) = match line.text.strip_prefix('<') {
            Some(rest) => rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest)),
            None => return false,
        };
        let of = split(rest).0.trim_end_matches('>');
        if !of.eq_ignore_ascii_case(name) {
            return false;
        }
        if closes && depth == 0 {
            return true;
        }
        depth = if closes { depth - 1 } else { depth + 1 };
        false
    })
}

/// `>= 2.4`: semantics are those of httpd 2.4, of which the last number is not known.
fn version(arguments: &str) -> Option<bool> {
    let mut words = arguments.trim_start_matches('!').split_whitespace();
    let first = words.next()?;
    let (operator, wanted) = if first.starts_with(|letter: char| letter.is_ascii_digit()) { ("=", first) } else { (first, words.next()?) };
    let numbers: Vec<u32> = wanted.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let (major, minor) = (*numbers.first()?, numbers.get(1).copied().unwrap_or(0));
    let order = (2, 4).cmp(&(major, minor));
    match (operator, numbers.get(2)) {
        (">=", None | Some(0)) => Some(order.is_ge()),
        ("<", None | Some(0)) => Some(order.is_lt()),
        ("=" | "==", None) if order.is_eq() => None,
        (_, _) if order.is_eq() => None,
        (">" | ">=", _) => Some(order.is_gt()),
        ("<" | "<=", _) => Some(order.is_lt()),
        ("=" | "==", _) => Some(false),
        _ => None,
    }
}

/// `export APACHE_RUN_USER=www-data` of Debian's envvars, without the suffix of further instances.
fn envvars(text: &str) -> FxHashMap<String, String> {
    let entry = |line: &str| {
        let (name, value) = line.trim().strip_prefix("export ")?.split_once('=')?;
        let value = value.trim_matches(['"', '\'']).replace("$SUFFIX", "");
        (!value.contains('$')).then(|| (name.to_owned(), value))
    };
    text.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_httpd_2_4() {
        assert_eq!(version(">= 2.4"), Some(true));
        assert_eq!(version("< 2.4"), Some(false));
        assert_eq!(version(">= 2.4.10"), None);
        assert_eq!(version(">= 2.5"), Some(false));
        assert_eq!(version("2.2"), Some(false));
        assert_eq!(version("!< 2.3"), Some(false));
        assert_eq!(version("~ /x/"), None);
    }
}
