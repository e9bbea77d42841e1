//! Samples that anybody can draw again: the rank of a row is `sha256(seed|id)`, and the lowest ranks of a stratum are drawn.
//!
//! ```sh
//! while read -r id; do printf '%s %s\n' "$(printf '%s|%s' "$seed" "$id" | sha256sum | cut -c1-64)" "$id"; done | sort | head -n "$size"
//! ```

use crate::evidence::table::sha256;
use std::collections::BTreeMap;

/// How often a control is performed, and so how many of its instances are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// Once a year.
    Annual,
    /// Four times a year.
    Quarterly,
    /// Each month.
    Monthly,
    /// Each week.
    Weekly,
    /// Each day.
    Daily,
    /// Many times a day, or whenever somebody asks.
    Continuous,
}

impl Frequency {
    /// All, with their words and sizes.
    ///
    /// The upper ends of the ranges that auditors commonly use for tests of operating effectiveness: annual 1, quarterly 2,
    /// monthly up to 5, weekly up to 15, daily 25, continuous up to 40. An auditor may ask for another size.
    pub const ALL: &'static [(Self, &'static str, usize)] = &[
        (Self::Annual, "annual", 1),
        (Self::Quarterly, "quarterly", 2),
        (Self::Monthly, "monthly", 5),
        (Self::Weekly, "weekly", 15),
        (Self::Daily, "daily", 25),
        (Self::Continuous, "continuous", 40),
    ];

    /// The frequency of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w, _)| *w == word).map(|(f, ..)| *f)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(f, ..)| *f == self).map_or("", |(_, w, _)| w)
    }

    /// How many are drawn.
    #[must_use]
    pub fn size(self) -> usize {
        Self::ALL.iter().find(|(f, ..)| *f == self).map_or(0, |(.., n)| *n)
    }
}

/// A row of a population as sampling sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Periods before the one under review, 0 for that one.
    pub back: u32,
    /// Stratum.
    pub stratum: String,
    /// Id, unique in the population.
    pub id: String,
}

/// A row that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The row.
    pub member: Member,
    /// Its rank, `sha256(seed|id)` in hex.
    pub rank: String,
}

/// One stratum of one period, with what was drawn from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// Periods back.
    pub back: u32,
    /// Its name.
    pub name: String,
    /// Rows in it.
    pub population: usize,
    /// Rows drawn: the lowest ranks.
    pub drawn: usize,
}

/// The rank of an id.
#[must_use]
pub fn rank(seed: &str, id: &str) -> String {
    sha256(format!("{seed}|{id}"))
}

/// Draws `size` rows: as many as there are from the period under review, what is lacking from the periods before it, newest first.
///
/// Within a period, strata get shares by their size, largest remainder first, and each at least one row while there are enough.
#[must_use]
pub fn draw(members: &[Member], size: usize, seed: &str) -> (Vec<Stratum>, Vec<Drawn>) {
    let mut periods: BTreeMap<u32, BTreeMap<&str, Vec<Drawn>>> = BTreeMap::new();
    for member in members {
        let drawn = Drawn {
            rank: rank(seed, &member.id),
            member: member.clone(),
        };
        periods.entry(member.back).or_default().entry(&member.stratum).or_default().push(drawn);
    }
    let (mut strata, mut all) = (Vec::new(), Vec::new());
    for (back, groups) in periods {
        let counts: Vec<usize> = groups.values().map(Vec::len).collect();
        let shares = shares(&counts, size.saturating_sub(all.len()));
        for ((name, mut rows), share) in groups.into_iter().zip(shares) {
            rows.sort_by(|a, b| (&a.rank, &a.member.id).cmp(&(&b.rank, &b.member.id)));
            strata.push(Stratum {
                back,
                name: name.to_string(),
                population: rows.len(),
                drawn: share,
            });
            all.extend(rows.into_iter().take(share));
        }
    }
    (strata, all)
}

/// Shares of `size` among strata: one each, the largest first, and the rest by size, largest remainder first.
fn shares(counts: &[usize], size: usize) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    if total <= size {
        return counts.to_vec();
    }
    let mut shares = vec![0; counts.len()];
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(counts[*i]), *i));
    for i in order.into_iter().take(size) {
        shares[i] = 1;
    }
    let (rest, among) = (size.saturating_sub(counts.len()), total - counts.len());
    if rest == 0 {
        return shares;
    }
    // `rest < among`, so that no floor exceeds what a stratum has left.
    let more = |i: usize| (counts[i] - 1) * rest;
    let mut left = rest;
    for (i, share) in shares.iter_mut().enumerate() {
        *share += more(i) / among;
        left -= more(i) / among;
    }
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(more(*i) % among), *i));
    for i in order.into_iter().filter(|i| more(*i) % among > 0).take(left) {
        shares[i] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(counts: &[(u32, &str, usize)]) -> Vec<Member> {
        let of = |(back, stratum, n): &(u32, &str, usize)| {
            let (back, stratum) = (*back, (*stratum).to_string());
            (0..*n).map(move |i| Member {
                back,
                stratum: stratum.clone(),
                id: format!("{back}-{stratum}-{i}"),
            })
        };
        counts.iter().flat_map(of).collect()
    }

    #[test]
    fn a_rank_is_what_sha256sum_says() {
        // printf 'seed|a' | sha256sum
        assert_eq!(rank("seed", "a"), "5d1c1ac8d8d9040e23b1b0184b8ab467d2c223978ee95a18c086555ca2588a13");
    }

    #[test]
    fn a_small_period_is_filled_from_those_before() {
        let all = members(&[(0, "a", 3), (1, "a", 10), (2, "a", 100)]);
        let (strata, drawn) = draw(&all, 25, "s");
        assert_eq!(strata.iter().map(|s| (s.back, s.drawn)).collect::<Vec<_>>(), [(0, 3), (1, 10), (2, 12)]);
        assert_eq!(drawn.len(), 25);
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_exactly_what_was_asked_for_or_everything(counts in prop::collection::vec(0_usize..60, 1..8), size in 0_usize..80) {
            let named: Vec<(u32, String, usize)> = counts.iter().enumerate().map(|(i, n)| (0, format!("s{i}"), *n)).collect();
            let all = members(&named.iter().map(|(b, s, n)| (*b, s.as_str(), *n)).collect::<Vec<_>>());
            let (strata, drawn) = draw(&all, size, "seed");
            prop_assert_eq!(drawn.len(), size.min(all.len()));
            prop_assert_eq!(strata.iter().map(|s| s.drawn).sum::<usize>(), drawn.len());
            for s in &strata {
                prop_assert!(s.drawn <= s.population);
                if size >= strata.len() { prop_assert!(s.drawn > 0); }
                // The lowest ranks and no others.
                let mut ranks: Vec<String> = all.iter().filter(|m| m.stratum == s.name).map(|m| rank("seed", &m.id)).collect();
                ranks.sort();
                let mut got: Vec<String> = drawn.iter().filter(|d| d.member.stratum == s.name).map(|d| d.rank.clone()).collect();
                got.sort();
                prop_assert_eq!(&got[..], &ranks[..s.drawn]);
            }
            let mut reversed = all.clone();
            reversed.reverse();
            prop_assert_eq!(draw(&reversed, size, "seed").1, drawn);
        }
    }
}
