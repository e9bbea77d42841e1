//! Review campaigns: a frozen population, decisions in an append-only log, and the proof that removals worked.
//!
//! [`model`] says what a campaign, an item and a sheet are, [`log`] what can happen to them, [`sheet`] which columns a
//! work sheet has and which of them its hash covers.

pub mod authorship;
pub mod conflict;
pub mod contradiction;
pub mod dates;
pub mod due;
pub mod entra;
pub mod error;
pub mod follow_up;
pub mod granted;
pub mod import;
mod issue;
pub mod item_context;
pub mod item_findings;
pub mod language;
pub mod left_behind;
mod lifecycle;
pub mod log;
pub mod model;
mod moment;
mod nesting;
pub mod notification;
pub mod open;
pub mod outcome;
mod persons;
pub mod plan;
pub mod progress;
pub mod proof;
mod reading;
pub mod reason;
pub mod recommendation;
pub mod remediation;
pub mod reminder_schedule;
pub mod removal_script;
pub mod review_quality;
pub mod reviewers;
pub mod series;
pub mod sheet;
mod source;
pub mod spoken;
pub mod state;
pub mod store;
pub mod terms;
pub mod tie_out;
pub mod totals;

pub use error::CampaignError;
pub use log::{Choice, DecidedBy, Decision, DecisionEntry, ImportRecord, LogEntry, LogEvent, Proof};
pub use model::{Campaign, CampaignId, Context, Item, ItemFinding, ItemId, Recommendation, Reviewer, ReviewerKey, Risk};
pub use sheet::{ReturnedRow, ReturnedSheet, Sheet, SheetHead, SheetItem};
pub use tie_out::TieOut;

pub use plan::Plan;
pub use state::State;
pub use store::Store;
pub use totals::Totals;

/// Ids of all checks, for plans that name them.
pub(crate) fn check_ids() -> Vec<&'static str> {
    crate::check::all().iter().map(|c| c.id.as_str()).collect()
}

#[cfg(test)]
mod laws;
