//! HTTP to Microsoft Graph: tokens, pacing, paging, windows; knows nothing of the lake.
//!
//! The clock comes from outside ([`Clock`]), so that every wait can be scaled and tested.
//! A [`Client`] gives pages; [`walk::walk`] follows them to the last one; [`collections::all`] says what there is to ask for.

mod client;
mod clock;
pub mod cloud;
pub mod collections;
mod graph_error;
mod http;
mod pace;
pub mod page;
mod post;
mod retry;
mod scrub;
mod secret;
pub mod token;
pub mod walk;
pub mod window;

pub use client::{Client, Metrics, Query};
pub use clock::Clock;
pub use cloud::{Cloud, Endpoints, Origin};
pub use graph_error::GraphError;
pub use http::Http;
pub use pace::RateLimitGroup;
pub use page::Page;
pub use secret::{Secret, SecretError, from_bytes, from_file};
