//! The one test binary. Modules in reading order.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]
mod bundle;
mod dependencies;
mod floor_plan;
mod inputs;
mod judging;
mod reach;
mod reports;
mod terraform;
