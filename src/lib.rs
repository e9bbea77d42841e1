//! Who held which access in Microsoft Entra ID and when, whether it is still justified, and the proof.
//!
//! Data flows one way: `ingest -> lake -> engine -> ledger -> check -> report -> evidence`, with `cli` on top.
//! `docs/architecture.md` draws the map; `tests/it/tidy.rs` keeps the direction of imports true.

pub mod campaign;
pub mod check;
pub mod cli;
pub mod config;
pub mod engine;
pub mod evidence;
pub mod graph;
pub mod ingest;
pub mod lake;
pub mod ledger;
pub mod model;
pub mod pull;
pub mod remote;
pub mod report;
pub mod synth;
pub mod views;
pub mod workbench;
