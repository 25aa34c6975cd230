//! Directives with their blocks, includes put in their places.

use std::sync::Arc;

use super::{
    super::{
        Configuration, Fault, Files, Place, Severity,
        files::{Unreadable, absolute},
    },
    lexer::{End, Lexer, Position, Refused, Word},
    lua,
};

/// A directive.
#[derive(Debug, Clone)]
pub struct Directive {
    pub file: Arc<str>,
    pub name: Word,
    pub arguments: Vec<Word>,
    /// What stands between its braces, if it has any.
    pub block: Option<Vec<Directive>>,
    /// Where its `;` or `{` is: nginx names this line.
    pub end: Position,
}

impl Directive {
    /// Its name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.text == name
    }

    /// One of its arguments, from 0.
    #[must_use]
    pub fn argument(&self, index: usize) -> Option<&str> {
        self.arguments.get(index).map(|word| word.text.as_str())
    }

    /// Where it starts.
    #[must_use]
    pub fn place(&self) -> Place {
        self.at(self.name.at)
    }

    /// Where an argument is.
    #[must_use]
    pub fn place_of(&self, index: usize) -> Place {
        self.at(self.arguments.get(index).map_or(self.name.at, |word| word.at))
    }

    /// Where nginx says it is when it refuses it.
    #[must_use]
    pub fn refused_at(&self) -> Place {
        self.at(if self.end.line == self.name.at.line { self.name.at } else { self.end })
    }

    fn at(&self, position: Position) -> Place {
        Place { file: Arc::clone(&self.file), line: position.line, column: position.column }
    }

    /// The directives in its block.
    #[must_use]
    pub fn children(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// Blocks in blocks and files in files beyond this are no configuration.
const DEEPEST: usize = 100;

/// More directives than these are no configuration; each takes some 200 bytes.
const MOST: usize = 5_000_000;

/// Reads files into directives.
pub struct Reader<'a> {
    files: &'a Files<'a>,
    /// What relative includes are relative to (`cycle->conf_prefix`).
    folder: &'a str,
    configuration: &'a mut Configuration,
    left: usize,
    /// The files that are being read, each included by the one before.
    open: Vec<String>,
}

impl<'a> Reader<'a> {
    pub fn new(files: &'a Files<'a>, folder: &'a str, configuration: &'a mut Configuration) -> Self {
        Self { files, folder, configuration, left: MOST, open: Vec::new() }
    }

    /// The directives of a file; `from` includes it.
    pub fn file(&mut self, path: &str, from: Option<&Directive>, depth: usize) -> Vec<Directive> {
        if let Some(from) = from.filter(|_| self.open.iter().any(|each| each == path)) {
            self.configuration.refuse(from.refused_at(), format!("\"{path}\" includes itself without end"));
            return Vec::new();
        }
        let text = match self.files.read(path) {
            Ok(text) => text,
            Err(Unreadable::Absent) => {
                let place = from.map_or_else(|| Place::whole(path), Directive::refused_at);
                self.configuration.refuse(place, format!("open() \"{path}\" failed (2: No such file or directory)"));
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
        let directives = self.text(path, &text, depth);
        self.open.pop();
        directives
    }

    /// The directives of a text that stands under this name.
    pub fn text(&mut self, name: &str, text: &str, depth: usize) -> Vec<Directive> {
        let file: Arc<str> = name.into();
        // nginx takes a mark of byte order for letters of the first word.
        let mut lexer = Lexer::new(text);
        let mut directives = Vec::new();
        if let Err(refused) = self.block(&mut lexer, &file, &mut directives, None, depth) {
            let place = Place { file, line: refused.at.line, column: refused.at.column };
            self.configuration.refuse(place, refused.what);
        }
        directives
    }

    /// Statements up to the closing brace of the block, or to the end of the file.
    fn block(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: &Arc<str>,
        into: &mut Vec<Directive>,
        opened: Option<Position>,
        depth: usize,
    ) -> Result<(), Refused> {
        if depth > DEEPEST {
            return Err(Refused { what: format!("more than {DEEPEST} blocks or includes in each other"), at: lexer.position() });
        }
        loop {
            let statement = lexer.statement()?;
            let at = statement.at;
            match (statement.end, opened) {
                (End::Text, None) | (End::Close, Some(_)) => return Ok(()),
                (End::Text, Some(_)) => return Err(Refused { what: "unexpected end of file, expecting \"}\"".into(), at }),
                (End::Close, None) => return Err(Refused { what: "unexpected \"}\"".into(), at }),
                (End::Semicolon | End::Open, _) => {}
            }
            let mut words = statement.words.into_iter();
            let Some(name) = words.next() else { continue };
            self.left = self.left.checked_sub(1).ok_or_else(|| Refused { what: format!("more than {MOST} directives"), at })?;
            let mut directive = Directive { file: Arc::clone(file), name, arguments: words.collect(), block: None, end: at };
            if statement.end == End::Open {
                let mut block = Vec::new();
                let done = if lua::is_block(&directive.name.text) {
                    lua::skip(lexer)
                } else {
                    self.block(lexer, file, &mut block, Some(at), depth + 1)
                };
                directive.block = Some(block);
                into.push(directive);
                done?;
            } else if directive.is("include") && directive.arguments.len() == 1 {
                into.push(directive.clone());
                self.include(&directive, into, depth + 1);
            } else {
                into.push(directive);
            }
        }
    }

    /// `ngx_conf_include`: a path without `*?[` has to exist, a pattern may name nothing.
    fn include(&mut self, directive: &Directive, into: &mut Vec<Directive>, depth: usize) {
        let path = absolute(self.folder, directive.argument(0).unwrap_or_default());
        if depth > DEEPEST {
            self.configuration.refuse(directive.place(), format!("more than {DEEPEST} blocks or includes in each other"));
            return;
        }
        if !path.contains(['*', '?', '[']) {
            into.extend(self.file(&path, Some(directive), depth));
            return;
        }
        match self.files.paths(&path) {
            Ok(paths) => {
                for path in paths {
                    into.extend(self.file(&path, Some(directive), depth));
                }
            }
            Err(why) => {
                let what = format!("{path}: {why}");
                self.configuration.faults.push(Fault { place: directive.place(), severity: Severity::Unreadable, what });
            }
        }
    }
}
