//! Dates and times as they are written here: in China, without the machine being asked for its zone.

use std::time::{SystemTime, UNIX_EPOCH};

/// The `timestamp` of the public parameters.
pub fn milliseconds_since_epoch() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time in China, which has one time zone and no summer time: what the clock at the cashier's
/// shows, without the machine being asked for its time zone.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Since 1 January 1970.
    pub day: u64,
    millisecond: u64,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self::at(milliseconds_since_epoch())
    }

    /// So many milliseconds since 1 January 1970.
    pub fn at(since_epoch: u64) -> Self {
        let china = since_epoch + 8 * 3_600_000;
        Self {
            day: china / 86_400_000,
            millisecond: china % 86_400_000,
        }
    }

    /// As logs and replies write it.
    pub fn rfc3339(&self) -> String {
        let date = date(self.day, "-");
        let (second, millisecond) = (self.millisecond / 1000, self.millisecond % 1000);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        format!("{date}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}+08:00")
    }
}

/// The date of a day since 1 January 1970. It counts through the years: there are not that many.
pub fn date(mut day: u64, separator: &str) -> String {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    format!("{year:04}{separator}{month:02}{separator}{:02}", day + 1)
}

/// The day of a date since 1 January 1970; `None` for what is no date.
pub fn day(year: u64, month: u64, of_month: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || of_month == 0 {
        return None;
    }
    // Years that begin in March have their leap day at their end.
    let (year_from_march, month_from_march) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year_from_march / 4 - year_from_march / 100 + year_from_march / 400;
    let before = (153 * month_from_march + 2) / 5;
    // From 1 March of the year 0 to 1 January 1970 it is 719,468 days.
    let day = year_from_march * 365 + leap_days + before + of_month - 1 - 719_468;
    let is_a_date = date(day, "") == format!("{year:04}{month:02}{of_month:02}");
    is_a_date.then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_in_china() {
        // As `TZ=Asia/Shanghai date` has them.
        for (milliseconds, expected) in [
            (0, "1970-01-01T08:00:00.000+08:00"),
            (951_753_599_999, "2000-02-28T23:59:59.999+08:00"),
            (951_753_600_000, "2000-02-29T00:00:00.000+08:00"),
            (951_840_000_000, "2000-03-01T00:00:00.000+08:00"),
            (1_795_359_845_123, "2026-11-22T23:04:05.123+08:00"),
            (1_861_891_200_000, "2029-01-01T00:00:00.000+08:00"),
            (4_107_513_600_000, "2100-03-01T00:00:00.000+08:00"),
        ] {
            assert_eq!(Moment::at(milliseconds).rfc3339(), expected);
        }
    }

    #[test]
    fn every_date_has_its_day() {
        for number in 0..60_000 {
            let written = date(number, "-");
            let mut parts = written.split('-').map(|part| part.parse().unwrap());
            let mut part = || parts.next().unwrap();
            assert_eq!(day(part(), part(), part()), Some(number), "{written}");
        }
        for (year, month, of_month) in [(1969, 12, 31), (2026, 2, 29), (2026, 13, 1), (2026, 4, 0)]
        {
            assert_eq!(day(year, month, of_month), None);
        }
    }
}
