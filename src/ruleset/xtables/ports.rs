//! Port ranges of `-m tcp`, `-m udp` and their kin.

use super::{options::Given, print::Line};
use crate::ruleset::services;

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    pub low: u16,
    pub high: u16,
    pub inverted: bool,
}

impl Ports {
    /// Every port.
    pub const ANY: Self = Self { low: 0, high: u16::MAX, inverted: false };

    /// From `port` or `low:high`, by number or by name of a service.
    ///
    /// # Errors
    /// It is neither.
    pub fn given(given: &Given<'_>) -> Result<Self, String> {
        let bad = || given.bad("a port or a range of ports");
        let (low, high) = match given.value.split_once(':') {
            None => (given.value, given.value),
            Some((low, high)) => (if low.is_empty() { "0" } else { low }, if high.is_empty() { "65535" } else { high }),
        };
        let (low, high) = port(low).zip(port(high)).ok_or_else(bad)?;
        if low > high { Err(bad()) } else { Ok(Self { low, high, inverted: given.inverted }) }
    }

    /// ` --name low:high`; nothing for every port, inverted or not (`tcp_save`).
    pub fn write(self, name: &str, line: &mut Line) {
        if (self.low, self.high) != (0, u16::MAX) {
            line.option(self.inverted, name, self.text());
        }
    }

    /// `port` or `low:high`.
    #[must_use]
    pub fn text(self) -> String {
        if self.low == self.high { self.low.to_string() } else { format!("{}:{}", self.low, self.high) }
    }
}

/// A port by number or by name of a service.
#[must_use]
pub fn port(text: &str) -> Option<u16> {
    match super::options::number(text) {
        Some(number) => u16::try_from(number).ok(),
        None => services::port(text),
    }
}
