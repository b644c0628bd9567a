//! speguard judges secure processing environments for health data against criteria.
//!
//! # Floor plan
//! ```text
//!  roof      main ─▶ cli, commands ─▶ serve    may use everything below
//!  2nd       assess                                    ─▶ model, reach, evaluate, judge      the one staircase
//!  1st       collect  normalise  reach  evaluate  judge  record  report  ─▶ model only; no doors between them
//!  ground    model                             ─▶ nothing of ours
//! ```
//! Siblings never meet: what two rooms share is a noun and lives in [`model`]. `tests/floor_plan.rs` keeps the plan.
//!
//! # Invariants
//! 1. `model` imports nothing of ours, does no I/O and derives no `Serialize`. Wire shapes live in `report` and `record`.
//! 2. Only `collect`, `commands`, `serve` and `record/{disk,store,s3,journal,http}` touch the outside. Everything else
//!    fails only by what it returns. What verifies evidence touches none of these.
//! 3. No clock, randomness or environment variable below the roof: time is the argument `at`.
//! 4. Each outside crate has its door: see `MAY_NAME` in `tests/floor_plan.rs`.
//! 5. A criterion cannot tell who is asking: no operation, user or mode in its input.
//! 6. Not knowing is a verdict. What was not read is a `Problem`, and what needed it is undetermined.
//! 7. A verdict is never rewritten. A waiver is laid over it, an attestation stands beside it.
//! 8. Nothing is answered to an API server before it is recorded; dry runs leave no trace. `async` stays in
//!    `collect/cluster` and `serve/server`.
//! 9. Same bundle, environment, profile and time give the same bytes. No `HashMap` is iterated.
//! 10. Every body, evaluation, recursion and file has a limit: a named constant with its reason.
pub mod assess;
pub mod cli;
pub mod collect;
pub mod commands;
pub mod evaluate;
pub mod judge;
pub mod model;
pub mod normalise;
pub mod reach;
pub mod record;
pub mod report;
#[cfg(feature = "serve")]
pub mod serve;
