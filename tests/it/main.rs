//! The integration tests, one binary: polars is linked once.

mod campaign;
mod campaign_faces;
mod common;
mod crash;
mod evidence;
mod graph;
#[path = "../graph_server/mod.rs"]
mod graph_server;
mod main_job;
mod real;
mod tidy;
mod tools;
mod truth;
