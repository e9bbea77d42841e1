//! The table of holdings: who holds what since when, without the reasons that people wrote.

use super::dossier::Dossiers;
use super::{day, number};
use crate::model::{Finding, Holding, Verdict};
use crate::report::Review;
use crate::report::charts::count;
use std::collections::BTreeSet;

/// Up to this many holdings the page shows them all.
const ALL: usize = 1_000;

/// The holdings of the page, and which they are.
pub struct Holdings {
    /// Says whether these are all.
    pub note: String,
    pub rows: Vec<HeldRow>,
    /// Whether the pages of people list every one of them too, so that paper need not have them twice.
    pub repeated: bool,
}

/// A holding on the page.
pub struct HeldRow {
    pub holder: String,
    pub holder_kind: String,
    /// Page of the holder; empty when there is none.
    pub holder_link: String,
    /// Page of the package.
    pub what_link: String,
    pub what: String,
    pub kind: String,
    pub from: String,
    pub from_certainty: &'static str,
    pub until: String,
    pub until_certainty: &'static str,
    pub how: String,
    pub by: String,
    pub reason: String,
    pub state: String,
    /// `now endless`, for the filter of the page.
    pub held: &'static str,
}

/// All holdings, or those that findings name when there are too many for a page.
pub fn holdings(review: &Review, dossiers: &Dossiers) -> Holdings {
    let total = review.access.holdings.len();
    if total <= ALL {
        let note = if total == 0 {
            "No holding is on record."
        } else {
            "All current and former holdings."
        };
        return Holdings {
            repeated: total > 0 && super::people::list_all(dossiers),
            note: note.to_string(),
            rows: review.access.holdings.iter().map(|h| row(h, review, dossiers)).collect(),
        };
    }
    let named = Named::of(review.findings);
    let rows: Vec<&Holding> = review.access.holdings.iter().filter(|h| named.names(h)).collect();
    let cut = if rows.len() > ALL {
        format!(", the first {} here", number(ALL))
    } else {
        String::new()
    };
    let note = format!(
        "There are {}, too many for a page: these are the {} that findings refer to{cut}. holdings.csv has them all.",
        count(total, "holding"),
        number(rows.len())
    );
    Holdings {
        repeated: false,
        note,
        rows: rows.into_iter().take(ALL).map(|h| row(h, review, dossiers)).collect(),
    }
}

/// What findings name: assignments and requests, and pairs of holder and entitlement.
struct Named<'a> {
    assignments: BTreeSet<&'a str>,
    pairs: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Named<'a> {
    fn of(findings: &'a [Finding]) -> Self {
        let told = || findings.iter().filter(|f| f.result != Verdict::Pass);
        Self {
            assignments: told()
                .flat_map(|f| [f.assignment_id.as_str(), f.request_id.as_str()])
                .filter(|id| !id.is_empty())
                .collect(),
            pairs: told().map(|f| (f.subject_id.as_str(), f.object_id.as_str())).collect(),
        }
    }

    fn names(&self, h: &Holding) -> bool {
        let ids = [h.assignment.as_ref().map(|a| a.as_str()), h.request.as_ref().map(|r| r.as_str())];
        let holder = h.principal.as_str();
        ids.into_iter().flatten().any(|id| self.assignments.contains(id))
            || self.pairs.contains(&(holder, h.entitlement.resource()))
            || self.pairs.contains(&(holder, h.entitlement.id.as_str()))
    }
}

/// A holding as the page shows it.
pub fn row(h: &Holding, review: &Review, dossiers: &Dossiers) -> HeldRow {
    let links = (dossiers.link(h.principal.as_str()), dossiers.link(&h.entitlement.id));
    let h = review.audience.holding(h).into_owned();
    let now = h.held_at(review.as_of);
    let until = match (h.held_until.or(h.until_earliest.filter(|_| !now)), h.scheduled_until) {
        (Some(_), _) => day(h.held_until.or(h.until_earliest)),
        (None, Some(end)) => format!("current, ends {}", end.day()),
        (None, None) if h.no_expiration => "current, no end date".to_string(),
        (None, None) => "current".to_string(),
    };
    let by = if h.approved_by.is_empty() {
        h.granted_by.to_string()
    } else {
        format!("approved by {}", h.approved_by.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", "))
    };
    HeldRow {
        holder: h.principal_name.to_string(),
        holder_kind: h.principal_type.replace('_', " "),
        holder_link: links.0,
        what_link: links.1,
        what: h.entitlement_name.to_string(),
        kind: h.entitlement.kind.as_str().replace('_', " "),
        from: day(h.held_from.or(h.from_latest)),
        from_certainty: h.from_certainty.as_str(),
        until,
        until_certainty: h.until_certainty.as_str(),
        how: h.grant_kind.as_str().replace('_', " "),
        by,
        reason: h.justification.map(|j| j.to_string()).unwrap_or_default(),
        state: h.principal_state.to_string(),
        held: match (now, h.no_expiration) {
            (true, true) => "now endless",
            (true, false) => "now",
            _ => "over",
        },
    }
}
