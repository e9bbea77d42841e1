//! The responder's workbench: questions over one commit whose answers say what they rest on.

pub mod basis;
pub mod brief;
pub mod connect;
pub mod findings;
pub mod questions;
pub mod timeline;
pub mod weak;
pub mod what_if;
pub mod what_if_requests;
pub mod why;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod what_if_tests;
