//! Blocks in blocks: a setting that a block lacks is that of the block around it.

use std::time::Duration;

use rustc_hash::FxHashMap;

use super::{
    super::{Host, Timeouts},
    address::{self, Parsed},
    time,
    tree::Directive,
};

/// A block with the blocks around it.
pub struct Scope<'a> {
    parent: Option<&'a Scope<'a>>,
    /// Its directives, in order.
    pub directives: &'a [Directive],
    /// Those without a block, the first of each name.
    settings: FxHashMap<&'a str, &'a Directive>,
}

impl<'a> Scope<'a> {
    /// A block in another.
    #[must_use]
    pub fn new(directives: &'a [Directive], parent: Option<&'a Scope<'a>>) -> Self {
        let mut settings = FxHashMap::default();
        for directive in directives.iter().filter(|directive| directive.block.is_none()) {
            settings.entry(directive.name.text.as_str()).or_insert(directive);
        }
        Self { parent, directives, settings }
    }

    /// The directive of the innermost block that has one of this name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&'a Directive> {
        self.settings.get(name).copied().or_else(|| self.parent?.setting(name))
    }

    /// This block and those around it.
    pub fn chain(&self) -> impl Iterator<Item = &Scope<'a>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    fn time(&self, name: &str) -> Option<Duration> {
        time::duration(self.setting(name)?.argument(0)?)
    }

    /// How long `proxy_…`, `fastcgi_…` and so on wait; 60 s each by default, and 10 minutes in a stream.
    #[must_use]
    pub fn timeouts(&self, family: &str, stream: bool) -> Timeouts {
        let of = |what: &str| self.time(&format!("{family}_{what}_timeout"));
        let minute = Duration::from_mins(1);
        if stream {
            let idle = self.time("proxy_timeout").unwrap_or(Duration::from_mins(10));
            return Timeouts { connect: of("connect").or(Some(minute)), send: Some(idle), read: Some(idle) };
        }
        Timeouts { connect: of("connect").or(Some(minute)), send: of("send").or(Some(minute)), read: of("read").or(Some(minute)) }
    }

    /// The address that it binds to before it connects.
    #[must_use]
    pub fn from(&self, family: &str) -> Option<Host> {
        let text = self.setting(&format!("{family}_bind"))?.argument(0)?;
        if text == "off" {
            return None;
        }
        if text.contains('$') {
            return Some(Host::Unknown(text.to_owned()));
        }
        match address::upstream(text, false) {
            Ok(Parsed::Host(host @ Host::Ip(_), _)) => Some(host),
            _ => Some(Host::Unknown(text.to_owned())),
        }
    }
}
