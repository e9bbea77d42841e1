//! Facts become holdings: who held what, from when to when, how sure.
//!
//! [`build`] reads one commit's [`Evidence`] and returns the [`Estate`]: facts from events (`facts`), requests with
//! their decisions (`requests`), latest contents of objects (`directory`), and holdings (`lanes`, `scan`).

mod activities;
mod acts;
mod build;
mod coverage;
mod directory;
pub mod effective;

pub mod estate;
pub mod evidence;
mod facts;
mod lanes;
mod load;
mod requests;
mod scan;
mod sightings;

pub use activities::action_of;
pub use acts::Acts;
pub use build::{Ledger, Settings, build};
pub use estate::Estate;
pub use evidence::Evidence;
pub use load::LoadError;
