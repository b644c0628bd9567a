//! The one test binary. Modules in reading order.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]
mod authoring;
mod bundle;
mod criteria;
mod dependencies;
mod docs;
mod evaluation;
mod evidence_anchor;
mod evidence_ask;
mod evidence_continuity;
mod evidence_formats;
mod evidence_log;
mod evidence_rows;
mod evidence_scan;
mod evidence_time;
mod floor_plan;
mod inputs;
mod judging;
mod plans;
mod reach;
mod rego;
mod reports;
mod scan;
mod schemas;
mod statements;
mod support;
mod terraform;
