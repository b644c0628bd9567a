//! What several tests stand on.
#[cfg(feature = "serve")]
pub(crate) mod balancer;
#[cfg(feature = "cluster")]
pub(crate) mod control_plane;
pub(crate) mod disk;
#[cfg(feature = "serve")]
pub(crate) mod faulty_server;
#[cfg(feature = "serve")]
pub(crate) mod service;
