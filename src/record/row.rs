//! Rows of a result set, their tree, and proofs that a row stands in it or does not.
