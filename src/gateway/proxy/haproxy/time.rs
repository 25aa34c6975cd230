//! Times: `5000` (milliseconds), `5s`, `1m`.

use std::time::Duration;

/// Reads a time as `parse_time_err` does. What is wrong with it, in haproxy's words.
pub fn duration(text: &str) -> Result<Duration, String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    let Ok(number) = digits.parse::<u64>() else {
        return Err(format!("unexpected character '{}'", text.chars().next().unwrap_or(' ')));
    };
    let micros = match unit {
        "us" => 1,
        "" | "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return Err(format!("unexpected character '{}'", unit.chars().next().unwrap_or(' '))),
    };
    number.checked_mul(micros).map(Duration::from_micros).ok_or_else(|| "timer overflow".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(duration("5000"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("5x"), Err("unexpected character 'x'".into()));
        assert!(duration("").is_err() && duration("s").is_err() && duration("99999999999999999999d").is_err());
        assert!(duration("9999999999999999d").is_err());
    }
}
