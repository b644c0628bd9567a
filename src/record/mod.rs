//! The evidence log: what was judged, with which verdict, and when it existed, for a reader who trusts nobody.
//!
//! One shard is one append-only Merkle tree (RFC 6962) in the C2SP tlog-tiles layout with signed-note checkpoints. The
//! log is the truth; everything else is computed from it. docs/evidence.md tells what stands where.
pub mod anchor;
pub mod authority;
pub mod blob;
pub mod canonical;
pub mod changes;
pub mod continuity;
pub mod der;
pub mod disk;
pub mod entry;
pub mod files;
pub mod history;
pub mod http;
pub mod journal;
pub mod log;
pub mod merkle;
pub mod note;
pub mod package;
pub mod period;
pub mod place;
pub mod plan;
pub mod proof;
pub mod queue;
pub mod race;
pub mod reconcile;
pub mod redact;
pub mod rollup;
pub mod row;
pub mod run;
#[cfg(feature = "s3")]
pub mod s3;
pub mod segment;
pub mod shard;
pub mod state;
pub mod store;
pub mod tile;
pub mod timed;
pub mod trust;
pub mod verify;
pub mod watching;
pub mod witness;
pub mod year;
pub mod zip;
