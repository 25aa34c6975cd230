//! `-m time` (`time_mt`, xt_time.c).

use jiff::Timestamp;
use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    options,
};

/// A time of the day, days of the week or the month, and dates, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970.
    pub from: u32,
    pub to: u32,
    /// Seconds since midnight; the end may lie before the beginning.
    pub day_from: u32,
    pub day_to: u32,
    /// A bit for each day, the first of the month bit 1.
    pub month_days: u32,
    /// A bit for each day, Monday bit 1, Sunday bit 7.
    pub week_days: u8,
    /// In the kernel's time zone, else UTC.
    pub kernel_zone: bool,
    /// The hours after midnight belong to the day before.
    pub contiguous: bool,
}

/// `struct xt_time_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    from: u32,
    to: u32,
    day_from: u32,
    day_to: u32,
    month_days: u32,
    week_days: u8,
    flags: u8,
}

/// `XT_TIME_*`.
const KERNEL_ZONE: u8 = 1;
const CONTIGUOUS: u8 = 2;

/// `XT_TIME_ALL_MONTHDAYS`, `XT_TIME_ALL_WEEKDAYS`, `XT_TIME_MAX_DAYTIME`.
pub const ALL_MONTH_DAYS: u32 = 0xffff_fffe;
pub const ALL_WEEK_DAYS: u8 = 0xfe;
pub const DAY_END: u32 = 86_399;

/// What is no end.
const NEVER: u32 = i32::MAX as u32;

const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Extension for Time {
    const NAMES: &'static [&'static str] = &["time"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("datestart").plain(),
        Opt::value("datestop").plain(),
        Opt::value("timestart").plain(),
        Opt::value("timestop").plain(),
        Opt::flag("contiguous").plain(),
        Opt::value("weekdays"),
        Opt::value("monthdays"),
        Opt::flag("localtz").plain().excludes(&["utc"]),
        Opt::flag("utc").plain().excludes(&["localtz", "kerneltz"]),
        Opt::flag("kerneltz").plain().excludes(&["utc"]),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self {
            from: info.from,
            to: info.to,
            day_from: info.day_from,
            day_to: info.day_to,
            month_days: info.month_days,
            week_days: info.week_days,
            kernel_zone: info.flags & KERNEL_ZONE != 0,
            contiguous: info.flags & CONTIGUOUS != 0,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self {
            from: 0,
            to: NEVER,
            day_from: 0,
            day_to: DAY_END,
            month_days: ALL_MONTH_DAYS,
            week_days: ALL_WEEK_DAYS,
            kernel_zone: false,
            contiguous: false,
        }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let date = || read_date(given.value).ok_or_else(|| given.bad("a date: YYYY[-MM[-DD[Thh[:mm[:ss]]]]]"));
        let daytime = || read_daytime(given.value).ok_or_else(|| given.bad("a time: hh:mm[:ss]"));
        match given.name {
            "datestart" => self.from = date()?,
            "datestop" => self.to = date()?,
            "timestart" => self.day_from = daytime()?,
            "timestop" => self.day_to = daytime()?,
            "contiguous" => self.contiguous = true,
            "weekdays" => {
                let days = read_week_days(given.value).ok_or_else(|| given.bad("a list of days: Mon,Tue or 1,2"))?;
                self.week_days = if given.inverted { days ^ ALL_WEEK_DAYS } else { days };
            }
            "monthdays" => {
                let days = read_month_days(given.value).ok_or_else(|| given.bad("a list of days from 1 to 31"))?;
                self.month_days = if given.inverted { days ^ ALL_MONTH_DAYS } else { days };
            }
            "utc" => {}
            _ => self.kernel_zone = true,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.contiguous && self.day_from < self.day_to {
            return Err("--contiguous makes sense only if --timestop is before --timestart".into());
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        if (self.day_from, self.day_to) != (0, DAY_END) {
            line.option(false, "--timestart", daytime(self.day_from));
            line.option(false, "--timestop", daytime(self.day_to));
        }
        if self.month_days != ALL_MONTH_DAYS {
            let days = (1..32).filter(|day| self.month_days & 1 << day != 0).map(|day| day.to_string());
            line.option(false, "--monthdays", days.collect::<Vec<_>>().join(","));
        }
        if self.week_days != ALL_WEEK_DAYS {
            let days = (1..).zip(NAMES).filter(|(day, _)| self.week_days & 1 << day != 0).map(|(_, name)| name);
            line.option(false, "--weekdays", days.collect::<Vec<_>>().join(","));
        }
        // Where `long` has 64 bits even the end that is none is printed.
        for (name, seconds) in [("--datestart", self.from), ("--datestop", self.to)] {
            if seconds != 0
                && let Ok(time) = Timestamp::from_second(seconds.into())
            {
                line.option(false, name, time.strftime("%Y-%m-%dT%H:%M:%S"));
            }
        }
        if self.kernel_zone {
            line.flag(false, "--kerneltz");
        }
        if self.contiguous {
            line.flag(false, "--contiguous");
        }
    }
}

fn daytime(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A decimal number up to a limit.
fn part(text: Option<&str>, most: u32) -> Option<u32> {
    text?.parse().ok().filter(|number| *number <= most)
}

/// `time_parse_minutes`.
fn read_daytime(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let (hour, minute) = (part(parts.next(), 23)?, part(parts.next(), 59)?);
    let second = parts.next().map_or(Some(0), |text| part(Some(text), 59))?;
    parts.next().is_none().then_some(3600 * hour + 60 * minute + second)
}

/// `time_parse_date`: what is left out is the beginning.
fn read_date(text: &str) -> Option<u32> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let year = part(parts.next(), 2038).filter(|year| *year >= 1970)?;
    let month = parts.next().map_or(Some(1), |text| part(Some(text), 12))?;
    let day = parts.next().map_or(Some(1), |text| part(Some(text), 31))?;
    let mut times = time.into_iter().flat_map(|time| time.split(':'));
    let mut next = |most| times.next().map_or(Some(0), |text| part(Some(text), most));
    let (hour, minute, second) = (next(23)?, next(59)?, next(59)?);
    // As `mktime` does, a month has as many days as are said, and one before the first is the year before.
    let start = jiff::civil::date(i16::try_from(year).ok()?, 1, 1);
    let first = start.checked_add(jiff::Span::new().months(i64::from(month) - 1)).ok()?;
    let whole = first.checked_add(jiff::Span::new().days(i64::from(day) - 1)).ok()?;
    let midnight = whole.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let seconds = midnight + i64::from(3600 * hour + 60 * minute + second);
    (parts.next().is_none() && times.next().is_none()).then(|| u32::try_from(seconds).ok())?
}

/// `time_parse_monthdays`.
fn read_month_days(text: &str) -> Option<u32> {
    text.split(',').filter(|day| !day.is_empty()).try_fold(0, |days, day| {
        options::number(day).filter(|day| *day <= 31).map(|day| days | 1 << day)
    })
}

/// `time_parse_weekdays`: numbers from Monday, or names, of which the first two letters count.
fn read_week_days(text: &str) -> Option<u8> {
    text.split(',').try_fold(0, |days, day| match options::number(day) {
        Some(number) => (1..=7).contains(&number).then(|| days | 1 << number),
        None => {
            let at = NAMES.iter().position(|name| day.get(..2) == name.get(..2))?;
            Some(days | 1 << (at + 1))
        }
    })
}
