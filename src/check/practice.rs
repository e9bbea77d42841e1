//! The best practices of entitlement management that checks serve, in words.

/// Each practice by its number in the list that the catalogue of checks follows.
///
/// 1 to 7 are Microsoft's advice on access packages (least privilege, reviews, approval, expiration, separation, Conditional Access,
/// justification and logs); 0 is the advice to request privileges with the ordinary account.
const PRACTICES: [(&str, &str); 8] = [
    ("P0", "request with the ordinary account"),
    ("P1", "least privilege"),
    ("P2", "periodic reviews"),
    ("P3", "approval"),
    ("P4", "expiration and renewal"),
    ("P5", "separate packages"),
    ("P6", "Conditional Access"),
    ("P7", "justification and log retention"),
];

/// The practice of a number; a number that is not listed stands for itself.
#[must_use]
pub fn in_words(number: &str) -> &str {
    PRACTICES.iter().find(|(n, _)| *n == number).map_or(number, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_serves_practices_that_have_words() {
        for check in crate::check::all() {
            for number in check.practice {
                assert_ne!(in_words(number), *number, "{} serves a practice without words", check.id);
            }
        }
    }
}
