//! Times as nginx writes them: `60`, `75s`, `1m30s`, `500ms`.

use std::time::Duration;

/// `ngx_parse_time` in milliseconds: units from large to small, each once; a bare number is of seconds.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total: u64 = 0;
    let mut last = usize::MAX;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let (unit, milliseconds) = match rest.as_bytes() {
            [b'm', b's', ..] => (0, 1),
            [b's', ..] | [] | [b' ', ..] => (1, 1_000),
            [b'm', ..] => (2, 60_000),
            [b'h', ..] => (3, 3_600_000),
            [b'd', ..] => (4, 86_400_000),
            [b'w', ..] => (5, 604_800_000),
            [b'M', ..] => (6, 2_592_000_000),
            [b'y', ..] => (7, 31_536_000_000),
            _ => return None,
        };
        if unit >= last {
            return None;
        }
        last = unit;
        total = total.checked_add(number.checked_mul(milliseconds)?)?;
        rest = rest.get(if unit == 0 { 2 } else { 1.min(rest.len()) }..)?.trim_start_matches(' ');
    }
    Some(Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_all_units() {
        for (text, milliseconds) in [("60", 60_000), ("75s", 75_000), ("1m30s", 90_000), ("500ms", 500), ("1h 5", 3_605_000), ("0", 0)] {
            assert_eq!(duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "1s1m", "5x", "-1", "99999999999999999999", "1s1s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
