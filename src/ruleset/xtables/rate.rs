//! Rates of packets in `-m limit` and `-m hashlimit`: kept as the time between two packets, in fractions of a second.

/// Fractions of a second of `-m limit` and the old revisions of `-m hashlimit` (`XT_LIMIT_SCALE`, `XT_HASHLIMIT_SCALE`).
pub const COARSE: u64 = 10_000;

/// Of the newer ones (`XT_HASHLIMIT_SCALE_v2`).
pub const FINE: u64 = 1_000_000;

const UNITS: [(&str, u64); 4] = [("day", 86_400), ("hour", 3600), ("min", 60), ("sec", 1)];

/// `5/min` for the time between packets, and the seconds of its unit (`print_rate`). None in no time at all: `inf`.
#[must_use]
pub fn text(period: u64, scale: u64) -> (String, u64) {
    if period == 0 {
        return ("inf".to_owned(), 0);
    }
    let worse = |seconds: u64| period > scale * seconds || scale * seconds / period < scale * seconds % period;
    let at = (1..UNITS.len()).find(|at| worse(UNITS[*at].1)).unwrap_or(UNITS.len());
    let (name, seconds) = UNITS[at - 1];
    (format!("{}/{name}", scale * seconds / period), seconds)
}

/// The time between packets, and the seconds of the unit (`parse_rate`): `5`, `5/s`, `5/minute`, any beginning of the unit's name.
#[must_use]
pub fn parse(text: &str, scale: u64) -> Option<(u64, u64)> {
    let (rate, unit) = text.split_once('/').map_or((text, "second"), |(rate, unit)| (rate, unit));
    let unit = unit.to_ascii_lowercase();
    let named = |name: &str| !unit.is_empty() && name.starts_with(&unit);
    let (_, seconds) = [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400)].into_iter().find(|(name, _)| named(name))?;
    let rate = leading(rate).filter(|rate| *rate != 0)?;
    Some(scale * seconds / rate).filter(|period| *period != 0).map(|period| (period, seconds))
}

/// The digits that a text begins with, as `atoll` reads them.
#[must_use]
pub fn leading(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_printed_as_they_were_given() {
        for rate in ["1/sec", "7/min", "1000/hour", "1000/day", "40/sec", "3/hour"] {
            for scale in [COARSE, FINE] {
                let (period, _) = parse(rate, scale).expect(rate);
                assert_eq!(text(period, scale).0, rate);
            }
        }
        assert_eq!(parse("5", FINE), parse("5/s", FINE));
        assert_eq!((parse("5/", FINE), parse("5/week", FINE), parse("0/s", FINE), parse("20000/s", COARSE)), (None, None, None, None));
        assert_eq!(text(0, FINE), ("inf".to_owned(), 0));
    }
}
