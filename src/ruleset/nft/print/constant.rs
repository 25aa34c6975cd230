//! How a constant of each type is written.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::Interfaces;
use super::datatype::{Datatype, Style};
use super::number::Number;
use super::symbols;

/// Writes one constant. `numeric`: without names, as within ranges.
pub fn write(out: &mut String, number: Number, datatype: Datatype, numeric: bool, interfaces: &Interfaces) {
    let quote = if datatype.quoted { "\"" } else { "" };
    match symbols::name(datatype.symbols, number.value) {
        Some(name) if !numeric => {
            let _ = write!(out, "{quote}{name}{quote}");
        }
        _ if numeric && datatype.style == Style::Duration => {
            let _ = write!(out, "{}s", number.value / 1000);
        }
        _ => write_number(out, number, datatype, interfaces),
    }
}

fn write_number(out: &mut String, number: Number, datatype: Datatype, interfaces: &Interfaces) {
    let value = number.value;
    let low = u32::try_from(value & 0xffff_ffff).unwrap_or(0);
    let _ = match datatype.style {
        Style::Decimal => write!(out, "{value}"),
        Style::Hex(digits) => write!(out, "0x{value:0digits$x}"),
        Style::LinkAddress => {
            let bytes: Vec<String> = number.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            write!(out, "{}", bytes.join(":"))
        }
        Style::Ipv4 => write!(out, "{}", Ipv4Addr::from(low)),
        Style::Ipv6 => write!(out, "{}", ipv6(value)),
        Style::Duration => write!(out, "{}", duration(u64::try_from(value).unwrap_or(u64::MAX))),
        Style::Interface => match interfaces(low) {
            Some(name) => write!(out, "\"{name}\""),
            None => write!(out, "{low}"),
        },
        Style::ClassId => match low {
            0xffff_ffff => write!(out, "root"),
            0 => write!(out, "none"),
            _ => write!(out, "{:x}:{:x}", low >> 16, low & 0xffff),
        },
        Style::BitNumber => write!(out, "{}", value.trailing_zeros()),
        Style::Date => write!(out, "\"{}\"", date(value)),
        Style::Hour => write!(out, "\"{}\"", hour(value)),
        Style::Invalid => write!(out, "0x{value:x} [invalid type]"),
    };
}

/// As the C library writes it: an address of 96 leading zeros ends in dotted decimals.
fn ipv6(value: u128) -> String {
    if (0x1_0000..=0xffff_ffff).contains(&value) {
        return format!("::{}", Ipv4Addr::from(u32::try_from(value).unwrap_or(0)));
    }
    Ipv6Addr::from(value).to_string()
}

/// Milliseconds as `1d2h3m4s5ms`.
pub fn duration(milliseconds: u64) -> String {
    let mut out = String::new();
    let mut rest = milliseconds;
    for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
        if rest / unit > 0 {
            let _ = write!(out, "{}{name}", rest / unit);
        }
        rest %= unit;
    }
    out
}

/// Nanoseconds since 1970 as date and time of UTC.
fn date(nanoseconds: u128) -> String {
    let seconds = i64::try_from(nanoseconds / 1_000_000_000).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// Seconds since midnight of UTC.
fn hour(seconds: u128) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 { format!("{hours:02}:{minutes:02}") } else { format!("{hours:02}:{minutes:02}:{rest:02}") }
}

/// Bytes, kilobytes or megabytes, in the largest unit that divides the number.
pub fn size(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes, "bytes");
    for larger in ["kbytes", "mbytes"] {
        if value == 0 || value % 1024 != 0 {
            break;
        }
        value /= 1024;
        unit = larger;
    }
    format!("{value} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::nft::print::datatype as types;

    fn written(value: u128, bits: u32, datatype: Datatype) -> String {
        let mut out = String::new();
        write(&mut out, Number { value, bits }, datatype, false, &|index| (index == 3).then(|| "eth0".to_owned()));
        out
    }

    #[test]
    fn each_type_has_its_own_notation() {
        assert_eq!(written(0x0a00_0001, 32, &types::IPV4_ADDR), "10.0.0.1");
        assert_eq!(written(1, 128, &types::IPV6_ADDR), "::1");
        assert_eq!(written(0x0102_0304, 128, &types::IPV6_ADDR), "::1.2.3.4");
        assert_eq!(written(5, 32, &types::MARK), "0x00000005");
        assert_eq!(written(6, 8, &types::INET_PROTO), "tcp");
        assert_eq!(written(7, 8, &types::INET_PROTO), "7");
        assert_eq!(written(3, 32, &types::IFACE_INDEX), "\"eth0\"");
        assert_eq!(written(4, 32, &types::IFACE_INDEX), "4");
        assert_eq!(written(0x0001_0002, 32, &types::CLASS_ID), "1:2");
        assert_eq!(written(0x0200_0000_0001, 48, &types::ETHER_ADDR), "02:00:00:00:00:01");
        assert_eq!(written(29_700, 32, &types::HOUR), "\"08:15\"");
        assert_eq!(written(1_577_836_800_000_000_000, 64, &types::DATE), "\"2020-01-01 00:00:00\"");
    }

    #[test]
    fn durations_and_sizes_use_their_largest_units() {
        assert_eq!(duration(90_061_001), "1d1h1m1s1ms");
        assert_eq!(size(2048), "2 kbytes");
        assert_eq!(size(5 << 30), "5120 mbytes");
        assert_eq!(size(0), "0 bytes");
    }
}
