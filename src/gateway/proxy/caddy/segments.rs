//! Tokens to lines with blocks; snippets and files put in the places of imports, as `parse.go` does.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    super::{
        Configuration, Fault, Files, Place, Severity,
        files::{Unreadable, absolute, folder},
        pattern,
    },
    lexer::{Token, tokens},
};

/// A line, with the block that it opens.
#[derive(Debug, Clone)]
pub struct Segment {
    pub words: Vec<Token>,
    pub block: Option<Vec<Segment>>,
    pub file: Arc<str>,
    line: u32,
}

impl Segment {
    /// A word's text, empty if there is none.
    #[must_use]
    pub fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |token| token.text.as_str())
    }

    /// What stands in its block.
    #[must_use]
    pub fn inside(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place_of(0)
    }

    /// Where one of its words stands.
    #[must_use]
    pub fn place_of(&self, index: usize) -> Place {
        let (line, column) = self.words.get(index).map_or((self.line, 1), |token| (token.line, token.column));
        Place { file: Arc::clone(&self.file), line, column }
    }
}

/// Blocks in blocks and imports in imports beyond this are no configuration.
const DEEPEST: usize = 32;

/// Lines, with all that imports bring.
const MOST: usize = 1_000_000;

/// Reads files into lines with blocks.
pub struct Reader<'a> {
    files: &'a Files<'a>,
    process: Option<u32>,
    snippets: FxHashMap<String, Vec<Segment>>,
    open: Vec<String>,
    pub configuration: Configuration,
    left: usize,
}

impl<'a> Reader<'a> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(files: &'a Files<'a>, process: Option<u32>) -> Self {
        Self { files, process, snippets: FxHashMap::default(), open: Vec::new(), configuration: Configuration::default(), left: MOST }
    }

    /// The lines of a file as they stand, or why it can't be read.
    fn file(&mut self, path: &str, from: Option<&Segment>) -> Vec<Segment> {
        let place = from.map_or_else(|| Place::whole(path), Segment::place);
        match self.files.read(path) {
            Ok(text) => {
                self.configuration.files += 1;
                self.text(path, &text)
            }
            Err(Unreadable::Absent) => {
                self.configuration.refuse(place, format!("File to import not found: {path}"));
                Vec::new()
            }
            Err(Unreadable::Unknown(why)) => {
                self.configuration.faults.push(Fault { place, severity: Severity::Unreadable, what: format!("{path}: {why}") });
                Vec::new()
            }
        }
    }

    /// The lines of a text that stands under this name.
    pub fn text(&mut self, path: &str, text: &str) -> Vec<Segment> {
        let file: Arc<str> = path.into();
        let text = self.with_environment(text);
        let refused = match tokens(&text) {
            Ok(tokens) => {
                let mut cursor = Cursor { tokens: &tokens, at: 0, file: Arc::clone(&file) };
                match cursor.block(0) {
                    Ok(segments) => return segments,
                    Err(refused) => refused,
                }
            }
            Err(refused) => refused,
        };
        let (what, line, column) = refused;
        self.configuration.refuse(Place { file, line, column }, what);
        Vec::new()
    }

    /// `{$NAME}` and `{$NAME:default}`; one that is not known stays (`replaceEnvVars`).
    fn with_environment(&self, text: &str) -> String {
        let mut whole = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{$") {
            whole.push_str(before);
            let Some((inside, after)) = after.split_once('}').filter(|(inside, _)| !inside.contains('\n')) else {
                whole.push_str("{$");
                rest = after;
                continue;
            };
            let (name, default) = inside.split_once(':').map_or((inside, None), |(name, default)| (name, Some(default)));
            match (self.files.environment(self.process, name), default) {
                (Ok(Some(value)), _) => whole.push_str(&value),
                (Ok(None), default) => whole.push_str(default.unwrap_or_default()),
                (Err(_), Some(default)) => whole.push_str(default),
                (Err(_), None) => whole.push_str(&format!("{{${inside}}}")),
            }
            rest = after;
        }
        whole.push_str(rest);
        whole
    }

    /// All lines of the main file, snippets collected and imports done.
    pub fn main(&mut self, path: &str, text: &str) -> Vec<Segment> {
        let segments = self.text(path, text);
        self.open.push(path.to_owned());
        self.configuration.files += 1;
        self.expanded(segments, true, 0)
    }

    fn expanded(&mut self, segments: Vec<Segment>, top: bool, depth: usize) -> Vec<Segment> {
        let mut found = Vec::new();
        for mut segment in segments {
            if self.left == 0 || depth > DEEPEST {
                self.configuration.refuse(segment.place(), "too many lines, or imports too deep");
                return found;
            }
            self.left -= 1;
            let name = segment.word(0);
            if top && segment.words.len() == 1 && name.starts_with('(') && name.ends_with(')') {
                let name = name.trim_matches(['(', ')']).to_owned();
                if self.snippets.insert(name.clone(), segment.block.take().unwrap_or_default()).is_some() {
                    self.configuration.refuse(segment.place(), format!("redeclaration of previously declared snippet {name}"));
                }
            } else if name == "import" && segment.words.first().is_some_and(|token| !token.quoted) {
                found.extend(self.import(&segment, top, depth + 1));
            } else {
                segment.block = segment.block.take().map(|block| self.expanded(block, false, depth + 1));
                found.push(segment);
            }
        }
        found
    }

    fn import(&mut self, import: &Segment, top: bool, depth: usize) -> Vec<Segment> {
        let name = import.word(1).to_owned();
        if name.is_empty() {
            self.configuration.refuse(import.place(), "wrong argument count or unexpected line ending after 'import'");
            return Vec::new();
        }
        let arguments = import.words.get(2..).unwrap_or_default();
        if let Some(lines) = self.snippets.get(&name).cloned() {
            let lines = self.with_arguments(lines, arguments, import.inside(), depth);
            return self.expanded(lines, top, depth);
        }
        if name.contains("{$") || name.contains("{args") {
            self.configuration.doubt(import.place(), format!("what '{name}' names is not known: it is not read"));
            return Vec::new();
        }
        // Relative to the file in which it stands.
        let path = absolute(folder(&import.file), &name);
        let paths = if pattern::is_pattern(&path) {
            match self.files.paths(&path) {
                Ok(paths) => paths,
                Err(why) => {
                    let what = format!("{path}: {why}");
                    self.configuration.faults.push(Fault { place: import.place(), severity: Severity::Unreadable, what });
                    return Vec::new();
                }
            }
        } else {
            vec![path]
        };
        let mut found = Vec::new();
        for path in paths {
            if self.open.contains(&path) {
                self.configuration.refuse(import.place(), format!("a cycle of imports exists between {} and {path}", import.file));
                continue;
            }
            let lines = self.file(&path, Some(import));
            let lines = self.with_arguments(lines, arguments, import.inside(), depth);
            self.open.push(path);
            found.extend(self.expanded(lines, top, depth));
            self.open.pop();
        }
        found
    }

    /// Lines with `{args[0]}`, `{args[:]}`, `{block}` and `{blocks.name}` replaced.
    fn with_arguments(&mut self, lines: Vec<Segment>, arguments: &[Token], block: &[Segment], depth: usize) -> Vec<Segment> {
        let mut found = Vec::new();
        for mut line in lines {
            if self.left == 0 || depth > DEEPEST {
                return found;
            }
            self.left -= 1;
            if let [only] = &line.words[..]
                && line.block.is_none()
            {
                if only.text == "{block}" {
                    found.extend_from_slice(block);
                    continue;
                }
                if let Some(name) = only.text.strip_prefix("{blocks.").and_then(|rest| rest.strip_suffix('}')) {
                    found.extend(block.iter().filter(|each| each.word(0) == name).flat_map(Segment::inside).cloned());
                    continue;
                }
            }
            line.words = line.words.iter().flat_map(|token| with_arguments(token, arguments)).collect();
            line.block = line.block.take().map(|inside| self.with_arguments(inside, arguments, block, depth + 1));
            found.push(line);
        }
        found
    }
}

