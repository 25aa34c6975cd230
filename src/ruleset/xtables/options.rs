//! Options of matches and targets on the command line, and how their values are read.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::header::{Address, mask, width};
use crate::model::IpVersion;

/// An option, and what may stand beside it (`struct xt_option_entry`). It is given once, and may be inverted, unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// Without the dashes.
    pub name: &'static str,
    /// How many values follow it.
    pub values: u8,
    /// Its value may be left out.
    pub optional: bool,
    /// No `!` may stand before it.
    plain: bool,
    /// It may be given again.
    repeats: bool,
    /// It has to be given.
    needed: bool,
    /// Options that may not stand beside it.
    excludes: &'static [&'static str],
    /// One that it needs.
    beside: Option<&'static str>,
}

impl Opt {
    const fn new(name: &'static str, values: u8) -> Self {
        Self { name, values, optional: false, plain: false, repeats: false, needed: false, excludes: &[], beside: None }
    }

    /// An option without a value.
    #[must_use]
    pub const fn flag(name: &'static str) -> Self {
        Self::new(name, 0)
    }

    /// An option with one value.
    #[must_use]
    pub const fn value(name: &'static str) -> Self {
        Self::new(name, 1)
    }

    /// An option with one value or none.
    #[must_use]
    pub const fn perhaps_value(name: &'static str) -> Self {
        Self { optional: true, ..Self::new(name, 1) }
    }

    /// An option with two values.
    #[must_use]
    pub const fn pair(name: &'static str) -> Self {
        Self::new(name, 2)
    }

    /// No `!` may stand before it (no `XTOPT_INVERT`).
    #[must_use]
    pub const fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    /// It may be given again (`XTOPT_MULTI`).
    #[must_use]
    pub const fn repeats(self) -> Self {
        Self { repeats: true, ..self }
    }

