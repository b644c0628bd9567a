//! What never enters an entry, and commitments in its place.
