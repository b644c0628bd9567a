//! What several tests stand on.
pub(crate) mod control_plane;
pub(crate) mod disk;
