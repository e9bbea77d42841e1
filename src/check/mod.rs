//! The questions, one file each, by family; registry and laws.
//!
//! A check is a plain function over the access: it fits memory, its messages need exact numbers, and types keep ids apart.
//! Everything that people read about a check (docs page, `explain`, what to do) is rendered from the static in its file.

mod accept;
mod account;
mod agent;
mod approval;
mod approvers;
mod availability;
mod conditional;
mod context;
mod define;
mod draft;
mod drift;
mod exception;
mod expiry;
mod frameworks;
mod index;
mod judge;
pub mod justification;
mod known;
pub mod life;
mod log;
mod origin;
mod orphan;
pub mod own;
mod page;
mod policies;
mod policy_then;
pub mod practice;
pub mod profiles;
mod register;
mod registry;
mod review;
mod reviews;
mod run;
mod segregation;
mod service;
mod settings;
mod stale;
mod surround;
mod thresholds;
mod who;
pub mod words;

#[cfg(test)]
pub(crate) mod examples;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod laws_of_less;

pub use account::{Account, linked};
pub use approvers::{Asked, Live};
pub use context::{Context, Part, Taker};
pub use define::{Check, Outcome, Shard, Threshold};
pub use draft::{Draft, Subject, Thing};
pub use index::Index;
pub use known::Known;
pub use origin::{Activation, Delivery};
pub use page::{Page, explain, pages};
pub use policies::Agreed;
pub use registry::{UnknownCheck, all, by_id, thresholds};
pub use run::{CheckResult, lists_passed, passed, run};
pub use service::Giver;
pub use settings::{SettingLine, settings_in_force, template};
pub use thresholds::{delivery_lag, removal_days};
pub use who::{Population, Who};
