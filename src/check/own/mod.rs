//! Checks of one's own: a folder of `.sql` files over the documented views, run by the same registry.

mod answer;
mod header;
mod registry;
#[cfg(test)]
mod tests;

pub use header::{OwnCheck, OwnError, OwnThreshold, parse};
pub(in crate::check) use registry::known;
pub use registry::{FolderError, catalogue, folder, made, now_running};
