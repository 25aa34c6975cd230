//! Variables that a configuration reads: those of the process, and those that `setenv` and its kind change.

use rustc_hash::FxHashMap;

use super::super::Files;

/// What is known of the environment at one line.
pub struct Environment<'a> {
    files: Option<&'a Files<'a>>,
    process: Option<u32>,
    changed: FxHashMap<String, Option<String>>,
    /// Whether all but what was changed is gone (`resetenv`).
    reset: bool,
}

/// What a variable is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Set(String),
    Unset,
    /// It can't be told: the process is not known.
    Unknown,
}

impl<'a> Environment<'a> {
    /// That of a process.
    #[must_use]
    pub fn new(files: Option<&'a Files<'a>>, process: Option<u32>) -> Self {
        Self { files, process, changed: FxHashMap::default(), reset: false }
    }

    /// Changes a variable, or takes it away.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        self.changed.insert(name.to_owned(), value);
    }

    /// What a variable is.
    #[must_use]
    pub fn value(&self, name: &str) -> Value {
        match self.changed.get(name) {
            Some(Some(value)) => return Value::Set(value.clone()),
            Some(None) => return Value::Unset,
            None if self.reset => return Value::Unset,
            None => {}
        }
        // haproxy sets these itself when it starts or reads a line.
        if name.starts_with("HAPROXY_") || name.starts_with('.') {
            return Value::Unknown;
        }
        match self.files.map(|files| files.environment(self.process, name)) {
            Some(Ok(Some(value))) => Value::Set(value),
            Some(Ok(None)) => Value::Unset,
            Some(Err(_)) | None => Value::Unknown,
        }
    }

    /// `setenv`, `presetenv`, `unsetenv` and `resetenv` of the global section, by name and arguments.
    pub fn change(&mut self, keyword: &str, arguments: &[&str]) {
        match (keyword, arguments) {
            ("setenv", [name, value, ..]) => self.set(name, Some((*value).to_owned())),
            ("presetenv", [name, value, ..]) if self.value(name) == Value::Unset => self.set(name, Some((*value).to_owned())),
            ("unsetenv", names) => names.iter().for_each(|name| self.set(name, None)),
            ("resetenv", names) => {
                let kept: Vec<_> = names.iter().map(|name| (*name, self.value(name))).collect();
                for value in self.changed.values_mut() {
                    *value = None;
                }
                self.reset = kept.iter().all(|(_, value)| *value != Value::Unknown);
                for (name, value) in kept {
                    match value {
                        Value::Set(value) => self.set(name, Some(value)),
                        Value::Unset => self.set(name, None),
                        Value::Unknown => _ = self.changed.remove(name),
                    }
                }
            }
            _ => {}
        }
    }

    /// A text with its variables, as `env_expand` puts them into addresses, where no quotes are needed. None if one is not known.
    #[must_use]
    pub fn expanded(&self, text: &str) -> Option<String> {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            whole.push_str(before);
            let (braced, after) = after.strip_prefix('{').map_or((false, after), |after| (true, after));
            let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end)?;
            match self.value(name) {
                Value::Set(value) => whole.push_str(&value),
                Value::Unset => {}
                Value::Unknown => return None,
            }
            rest = if braced { after.strip_prefix('}').unwrap_or(after) } else { after };
            if whole.len() > text.len() + (64 << 10) {
                return None;
            }
        }
        whole.push_str(rest);
        Some(whole)
    }
}
