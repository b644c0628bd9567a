//! `speguard serve`: answers an API server's admission requests, and audits the cluster on a timer.
//!
//! `inventory` knows the cluster, `lookout` what reaches what in it, `ruling` decides, `door` words and records the answer,
//! `server` speaks HTTPS, `due` says by when. `breach` looks what changes have opened that no answer should have let open;
//! `decided` knows which answers these were, `told` which namespace was warned of what. `foretell` asks `ruling` about what is
//! there already. `tls` has the certificates, `guard` says what the API server has of the configuration by which it asks,
//! `lease` which of several replicas leads.
pub mod breach;
pub mod decided;
pub mod door;
pub mod due;
pub mod evidence;
pub mod foretell;
pub mod guard;
pub mod inventory;
pub mod lease;
mod lookout;
pub mod metrics;
pub mod review;
pub mod ruling;
pub mod server;
pub mod tls;
pub mod told;
