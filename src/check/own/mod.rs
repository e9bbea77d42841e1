//! Checks of one's own: a folder of `.sql` files over the documented views, run by the same registry.

mod header;

pub use header::{OwnCheck, OwnError, parse};
