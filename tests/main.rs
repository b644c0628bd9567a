//! The one test binary. Modules in reading order.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]
#[cfg(feature = "serve")]
mod admission;
mod authoring;
mod bundle;
#[cfg(feature = "serve")]
mod chart;
#[cfg(feature = "cluster")]
mod cluster;
mod criteria;
mod dependencies;
mod docs;
mod evaluation;
mod evidence_anchor;
mod evidence_ask;
mod evidence_continuity;
mod evidence_formats;
mod evidence_history;
#[cfg(unix)]
mod evidence_keys;
mod evidence_log;
mod evidence_package;
mod evidence_prune;
mod evidence_rows;
#[cfg(feature = "s3")]
mod evidence_s3;
pub(crate) mod evidence_scan;
mod evidence_time;
mod evidence_verify;
mod evidence_year;
mod floor_plan;
mod inputs;
mod judging;
mod plans;
mod reach;
mod rego;
mod remembering;
mod reports;
mod scan;
mod schemas;
mod statements;
mod support;
mod terraform;
