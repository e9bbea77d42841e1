//! The time zone of a tenant, for people who compare with a clock on the wall.

use crate::model::Instant;
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
}
