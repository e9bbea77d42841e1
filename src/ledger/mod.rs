//! Facts become holdings: who held what, from when to when, how sure.
//!
//! [`build`] reads one commit's [`Evidence`] and returns the [`AccessModel`]: facts from events (`facts`), requests with
//! their decisions (`requests`), latest contents of objects (`directory`), and holdings (`lanes`, `scan`).

mod activities;
mod audit_facts;
mod build;
mod coverage;
mod directory;
pub mod effective;

pub mod access_model;
pub mod evidence;
mod facts;
mod lanes;
mod load;
mod requests;
mod scan;
mod sightings;

pub use access_model::AccessModel;
pub use activities::action_of;
pub use audit_facts::AuditFacts;
pub use build::{Ledger, Settings, build};
pub use evidence::Evidence;
pub use load::LoadError;
