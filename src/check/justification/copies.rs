//! Texts that are the same or nearly so, found without comparing each with each.
//!
//! Shingles of five characters, 60 minima of hashes in twelve bands: texts of similarity 0.9 share a band in all but one case
//! of a hundred thousand, and only texts that share one are compared.

use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64_with_seed;

const BANDS: usize = 12;
const ROWS: usize = 5;
/// How many texts of one band a text is compared with: each of them stands for its own group already.
const COMPARED: usize = 32;

/// A text without the differences that nobody sees: case, blanks, punctuation at the ends.
pub(super) fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split_whitespace()
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}

fn shingles(text: &str) -> BTreeSet<u64> {
    let letters: Vec<char> = text.chars().collect();
    let of = |window: &[char]| xxh3_64_with_seed(window.iter().collect::<String>().as_bytes(), 0);
    if letters.len() <= 5 {
        return BTreeSet::from([of(&letters)]);
    }
    letters.windows(5).map(of).collect()
}

/// How alike two texts are, in percent: the share of their shingles that both have.
fn alike(a: &BTreeSet<u64>, b: &BTreeSet<u64>) -> i64 {
    let both = a.intersection(b).count();
    let all = a.len() + b.len() - both;
    i64::try_from(both * 100 / all.max(1)).unwrap_or(0)
}

fn bands(shingles: &BTreeSet<u64>) -> Vec<u64> {
    // A multiplication by an odd number and an addition is a hash that is cheap enough for sixty of them.
    let least = |seed: usize| {
        let (factor, term) = (xxh3_64_with_seed(b"factor", seed as u64) | 1, xxh3_64_with_seed(b"term", seed as u64));
        shingles.iter().map(|s| s.wrapping_mul(factor).wrapping_add(term)).min().unwrap_or(0)
    };
    let minima: Vec<u64> = (0..BANDS * ROWS).map(least).collect();
    let band = |(number, rows): (usize, &[u64])| {
        let bytes: Vec<u8> = rows.iter().flat_map(|r| r.to_le_bytes()).collect();
        xxh3_64_with_seed(&bytes, number as u64)
    };
    minima.chunks(ROWS).enumerate().map(band).collect()
}

/// For each text the number of its group; texts at least so many percent alike are of one group.
///
/// The order of the texts does not matter for who is together with whom: they are taken sorted.
pub(super) fn groups(texts: &[String], percent: i64) -> BTreeMap<String, usize> {
    let distinct: BTreeSet<&String> = texts.iter().collect();
    let mut group_of: BTreeMap<String, usize> = BTreeMap::new();
    let mut known: Vec<(BTreeSet<u64>, usize)> = Vec::new();
    let mut buckets: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for text in distinct {
        let own = shingles(text);
        let keys = bands(&own);
        let near: BTreeSet<usize> = keys
            .iter()
            .filter_map(|k| buckets.get(k))
            .flat_map(|b| b.iter().take(COMPARED).copied())
            .collect();
        let like = near.into_iter().find(|i| alike(&known[*i].0, &own) >= percent);
        let number = known.len();
        let group = like.map_or(number, |i| known[i].1);
        for key in keys {
            let bucket = buckets.entry(key).or_default();
            if bucket.len() < COMPARED {
                bucket.push(number);
            }
        }
        known.push((own, group));
        group_of.insert(text.clone(), group);
    }
    group_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_near_copies_are_together_and_others_are_not() {
        let texts: Vec<String> = [
            "Access is needed for the month-end close of the third quarter, as agreed with finance",
            "access is needed for the  month-end close of the third quarter as agreed with Finance!",
            "Access is needed for the month-end close of the third quarter, as agreed with finance.x",
            "Access is needed for the year-end audit of the second site, as agreed with the auditor",
            "FIN-4821",
            "FIN-4822",
        ]
        .iter()
        .map(|t| plain(t))
        .collect();
        let groups = groups(&texts, 90);
        let of = |i: usize| groups[&texts[i]];
        assert_eq!((of(0), of(0)), (of(1), of(2)));
        assert!(of(3) != of(0) && of(4) != of(5), "{groups:?}");
    }

    #[test]
    fn texts_that_differ_in_a_number_are_texts_of_their_own() {
        let texts: Vec<String> = (0..200)
            .map(|i| plain(&format!("work package {i} of site {} until the end of week {}", i * 7, i % 52)))
            .collect();
        let groups = groups(&texts, 100);
        let distinct: BTreeSet<usize> = groups.values().copied().collect();
        assert_eq!((groups.len(), distinct.len()), (200, 200));
    }
}
