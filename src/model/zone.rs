//! The time zone of a tenant, for people who compare with a clock on the wall.

use crate::model::Instant;
use chrono::{Duration, NaiveTime, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

/// A zone of the tz database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// By its name, such as `Europe/Berlin`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// All names.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        TZ_VARIANTS.iter().map(|tz| tz.name()).collect()
    }

    /// The end of the day that its clocks show at an instant: the first instant of the next day.
    #[must_use]
    pub fn day_end(self, at: Instant) -> Instant {
        let next = at.to_chrono().and_then(|t| t.with_timezone(&self.0).date_naive().succ_opt());
        // Where clocks go forward at midnight, a day begins when they have.
        let begins = next.and_then(|day| {
            let midnight = day.and_time(NaiveTime::MIN);
            (0..4).find_map(|hours| (midnight + Duration::hours(hours)).and_local_timezone(self.0).earliest())
        });
        begins.map_or(at, |t| Instant::from_chrono(t.with_timezone(&Utc)))
    }

    /// What its clocks show at an instant, with their distance from UTC: `2026-07-01 01:59:59 +02:00`.
    #[must_use]
    pub fn local(self, at: Instant) -> String {
        at.to_chrono()
            .map_or_else(String::new, |t| t.with_timezone(&self.0).format("%Y-%m-%d %H:%M:%S %:z").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_go_with_the_summer() {
        let zone = Zone::parse("Europe/Berlin").expect("a zone");
        let local = |text: &str| zone.local(Instant::parse(text).expect("a time"));
        assert_eq!(local("2026-06-30T23:59:59.9Z"), "2026-07-01 01:59:59 +02:00");
        assert_eq!(local("2026-12-31T23:30:00Z"), "2027-01-01 00:30:00 +01:00");
        assert_eq!(zone.name(), "Europe/Berlin");
        assert_eq!(Zone::parse("Berlin"), None);
    }

    #[test]
    fn days_end_at_midnight_of_the_zone() {
        for (zone, at, end) in [
            ("Europe/Berlin", "2026-07-16T08:00:00Z", "2026-07-16T22:00:00Z"),
            ("Europe/Berlin", "2026-07-16T22:00:00Z", "2026-07-17T22:00:00Z"),
            // The day on which clocks go back is an hour longer.
            ("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T23:00:00Z"),
            ("America/Los_Angeles", "2026-12-11T03:00:00Z", "2026-12-11T08:00:00Z"),
            ("UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            // There is no midnight on 2026-09-06 in Chile: the day begins at one.
            ("America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z"),
        ] {
            let zone = Zone::parse(zone).expect("a zone");
            assert_eq!(zone.day_end(Instant::parse(at).expect("a time")).to_string(), end, "{zone:?} {at}");
        }
    }
}
