//! `-j RATEEST` (`xt_rateest_tg`, xt_RATEEST.c): measures a rate, and goes on.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// An estimator by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rateest {
    pub name: Box<str>,
    /// Measures every 2^(interval + 2) quarters of a second.
    pub interval: i8,
    /// Averages over 2^this intervals.
    pub average: u8,
    /// As it was given, in microseconds: interval and time of averaging.
    given: (Option<u32>, Option<u32>),
}

const NAME: usize = 16;

impl Extension for Rateest {
    const NAMES: &'static [&'static str] = &["RATEEST"];
    const OPTIONS: &'static [Opt] = &[Opt::value("rateest-name"), Opt::value("rateest-interval"), Opt::value("rateest-ewmalog")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let [interval, average] = *raw.info.get(NAME..NAME + 2)? else { return None };
        let name = raw.text(0, NAME)?;
        (raw.revision == 0).then_some(Self { name, interval: interval as i8, average, given: (None, None) })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { name: "".into(), interval: 0, average: 0, given: (None, None) }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let time = || time(given.value).ok_or_else(|| given.bad("a time"));
        match given.name {
            "rateest-name" => self.name = given.value.into(),
            "rateest-interval" => self.given.0 = Some(time()?),
            _ => self.given.1 = Some(time()?),
        }
        if let (Some(interval), Some(average)) = self.given {
            self.interval = interval_of(interval).ok_or("RATEEST: the interval is too long")?;
            self.average = average_of(interval, average).ok_or("RATEEST: the time of averaging is out of range")?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        match (self.name.is_empty(), self.given) {
            (false, (Some(_), Some(_))) => Ok(()),
            _ => Err("RATEEST needs --rateest-name, --rateest-interval and --rateest-ewmalog".to_owned()),
        }
    }

    fn write(&self, line: &mut Line) {
        // As `__RATEEST_print` has it, in 32 bits.
        let interval = (SECOND << (i32::from(self.interval) + 2).clamp(0, 31)) / 4;
        let average = interval.wrapping_mul(1_u32.wrapping_shl(self.average.into()));
        line.option(false, "--rateest-name", &self.name);
        line.option(false, "--rateest-interval", text(interval));
        line.option(false, "--rateest-ewmalog", text(average));
    }
}

/// In microseconds.
const SECOND: u32 = 1_000_000;

/// `RATEEST_get_time`: a number without a unit is microseconds.
fn time(text: &str) -> Option<u32> {
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let factor = match text[end..].to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" => 1e6,
        "ms" | "msec" | "msecs" => 1e3,
        "" | "us" | "usec" | "usecs" => 1.0,
        _ => return None,
    };
    let number: f64 = text[..end].parse().ok()?;
    Some((number * factor) as u32)
}

/// The shortest interval that is as long (`RATEEST_final_check`).
fn interval_of(time: u32) -> Option<i8> {
    (0..=5).find(|exponent| time <= (1 << exponent) * (SECOND / 4)).map(|exponent| exponent - 2)
}

/// How many intervals a time of averaging is.
fn average_of(interval: u32, time: u32) -> Option<u8> {
    let longer = |exponent: &u8| {
        let weight = 1.0 - 1.0 / f64::from(1_u32 << exponent);
        f64::from(interval) / -weight.ln() > f64::from(time)
    };
    let average = (1..32).find(longer).unwrap_or(32) - 1;
    (1..31).contains(&average).then_some(average)
}

/// `RATEEST_print_time`.
fn text(time: u32) -> String {
    match time {
        SECOND.. => format!("{:.1}s", f64::from(time) / 1e6),
        1000.. => format!("{:.1}ms", f64::from(time) / 1e3),
        _ => format!("{time}us"),
    }
}
