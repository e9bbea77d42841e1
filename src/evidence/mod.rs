//! Evidence that verifies without us: bags, signatures, samples, sheets about the information, and their verification.

pub mod sign;

pub use sign::{SignError, Signer};
