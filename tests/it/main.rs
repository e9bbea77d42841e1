//! The integration tests, one binary: polars is linked once.

mod audit_questions;
mod campaign;
mod campaign_conflicts;
mod campaign_decisions;
mod campaign_faces;
mod campaign_formats;
mod campaign_groups;
mod campaign_import;
mod campaign_letters;
mod campaign_life;
mod campaign_outcomes;
mod campaign_plan;
mod campaign_sending;
mod campaign_tamper;
mod common;
// Without debug assertions the steps are there with the feature `failpoints` only.
#[cfg(any(debug_assertions, feature = "failpoints"))]
mod crash;
mod csv_separators;
mod evidence;
mod faults;
mod findings;
mod graph;
#[path = "../graph_server/mod.rs"]
mod graph_server;
mod ingest;
#[cfg(any(debug_assertions, feature = "failpoints"))]
mod killed;
mod lake_log;
mod main_job;
mod privacy;
mod pull;
mod pull_runs;
mod pull_ways;
mod real;
mod remote;
mod report;
mod signed;
mod tamper;
mod tenants;
mod tidy;
mod timestamp;
mod tools;
mod truth;
mod verdicts;
mod workbench;
