//! Conditions of `.if` and `.elif`, as `cfg_eval_condition` evaluates them; what rests on the program or on its environment may be unknown.

use super::environment::{Environment, Value};

/// What is known where a condition stands.
pub struct Known<'a, 'e> {
    pub environment: &'a Environment<'e>,
    /// Whether the program has a feature, if that is known.
    pub feature: &'a dyn Fn(&str) -> Option<bool>,
}

/// Parentheses in parentheses beyond this are no condition (`CFG_EVAL_DEPTH`… is 1024; people write two).
const DEEPEST: usize = 64;

/// Evaluates a condition: None within it is not known, an error is what haproxy refuses.
pub fn holds(text: &str, known: &Known<'_, '_>) -> Result<Option<bool>, String> {
    if text.trim().is_empty() {
        return Ok(Some(false));
    }
    let mut cursor = Cursor { rest: text, known, depth: 0 };
    let value = cursor.either()?;
    match cursor.rest.trim() {
        "" => Ok(value),
        rest => Err(format!("unexpected character '{}' at the end of conditional expression", rest.chars().next().unwrap_or(' '))),
    }
}

struct Cursor<'a, 'e> {
    rest: &'a str,
    known: &'a Known<'a, 'e>,
    depth: usize,
}

impl<'a> Cursor<'a, '_> {
    fn take(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let taken = rest.strip_prefix(word);
        self.rest = taken.unwrap_or(rest);
        taken.is_some()
    }

    fn either(&mut self) -> Result<Option<bool>, String> {
        let mut value = self.both()?;
        while self.take("||") {
            let other = self.both()?;
            value = match (value, other) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Ok(value)
    }

    fn both(&mut self) -> Result<Option<bool>, String> {
        let mut value = self.term()?;
        while self.take("&&") {
            let other = self.term()?;
            value = match (value, other) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        Ok(value)
    }

    fn term(&mut self) -> Result<Option<bool>, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("conditional expression is too deep".into());
        }
        let value = if self.take("!") {
            self.term()?.map(|value| !value)
        } else if self.take("(") {
            let value = self.either()?;
            if !self.take(")") {
                return Err("unmatched parenthesis in conditional expression".into());
            }
            value
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn predicate(&mut self) -> Result<Option<bool>, String> {
        let rest = self.rest.trim_start();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        self.rest = after;
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Some(name.bytes().any(|byte| byte != b'0')));
        }
        let arguments = self.arguments(name)?;
        match (name, &arguments[..]) {
            ("defined", [variable, ..]) => Ok(match self.known.environment.value(variable) {
                Value::Set(_) => Some(true),
                Value::Unset => Some(false),
                Value::Unknown => None,
            }),
            ("feature", [feature, ..]) => Ok((self.known.feature)(feature)),
            ("streq" | "strneq" | "strstr", [one, other, ..]) => {
                // A variable that is not known stands as it is written.
                let equal = if name == "strstr" { one.contains(*other) } else { one == other };
                Ok((!one.contains('$') && !other.contains('$')).then_some(equal == (name != "strneq")))
            }
            (
                "version_atleast"
                | "version_before"
                | "openssl_version_atleast"
                | "openssl_version_before"
                | "ssllib_name_startswith"
                | "enabled"
                | "awslc_api_atleast"
                | "awslc_api_before",
                _,
            ) => Ok(None),
            _ => Err(format!("unknown predicate used in conditional expression '{name}'")),
        }
    }

    /// What stands between the parentheses, in parts.
    fn arguments(&mut self, name: &str) -> Result<Vec<&'a str>, String> {
        let Some(inside) = self.rest.strip_prefix('(') else {
            return Err(format!("unparsable conditional expression '{name}'"));
        };
        let end = inside.find(')').ok_or("unmatched parenthesis in conditional expression")?;
        let (inside, rest) = inside.split_at_checked(end).unwrap_or((inside, ""));
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(inside.split(',').map(str::trim).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        let mut environment = Environment::new(None, None);
        environment.set("A", Some(String::new()));
        environment.set("B", None);
        let known = Known { environment: &environment, feature: &|feature| (feature == "OPENSSL").then_some(true) };
        for (text, value) in [
            ("", Ok(Some(false))),
            ("0", Ok(Some(false))),
            ("12", Ok(Some(true))),
            ("defined(A)", Ok(Some(true))),
            ("!defined(B) && defined(A)", Ok(Some(true))),
            ("defined(C)", Ok(None)),
            ("defined(C) || 1", Ok(Some(true))),
            ("(defined(C) || 0) && 0", Ok(Some(false))),
            ("streq(a,b)", Ok(Some(false))),
            ("strneq(,yes)", Ok(Some(true))),
            ("streq($C,yes)", Ok(None)),
            ("feature(OPENSSL)", Ok(Some(true))),
            ("version_atleast(2.4)", Ok(None)),
        ] {
            assert_eq!(holds(text, &known), value, "{text}");
        }
        for text in ["nonsense", "unknown(a)", "(1", "1 2", &"!".repeat(10_000)] {
            assert!(holds(text, &known).is_err(), "{text}");
        }
    }
}
