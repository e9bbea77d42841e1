//! Texts that are the same or nearly so, found without comparing each with each.
//!
//! Shingles of five characters, 60 minima of hashes in twelve bands: texts of similarity 0.9 share a band in all but one case
//! of a hundred thousand, and only texts that share one are compared.

use ahash::AHashMap;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Characters of a shingle.
const SHINGLE: usize = 5;
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

/// Hashes of the shingles of a text, sorted.
fn shingles(text: &str) -> Vec<u64> {
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    ends.push(text.len());
    let of = |letters: &[usize]| xxh3_64_with_seed(&text.as_bytes()[letters[0]..letters[letters.len() - 1]], 0);
    let mut hashes: Vec<u64> = if ends.len() <= SHINGLE + 1 {
        vec![of(&ends)]
    } else {
        ends.windows(SHINGLE + 1).map(of).collect()
    };
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Whether the share of the shingles that both texts have is at least so many percent.
fn alike(a: &[u64], b: &[u64], percent: i64) -> bool {
    let percent = usize::try_from(percent).unwrap_or(0);
    // Of `both` in common, `a + b - both` are there in all.
    let needed = (percent * (a.len() + b.len())).div_ceil(100 + percent);
    let (mut x, mut y, mut both) = (0, 0, 0);
    // As soon as what is left cannot be enough, nothing more is compared.
    while both + (a.len() - x).min(b.len() - y) >= needed {
        if x == a.len() || y == b.len() {
            return true;
        }
        match a[x].cmp(&b[y]) {
            Ordering::Less => x += 1,
            Ordering::Greater => y += 1,
            Ordering::Equal => {
                (x, y, both) = (x + 1, y + 1, both + 1);
            }
        }
    }
    false
}

/// A multiplication by an odd number and an addition is a hash that is cheap enough for sixty of them.
static HASHES: LazyLock<[(u64, u64); BANDS * ROWS]> = LazyLock::new(|| {
    std::array::from_fn(|seed| {
        let seed = seed as u64;
        (xxh3_64_with_seed(b"factor", seed) | 1, xxh3_64_with_seed(b"term", seed))
    })
});

fn bands(shingles: &[u64]) -> [u64; BANDS] {
    let least = |(factor, term): &(u64, u64)| shingles.iter().map(|s| s.wrapping_mul(*factor).wrapping_add(*term)).min().unwrap_or(0);
    std::array::from_fn(|number| {
        let rows = &HASHES[number * ROWS..(number + 1) * ROWS];
        let bytes: Vec<u8> = rows.iter().flat_map(|hash| least(hash).to_le_bytes()).collect();
        xxh3_64_with_seed(&bytes, number as u64)
    })
}

/// For each text, in their order, the number of its group; texts at least so many percent alike are of one group.
///
/// The order of the texts does not matter for who is together with whom: they are taken sorted.
pub(super) fn groups(texts: &[String], percent: i64) -> Vec<usize> {
    let mut distinct: Vec<&str> = texts.iter().map(String::as_str).collect();
    distinct.par_sort_unstable();
    distinct.dedup();
    let read = |text: &&str| {
        let own = shingles(text);
        let keys = bands(&own);
        (own, keys)
    };
    let known: Vec<(Vec<u64>, [u64; BANDS])> = distinct.par_iter().map(read).collect();
    let mut group_of: Vec<usize> = Vec::with_capacity(known.len());
    let mut buckets: AHashMap<u64, Vec<usize>> = AHashMap::new();
    for (number, (own, keys)) in known.iter().enumerate() {
        let mut near: Vec<usize> = keys.iter().filter_map(|k| buckets.get(k)).flatten().copied().collect();
        near.sort_unstable();
        near.dedup();
        let like = near.into_iter().find(|i| alike(&known[*i].0, own, percent));
        group_of.push(like.map_or(number, |i| group_of[i]));
        for key in keys {
            let bucket = buckets.entry(*key).or_default();
            if bucket.len() < COMPARED {
                bucket.push(number);
            }
        }
    }
    let place = |text: &String| distinct.binary_search(&text.as_str()).map_or(0, |n| group_of[n]);
    texts.par_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

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
        let of = |i: usize| groups[i];
        assert_eq!((of(0), of(0)), (of(1), of(2)));
        assert!(of(3) != of(0) && of(4) != of(5), "{groups:?}");
    }

    #[test]
    fn texts_that_differ_in_a_number_are_texts_of_their_own() {
        let texts: Vec<String> = (0..200)
            .map(|i| plain(&format!("work package {i} of site {} until the end of week {}", i * 7, i % 52)))
            .collect();
        let groups = groups(&texts, 100);
        let distinct: BTreeSet<usize> = groups.iter().copied().collect();
        assert_eq!((groups.len(), distinct.len()), (200, 200));
    }
}
