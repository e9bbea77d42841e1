//! Which packages hand out access without an end.

use super::bars::{self, Bar};
use super::canvas::Ink;
use super::{Chart, count};
use crate::model::EntitlementKind;
use crate::report::Review;
use std::collections::BTreeMap;

/// Packages that get a bar of their own.
const SHOWN: usize = 12;

/// The chart.
pub fn chart(review: &Review) -> Chart {
    // By key, since two packages may bear one name.
    let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    let packages = review
        .access
        .holdings
        .iter()
        .filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage && h.held_at(review.as_of));
    let mut held = 0;
    for h in packages {
        held += 1;
        if h.no_expiration {
            counts.entry(&h.entitlement.id).or_insert((0, &h.entitlement_name)).0 += 1;
        }
    }
    let total: usize = counts.values().map(|(n, _)| n).sum();
    let mut chart = Chart {
        id: "chart-endless",
        question: "Which packages are held with no end date?",
        ..Chart::default()
    };
    if held == 0 {
        chart.finding = "No package has a holder on record: no snapshot of assignments was collected, or there is no holder.".into();
        return chart;
    }
    if total == 0 {
        chart.finding = format!("None: each of the {} of packages has an end date.", count(held, "holding"));
        return chart;
    }
    let mut rows: Vec<(usize, &str, &str)> = counts.iter().map(|(id, (n, name))| (*n, *name, *id)).collect();
    rows.sort_by_key(|(n, name, id)| (std::cmp::Reverse(*n), *name, *id));
    chart.finding = format!(
        "{} of {} of packages have no end date, in {}.",
        total,
        count(held, "holding"),
        count(rows.len(), "package")
    );
    let mut bars: Vec<Bar> = rows
        .iter()
        .take(SHOWN)
        .map(|(n, name, _)| Bar {
            label: (*name).to_string(),
            parts: vec![(*n, Ink::Main)],
        })
        .collect();
    let rest = rows.get(SHOWN..).unwrap_or_default();
    if !rest.is_empty() {
        bars.push(Bar {
            label: format!("{} more", count(rest.len(), "package")),
            parts: vec![(rest.iter().map(|(n, ..)| n).sum(), Ink::Pale)],
        });
    }
    chart.drawing = Some(bars::draw("holdings", 240, &[], &bars));
    chart.heads = vec!["package", "id", "holdings with no end date"];
    chart.rows = rows
        .iter()
        .map(|(n, name, id)| vec![(*name).to_string(), (*id).to_string(), n.to_string()])
        .collect();
    chart
}
