//! Which time to read of a log: what nobody has read yet, with an overlap, in slices.

use crate::model::time::{DAY, HOUR, MINUTE, merge_windows, without};
use crate::model::{Instant, Window};

/// How far a watermark is gone behind: events come late.
pub const OVERLAP: i64 = 2 * HOUR;
/// How near to now is read: younger events may still be on their way.
pub const SETTLE: i64 = 15 * MINUTE;
/// Longest slice.
pub const LONGEST: i64 = DAY;
/// Shortest slice, below which a slice is not divided.
pub const SHORTEST: i64 = MINUTE;
/// Retention of the logs with a premium licence.
pub const RETENTION: i64 = 30 * DAY;
/// Retention of the logs without one: what is older is taken for read only as far back as a record came.
pub const SURE_RETENTION: i64 = 7 * DAY;
/// How often the whole retention is read again, for events that came later than the overlap.
pub const DEEP_EVERY: i64 = 7 * DAY;

/// What is left of `whole` when `read` is taken away, each part of which keeps its last two hours to be read again.
#[must_use]
pub fn unread(whole: Window, read: &[Window]) -> Vec<Window> {
    let read = merge_windows(read.to_vec());
    let settled = read.iter().map(|w| Window {
        from: w.from,
        until: w.until.plus(-OVERLAP).max(w.from),
    });
    without(&[whole], &settled.collect::<Vec<_>>())
}

/// Cuts windows into slices of at most [`LONGEST`], oldest first: what ages out first is read first.
#[must_use]
pub fn slices(windows: &[Window]) -> Vec<Window> {
    let mut out = Vec::new();
    for window in windows {
        let mut from = window.from;
        while from < window.until {
            let until = from.plus(LONGEST).min(window.until);
            out.push(Window { from, until });
            from = until;
        }
    }
    out
}

/// Two halves of a slice, cut at a whole second; `None` when it is too short.
#[must_use]
pub fn halves(slice: Window) -> Option<[Window; 2]> {
    let length = slice.until.0 - slice.from.0;
    if length < 2 * SHORTEST {
        return None;
    }
    let middle = Instant((slice.from.0 + length / 2).div_euclid(1_000_000) * 1_000_000);
    let first = Window {
        from: slice.from,
        until: middle,
    };
    let second = Window {
        from: middle,
        until: slice.until,
    };
    Some([first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn w(from: i64, until: i64) -> Window {
        Window {
            from: Instant(from * HOUR),
            until: Instant(until * HOUR),
        }
    }

    #[test]
    fn unread_keeps_an_overlap_behind_every_watermark() {
        assert_eq!(unread(w(0, 100), &[]), [w(0, 100)]);
        assert_eq!(unread(w(0, 100), &[w(0, 90)]), [w(88, 100)]);
        assert_eq!(unread(w(0, 100), &[w(-50, 40), w(40, 90)]), [w(88, 100)]);
        assert_eq!(unread(w(0, 100), &[w(0, 40), w(60, 90)]), [w(38, 60), w(88, 100)]);
        assert_eq!(unread(w(0, 100), &[w(10, 11)]), [w(0, 100)]);
        assert_eq!(unread(w(0, 100), &[w(0, 200)]), []);
    }

    #[test]
    fn slices_and_halves_lose_no_instant() {
        let cut = slices(&[w(0, 50), w(60, 61)]);
        assert_eq!(cut, [w(0, 24), w(24, 48), w(48, 50), w(60, 61)]);
        let [a, b] = halves(w(0, 24)).expect("long enough");
        assert_eq!((a.from, a.until, b.until), (w(0, 24).from, b.from, w(0, 24).until));
        let minute = Window {
            from: Instant(0),
            until: Instant(SHORTEST),
        };
        assert_eq!(halves(minute), None);
    }
}
