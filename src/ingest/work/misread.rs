//! Members that are there and are not understood: counted by member and value, and never taken for absence.

use crate::lake::table::Table;
use std::collections::BTreeMap;

/// How many records have what, by table and by member with its value.
pub(in crate::ingest) type Counts = BTreeMap<(Table, String), u64>;

/// Members and values of one file that are told apart: a hostile one may invent a value a record.
const TOLD_APART: usize = 100;

/// Counts some more; what is beyond those that are told apart is counted together.
pub(in crate::ingest) fn count(counts: &mut Counts, what: (Table, String), more: u64) {
    let known = counts.len() < TOLD_APART || counts.contains_key(&what);
    let what = if known {
        what
    } else {
        (what.0, "other members that are not understood".into())
    };
    *counts.entry(what).or_default() += more;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_a_record_stays_bounded_and_nothing_is_uncounted() {
        let mut counts = Counts::new();
        for n in 0..10_000 {
            count(&mut counts, (Table::Users, format!("accountEnabled '{n}'")), 1);
        }
        assert!(counts.len() <= TOLD_APART + 1, "{}", counts.len());
        assert_eq!(counts.values().sum::<u64>(), 10_000);
    }
}
