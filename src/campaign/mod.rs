//! Review campaigns: a frozen population, decisions in an append-only log, and the proof that removals worked.
//!
//! [`model`] says what a campaign, an item and a sheet are, [`log`] what can happen to them, [`sheet`] which columns a
//! work sheet has and which of them its hash covers.

pub mod letter;
pub mod log;
pub mod model;
mod moment;
pub mod proof;
pub mod sheet;

pub use log::{Choice, DecidedBy, Decision, DecisionEntry, ImportRecord, LogEntry, LogEvent, Proof};
pub use model::{Campaign, CampaignId, Context, Item, ItemFinding, ItemId, Recommendation, Reviewer, ReviewerKey, Risk};
pub use sheet::{ReturnedRow, ReturnedSheet, Sheet, SheetHead, SheetItem};
