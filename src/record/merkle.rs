//! RFC 6962 trees: hashes, roots, proofs. Pure.
