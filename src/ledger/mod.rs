//! Facts become holdings: who held what, from when to when, how sure.
//!
//! [`build`] reads one commit's [`Evidence`] and returns the [`AccessModel`]: facts from events (`facts`), requests with
//! their decisions (`requests`), latest contents of objects (`directory`), and holdings
//! (`package_timelines`, `resource_timelines`, `intervals`, `held`).

pub mod absence;
pub mod access_model;
pub mod accounts;
mod activations;
mod activities;
mod audit_facts;
mod build;
mod condensed;
mod coverage;
mod deletions;
mod directory;
pub mod effective;
pub mod evidence;
mod facts;
pub mod governance;
mod held;
mod intervals;
pub mod kept;
mod load;
mod log_coverage;
pub mod names;
mod package_contents;
mod package_ends;
mod package_timelines;
pub mod policy_history;
mod requests;
mod resource_timelines;
pub mod row;
mod sightings;
pub mod span;
mod sponsors;
mod timeline;
pub mod unattributed;

pub use access_model::AccessModel;
pub use activities::action_of;
pub use audit_facts::AuditFacts;
pub use build::{Ledger, Settings, build};
pub use evidence::Evidence;
pub use load::LoadError;
