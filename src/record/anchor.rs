//! RFC 3161 time stamps over checkpoints: asked for, kept as they came, and checked.
