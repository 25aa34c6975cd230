//! What variables can be: the values that `set`, `map`, `geo` and `split_clients` give them. Anything else is known only with a request.

use rustc_hash::FxHashMap;

use super::{super::Place, scope::Scope, tree::Directive};

/// What a text with variables can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// All that is known of it, from its beginning.
    pub text: String,
    /// Whether that is all of it.
    pub whole: bool,
    /// Where the value stands that decides it, if a variable does.
    pub place: Option<Place>,
}

/// A text has at most so many candidates; more are not known.
const MOST: usize = 1000;

/// Variables in values of variables beyond this go round in circles.
const DEEPEST: usize = 8;

/// Variables that blocks of their own define, in one of http and stream.
#[derive(Default)]
pub struct Variables<'a> {
    defined: FxHashMap<&'a str, Vec<Value<'a>>>,
}

struct Value<'a> {
    text: &'a str,
    place: Place,
}

impl<'a> Variables<'a> {
    /// Those that stand in the block of http or stream.
    #[must_use]
    pub fn of(module: &'a [Directive]) -> Self {
        let mut variables = Self::default();
        for directive in module {
            let name = match directive.name.text.as_str() {
                "map" | "split_clients" => directive.argument(1),
                "geo" => directive.arguments.last().map(|word| word.text.as_str()),
                _ => None,
            };
            let Some(name) = name.and_then(|name| name.strip_prefix('$')) else { continue };
            let values = variables.defined.entry(name).or_default();
            for line in directive.children() {
                let special = line.is("include")
                    || match directive.name.text.as_str() {
                        "map" => matches!(line.name.text.as_str(), "hostnames" | "volatile"),
                        "geo" => matches!(line.name.text.as_str(), "delete" | "proxy" | "proxy_recursive" | "ranges"),
                        _ => false,
                    };
                let Some(value) = line.arguments.first().filter(|_| !special) else { continue };
                values.push(Value { text: &value.text, place: line.place_of(0) });
            }
        }
        variables
    }

    /// All that a text can be in a block.
    #[must_use]
    pub fn candidates(&self, text: &str, scope: &Scope<'_>) -> Vec<Candidate> {
        self.expand(text, scope, 0)
    }

    fn expand(&self, text: &str, scope: &Scope<'_>, depth: usize) -> Vec<Candidate> {
        let mut candidates = vec![Candidate { text: String::new(), whole: true, place: None }];
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (literal, from) = rest.split_at(at);
            append(&mut candidates, literal);
            let Some((name, after)) = name(from) else {
                append(&mut candidates, from);
                return candidates;
            };
            rest = after;
            let values = self.values(name, scope, depth);
            candidates = product(candidates, &values);
            if candidates.len() > MOST {
                return vec![Candidate { text: String::new(), whole: false, place: None }];
            }
        }
        append(&mut candidates, rest);
        candidates
    }

    /// All that a variable can be.
    fn values(&self, name: &str, scope: &Scope<'_>, depth: usize) -> Vec<Candidate> {
        let unknown = || Candidate { text: String::new(), whole: false, place: None };
        if depth >= DEEPEST {
            return vec![unknown()];
        }
        let plain = |text: &str, whole| Candidate { text: text.to_owned(), whole, place: None };
        match name {
            "scheme" => return vec![plain("http", true), plain("https", true)],
            // They begin with a slash, and nothing that follows changes where a request goes.
            "uri" | "request_uri" | "document_uri" => return vec![plain("/", false)],
            "is_args" => return vec![plain("?", false)],
            _ => {}
        }
        let mut found = Vec::new();
        let mut add = |text: &str, place: Place| {
            for mut candidate in self.expand(text, scope, depth + 1) {
                candidate.place = Some(candidate.place.unwrap_or_else(|| place.clone()));
                found.push(candidate);
            }
        };
        let mut by_code = false;
        for directive in scope.chain().flat_map(|scope| with_ifs(scope.directives)) {
            let sets = directive.argument(0).and_then(|word| word.strip_prefix('$')) == Some(name);
            match directive.name.text.as_str() {
                "set" if sets => add(directive.argument(1).unwrap_or_default(), directive.place_of(1)),
                "auth_request_set" if sets => by_code = true,
                other if other.contains("_by_lua") || other.starts_with("js_access") => by_code = true,
                _ => {}
            }
        }
        for value in self.defined.get(name).into_iter().flatten() {
            add(value.text, value.place.clone());
        }
        if by_code || found.is_empty() {
            found.push(unknown());
        }
        found
    }
}

/// The directives of a block and those of its `if`s.
fn with_ifs(directives: &[Directive]) -> impl Iterator<Item = &Directive> {
    directives.iter().flat_map(|directive| {
        let inner = if directive.is("if") { directive.children() } else { &[] };
        std::iter::once(directive).chain(inner)
    })
}

fn append(candidates: &mut [Candidate], literal: &str) {
    for candidate in candidates.iter_mut().filter(|candidate| candidate.whole) {
        candidate.text.push_str(literal);
    }
}

fn product(candidates: Vec<Candidate>, values: &[Candidate]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for candidate in candidates {
        if !candidate.whole {
            all.push(candidate);
            continue;
        }
        for value in values.iter().take(MOST + 1) {
            let place = value.place.clone().or_else(|| candidate.place.clone());
            all.push(Candidate { text: format!("{}{}", candidate.text, value.text), whole: value.whole, place });
        }
        if all.len() > MOST {
            break;
        }
    }
    all
}

/// The name in `$name…` or `${name}…`, and what follows it (`ngx_http_script_compile`); captures are names of one digit.
fn name(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('$')?;
    if let Some(braced) = text.strip_prefix('{') {
        return braced.split_once('}').filter(|(name, _)| !name.is_empty());
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return text.split_at_checked(1);
    }
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    text.split_at_checked(end).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables() {
        assert_eq!(name("$a_1/b"), Some(("a_1", "/b")));
        assert_eq!(name("${a}b"), Some(("a", "b")));
        assert_eq!(name("$12"), Some(("1", "2")));
        assert_eq!(name("$"), None);
        assert_eq!(name("${a"), None);
    }
}