    /// It has to be given (`XTOPT_MAND`).
    #[must_use]
    pub const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// It may not stand beside any of these (`excl`).
    #[must_use]
    pub const fn excludes(self, excludes: &'static [&'static str]) -> Self {
        Self { excludes, ..self }
    }

    /// It needs another one (`also`).
    #[must_use]
    pub const fn beside(self, other: &'static str) -> Self {
        Self { beside: Some(other), ..self }
    }

    /// Whether it may be given after those that were (`xtables_option_parse`).
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, inverted: bool, before: &[&str]) -> Result<(), String> {
        if inverted && self.plain {
            return Err(format!("--{} can't be inverted", self.name));
        }
        if !self.repeats && before.contains(&self.name) {
            return Err(format!("--{} is given twice", self.name));
        }
        match before.iter().find(|other| self.excludes.contains(other)) {
            Some(other) => Err(format!("--{} can't stand beside --{other}", self.name)),
            None => Ok(()),
        }
    }

    /// Whether nothing lacks of it (`xtables_options_fcheck`).
    ///
    /// # Errors
    /// What does.
    pub fn complete(&self, given: &[&str]) -> Result<(), String> {
        if self.needed && !given.contains(&self.name) {
            return Err(format!("--{} is needed", self.name));
        }
        match self.beside {
            Some(other) if given.contains(&self.name) && !given.contains(&other) => {
                Err(format!("--{} needs --{other} beside it", self.name))
            }
            _ => Ok(()),
        }
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

    /// Its value as [`Self::masked`], or a name of 0 (`xtables_parse_val_mask`); other names are those of one host.
    ///
    /// # Errors
    /// It is neither.
    pub fn named(&self, zero: &str) -> Result<(u32, u32), String> {
        if self.value == zero { Ok((0, u32::MAX)) } else { self.masked() }
    }

    /// Its value as `low:high`, either end left out, or one number.
    ///
    /// # Errors
    /// It is not.
    pub fn range(&self, most: u64) -> Result<(u64, u64), String> {
        range(self.value, ':', most).ok_or_else(|| self.bad("a number or a range"))
    }

    /// Its value as a number between two limits, both included.
    ///
    /// # Errors
    /// It is none.
    pub fn between(&self, least: u64, most: u64) -> Result<u64, String> {
        let bad = || self.bad(&format!("a number from {least} to {most}"));
        number(self.value).filter(|number| (least..=most).contains(number)).ok_or_else(bad)
    }

    /// Its value as a number of 32 bits.
    ///
    /// # Errors
    /// It is none.
    pub fn word(&self) -> Result<u32, String> {
        number(self.value).and_then(|number| u32::try_from(number).ok()).ok_or_else(|| self.bad("a number"))
    }

    /// Its value as `number` or `low:high`, either end left out; the low one may be above the high one (`xtopt_parse_mint`).
    ///
    /// # Errors
    /// It is not.
    pub fn ends(&self, most: u64) -> Result<(u64, Option<u64>), String> {
        let part = |text: &str, default| if text.is_empty() { Some(default) } else { number(text).filter(|number| *number <= most) };
        let ends = match self.value.split_once(':') {
            None => part(self.value, 0).map(|low| (low, None)),
            Some((low, high)) => part(low, 0).zip(part(high, most)).map(|(low, high)| (low, Some(high))),
        };
        ends.ok_or_else(|| self.bad("a number or a range"))
    }

    /// Its value as the length of a prefix, or the mask of one (`xtopt_parse_plen`).
    ///
    /// # Errors
    /// It is not.
    pub fn prefix_length(&self) -> Result<u8, String> {
        let version = self.rule.version;
        let length = match number(self.value) {
            Some(length) => u8::try_from(length).ok().filter(|length| *length <= width(version)),
            None => address(self.value, version).and_then(|address| Address { address: 0, mask: address, inverted: false }.prefix(version)),
        };
        length.ok_or_else(|| self.bad("the length of a prefix"))
    }

    /// Its value as an address of the rule's IP version.
    ///
    /// # Errors
    /// It is none.
    pub fn address(&self) -> Result<u128, String> {
        address(self.value, self.rule.version).ok_or_else(|| self.bad("an address; names are not looked up"))
    }

    /// Its value as `address/length`, `address/mask`, or an address alone: the address as it is given, and the mask.
    ///
    /// # Errors
    /// It is not.
    pub fn network(&self) -> Result<(u128, u128), String> {
        network(self.value, self.rule.version).map_err(|why| format!("--{}: {why}", self.name))
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

/// An address. Of IPv4 also a short one: `10.1` is 10.1.0.0 (`__numeric_to_ipaddr`).
#[must_use]
pub fn address(text: &str, version: IpVersion) -> Option<u128> {
    match version {
        IpVersion::V6 => text.parse::<Ipv6Addr>().ok().map(u128::from),
        IpVersion::V4 => match text.parse::<Ipv4Addr>() {
            Ok(address) => Some(u32::from(address).into()),
            Err(_) => {
                let parts: Vec<u8> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
                let mut bytes = [0; 4];
                bytes.get_mut(..parts.len())?.copy_from_slice(&parts);
                Some(u32::from_be_bytes(bytes).into())
            }
        },
    }
}

/// `ADDRESS[/LENGTH or MASK]`: the address as it is given, and the mask.
///
/// # Errors
/// What is wrong with it.
pub fn network(text: &str, version: IpVersion) -> Result<(u128, u128), String> {
    let (address_text, mask_text) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    let bad = || format!("'{text}' is no {} address; names are not looked up", if version == IpVersion::V4 { "IPv4" } else { "IPv6" });
    let found = address(address_text, version).ok_or_else(bad)?;
    let mask = match mask_text {
        None => mask(width(version), version),
        Some(text) => match number(text) {
            Some(length) if length <= u64::from(width(version)) => mask(length as u8, version),
            _ => address(text, version).filter(|_| text.contains(['.', ':'])).ok_or_else(|| format!("'{text}' is no mask"))?,
        },
    };
    Ok((found, mask))
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
