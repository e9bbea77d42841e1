//! All checks, in the order of the catalogue.

use crate::check::{Check, Threshold, own};

/// All checks, in the order of the catalogue.
#[must_use]
pub fn all() -> &'static [&'static Check] {
    // Made by build.rs of the files of the families.
    static ALL: &[&Check] = include!(concat!(env!("OUT_DIR"), "/checks.rs"));
    ALL
}

/// No check has that id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no check is called '{asked}'{}", .nearest.map_or_else(String::new, |n| format!("; did you mean {n}?")))]
pub struct UnknownCheck {
    /// What was asked for.
    pub asked: String,
    /// The id most like it, if any is.
    pub nearest: Option<&'static str>,
}

/// The check of an id, of the catalogue or of one's own that was read, however it is cased: `STA-01`, `sta-01`, `sta01`.
///
/// # Errors
/// When no check has that id; with the nearest one.
pub fn by_id(id: &str) -> Result<&'static Check, UnknownCheck> {
    let wanted = plain(id);
    let found = all().iter().copied().find(|c| plain(c.id.as_str()) == wanted);
    found.or_else(|| own::known(id)).ok_or_else(|| UnknownCheck {
        asked: id.to_string(),
        nearest: nearest(&wanted),
    })
}

/// Every threshold that a check reads, by name.
#[must_use]
pub fn thresholds() -> Vec<&'static Threshold> {
    let mut list: Vec<&Threshold> = all().iter().flat_map(|c| c.thresholds).copied().collect();
    list.sort_by_key(|t| t.name);
    list.dedup_by_key(|t| t.name);
    list
}

fn plain(id: &str) -> String {
    let letters = id.chars().filter(|c| c.is_alphanumeric());
    letters.map(|c| c.to_ascii_uppercase()).collect()
}

/// The id that is at most two letters away.
fn nearest(wanted: &str) -> Option<&'static str> {
    let by_distance = all().iter().map(|c| (distance(wanted, &plain(c.id.as_str())), c.id.as_str()));
    by_distance.filter(|(d, _)| *d <= 2).min().map(|(_, id)| id)
}

/// How many letters must change, come or go.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let swap = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = swap.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_however_they_are_typed() {
        for typed in ["STA-01", "sta-01", "sta01", "Sta_01"] {
            assert_eq!(by_id(typed).map(|c| c.id.as_str()), Ok("STA-01"));
        }
    }

    #[test]
    fn a_typo_gets_an_answer() {
        let error = by_id("ABR-01").expect_err("no such check");
        assert_eq!(error.to_string(), "no check is called 'ABR-01'; did you mean APR-01?");
        assert_eq!(by_id("nonsense").expect_err("none").nearest, None);
    }
}
