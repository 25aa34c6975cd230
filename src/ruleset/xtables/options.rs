//! Options of matches and targets on the command line, and how their values are read.

use crate::model::IpVersion;

/// An option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// Without the dashes.
    pub name: &'static str,
    /// How many values follow it.
    pub values: u8,
}

impl Opt {
    /// An option without a value.
    #[must_use]
    pub const fn flag(name: &'static str) -> Self {
        Self { name, values: 0 }
    }

    /// An option with one value.
    #[must_use]
    pub const fn value(name: &'static str) -> Self {
        Self { name, values: 1 }
    }

    /// An option with two values.
    #[must_use]
    pub const fn pair(name: &'static str) -> Self {
        Self { name, values: 2 }
    }
}

/// What an extension may know of the rule that it is in.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub version: IpVersion,
    /// `-p`, if it was given and not inverted.
    pub protocol: Option<u16>,
}

/// An option as it was given.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// One of the extension's own [`Opt::name`]s, never an abbreviation.
    pub name: &'static str,
    /// `!` stood before it.
    pub inverted: bool,
    /// Its value; empty without one.
    pub value: &'a str,
    /// The second value of [`Opt::pair`].
    pub second: &'a str,
    pub rule: Rule,
}

impl Given<'_> {
    /// Its value as a number (decimal, 0x…, 0…), up to a limit.
    ///
    /// # Errors
    /// It is none.
    pub fn number(&self, most: u64) -> Result<u64, String> {
        number(self.value).filter(|number| *number <= most).ok_or_else(|| self.bad("a number"))
    }

    /// Its value as `value` or `value/mask`, 32 bits each.
    ///
    /// # Errors
    /// It is not.
    pub fn masked(&self) -> Result<(u32, u32), String> {
        let part = |text: &str| number(text).and_then(|number| u32::try_from(number).ok());
        let (value, mask) = self.value.split_once('/').unwrap_or((self.value, "0xffffffff"));
        part(value).zip(part(mask)).ok_or_else(|| self.bad("a number, or a number and a mask"))
    }

    /// Its value as `low:high`, either end left out, or one number.
    ///
    /// # Errors
    /// It is not.
    pub fn range(&self, most: u64) -> Result<(u64, u64), String> {
        range(self.value, ':', most).ok_or_else(|| self.bad("a number or a range"))
    }

    /// The error that a value is not what it has to be.
    #[must_use]
    pub fn bad(&self, wanted: &str) -> String {
        format!("--{}: '{}' is not {wanted}", self.name, self.value)
    }
}

/// A number as `strtoul` reads it with base 0.
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// `low SEPARATOR high`, either end left out, or one number.
#[must_use]
pub fn range(text: &str, separator: char, most: u64) -> Option<(u64, u64)> {
    let part = |text: &str| number(text).filter(|number| *number <= most);
    match text.split_once(separator) {
        None => part(text).map(|number| (number, number)),
        Some((low, high)) => {
            let low = if low.is_empty() { 0 } else { part(low)? };
            let high = if high.is_empty() { most } else { part(high)? };
            (low <= high).then_some((low, high))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_notations() {
        for (text, value) in
            [("12", Some(12)), ("0x1f", Some(31)), ("017", Some(15)), ("0", Some(0)), ("", None), ("09", None), ("-1", None)]
        {
            assert_eq!(number(text), value, "{text}");
        }
    }

    #[test]
    fn ranges_may_be_open() {
        for (text, value) in
            [("5", Some((5, 5))), (":5", Some((0, 5))), ("5:", Some((5, 9))), ("7:5", None), ("10", None), (":", Some((0, 9)))]
        {
            assert_eq!(range(text, ':', 9), value, "{text}");
        }
    }
}
