//! Numbers as ipset reads them: decimal, hexadecimal with `0x`, octal with `0` (`strtoull` with base 0).

/// A number that fits.
pub fn unsigned<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = match digits {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(text, 8),
        None => text.parse(),
    };
    let number = number.map_err(|_| format!("{text} is no number"))?;
    N::try_from(number).map_err(|_| format!("{text} is out of range"))
}

/// `80` or `80-90`, in order.
pub fn port_range(text: &str) -> Result<(u16, u16), String> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (service(low)?, service(high)?);
    Ok((low.min(high), low.max(high)))
}

/// A port by its number. Names of services are not looked up: `ipset save` does not write them.
fn service(text: &str) -> Result<u16, String> {
    unsigned(text).map_err(|_| format!("{text} is no port number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_those_of_c() {
        assert_eq!(unsigned::<u32>("0x10"), Ok(16));
        assert_eq!(unsigned::<u32>("010"), Ok(8));
        assert_eq!(unsigned::<u8>("0"), Ok(0));
        assert!(unsigned::<u8>("256").is_err());
        assert!(unsigned::<u8>("").is_err());
        assert_eq!(port_range("90-80"), Ok((80, 90)));
    }
}