/// A token with the arguments that it names.
fn with_arguments(token: &Token, arguments: &[Token]) -> Vec<Token> {
    // A range stands alone, and becomes several words.
    let range = token.text.strip_prefix("{args[").and_then(|rest| rest.strip_suffix("]}")).and_then(|inside| inside.split_once(':'));
    if let Some((from, to)) = range {
        let from = from.parse().unwrap_or(0);
        let to = to.parse().unwrap_or(arguments.len());
        let of = |argument: &Token| Token { text: argument.text.clone(), ..token.clone() };
        return arguments.get(from..to.min(arguments.len())).unwrap_or_default().iter().map(of).collect();
    }
    let mut text = token.text.clone();
    if text.contains("{args") {
        for (index, argument) in arguments.iter().enumerate() {
            text = text.replace(&format!("{{args[{index}]}}"), &argument.text).replace(&format!("{{args.{index}}}"), &argument.text);
        }
    }
    vec![Token { text, ..token.clone() }]
}

struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
    file: Arc<str>,
}

impl Cursor<'_> {
    /// Lines up to the closing brace, or to the end.
    fn block(&mut self, depth: usize) -> Result<Vec<Segment>, (String, u32, u32)> {
        let mut segments: Vec<Segment> = Vec::new();
        let place = |token: &Token| (token.line, token.column);
        while let Some(token) = self.tokens.get(self.at) {
            let (line, column) = place(token);
            if depth > DEEPEST {
                return Err(("blocks too deep".into(), line, column));
            }
            if !token.quoted && token.text == "}" {
                if depth == 0 {
                    return Err(("unexpected '}', no matching opening brace".into(), line, column));
                }
                self.at += 1;
                return Ok(segments);
            }
            let mut segment = Segment { words: Vec::new(), block: None, file: Arc::clone(&self.file), line };
            // Addresses of a site go on after a comma.
            let mut more = false;
            while let Some(token) = self.tokens.get(self.at) {
                let last = segment.words.last().map_or(line, |word| word.end);
                if token.line != last && !more {
                    break;
                }
                if !token.quoted && token.text == "{" {
                    self.at += 1;
                    if self.tokens.get(self.at).is_some_and(|next| next.line == token.line && next.text != "}") {
                        return Err(("Unexpected next token after '{' on same line".into(), token.line, token.column));
                    }
                    segment.block = Some(self.block(depth + 1)?);
                    break;
                }
                if !token.quoted && token.text == "}" {
                    break;
                }
                more = depth == 0 && token.text.ends_with(',');
                segment.words.push(token.clone());
                self.at += 1;
            }
            segments.push(segment);
        }
        match depth {
            0 => Ok(segments),
            _ => {
                let last = self.tokens.last().map_or((1, 1), place);
                Err(("unexpected EOF: a block is not closed".into(), last.0, last.1))
            }
        }
    }
}
