//! The integration tests, one binary: polars is linked once.

mod campaign;
mod campaign_decisions;
mod campaign_faces;
mod campaign_import;
mod campaign_letters;
mod campaign_life;
mod campaign_outcomes;
mod campaign_plan;
mod campaign_sending;
mod campaign_tamper;
mod common;
mod crash;
mod csv_separators;
mod evidence;
mod findings;
mod graph;
#[path = "../graph_server/mod.rs"]
mod graph_server;
mod ingest;
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
mod workbench;
