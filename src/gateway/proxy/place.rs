//! Where something stands in a configuration file.

use std::{fmt, sync::Arc};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the proxy names it; absolute.
    pub file: Arc<str>,
    /// From 1; 0 for what stands in no line (an argument, an absent file).
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Place {
    /// The start of a file, for what concerns it as a whole.
    #[must_use]
    pub fn whole(file: &str) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }

    /// `web.conf:21`, for tables.
    #[must_use]
    pub fn short(&self) -> String {
        let name = self.file.rsplit('/').next().unwrap_or_default();
        if self.line == 0 { name.to_owned() } else { format!("{name}:{}", self.line) }
    }

    /// `/etc/nginx/sites-enabled/web.conf:21`.
    #[must_use]
    pub fn long(&self) -> String {
        if self.line == 0 { self.file.to_string() } else { format!("{}:{}", self.file, self.line) }
    }
}

/// `/etc/nginx/nginx.conf:21:9`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.file) } else { write!(f, "{}:{}:{}", self.file, self.line, self.column) }
    }
}
