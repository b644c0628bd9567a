//! Networks as sets: addresses, ports, and connections to both. Exact, whatever the sets are put together from.
mod addresses;
mod intervals;
mod ports;
mod traffic;

pub use addresses::{AddressError, Addresses};
pub use intervals::Intervals;
pub use ports::{Ports, Protocol};
pub use traffic::Traffic;
