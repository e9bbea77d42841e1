//! Whether any witness of a kind exists at all: without one a check answers "not evaluable", once for the tenant.

use crate::check::Context;
use crate::lake::table::Table;
use crate::model::{Finding, ReasonCode, Window};

impl Context<'_> {
    /// The row that says that nothing tells who holds what; `None` when something does.
    #[must_use]
    pub fn no_holdings(&self) -> Option<Finding> {
        let told = !self.estate.holdings.is_empty() || self.looked_at(Table::Assignments) || self.looked_at(Table::Memberships) || self.estate.has_log("audit");
        (!told).then(|| {
            self.lacking(
                ReasonCode::NoTelemetry,
                Table::Assignments,
                "no assignments, memberships or audit events are in the lake, so who holds what is unknown",
                "Ingest package assignments or directory audit events.",
            )
        })
    }

    /// The row that says that review decisions are no longer there to be held against what is held; `None` when none were dropped or lost.
    #[must_use]
    pub fn lost_decisions(&self) -> Option<Finding> {
        let gaps = self.estate.missed.get(Table::ReviewDecisions.name())?;
        let when = gaps.iter().filter_map(|(w, _)| *w).reduce(|a, b| Window {
            from: a.from.min(b.from),
            until: a.until.max(b.until),
        });
        let when = when.map_or("at an unknown time".to_string(), |w| format!("from {} until {}", w.from, w.until));
        Some(self.lacking(
            ReasonCode::OutsideRetention,
            Table::ReviewDecisions,
            &format!("review decisions {when} are not in the lake, so whether access outlived a denial of that time is unknown"),
            "Ingest the decisions of those reviews again, or look them up where they were kept.",
        ))
    }

    /// The row that says that nothing tells who asked for what; `None` when something does.
    #[must_use]
    pub fn no_requests(&self) -> Option<Finding> {
        let told = !self.estate.requests.is_empty() || self.looked_at(Table::Requests) || self.estate.has_log("audit");
        (!told).then(|| {
            self.lacking(
                ReasonCode::NoTelemetry,
                Table::Requests,
                "no assignment requests and no audit events are in the lake, so who asked for what is unknown",
                "Ingest assignment requests or directory audit events.",
            )
        })
    }

    /// Whether a look at a collection is in the lake.
    #[must_use]
    pub fn looked_at(&self, table: Table) -> bool {
        let name = table.name();
        self.estate.looks.keys().any(|(collection, _)| collection == name)
    }
}
