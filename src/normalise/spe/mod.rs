//! What persons write: spe.yaml, waivers and attestations, as written → as checked. Start at [`description`].
//!
//! The forms are tables (`form.rs`); the reader and the JSON Schemas both go by them.
mod describe;
mod form;
mod range;
mod reader;
mod scalar;
mod schema;
mod shape;
mod statement;
mod structural;

pub use form::KINDS;
pub use schema::schemas;
pub use statement::{VOID_ATTESTATION, VOID_WAIVER};
pub use structural::{Definition, definitions};

pub use describe::{description, unstated};
pub use statement::{attestation, waiver};

#[cfg(test)]
mod tests;
