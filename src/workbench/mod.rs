//! The responder's workbench: questions over one commit whose answers say what they rest on.

pub mod basis;
pub mod findings;
pub mod questions;
