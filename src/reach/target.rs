//! Where connections are asked to.
use super::networks::{Addresses, Ports, Traffic};
use crate::model::{Description, Destination, Hop, Way};

/// Addresses that connections are asked to, and which connections to them do not count.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) addresses: Addresses,
    /// Connections that the description allows.
    allowed: Traffic,
    /// Addresses that may stand in a block shown to people, because they never count.
    uncounted: Addresses,
    /// Pods may have such addresses.
    pub(super) may_hold_pods: bool,
}

impl Target {
    /// Every address beyond the private ranges that packets can be sent to; destinations and proxies that the
    /// description allows by address do not count, on the ports that it allows. One that cannot be read allows nothing.
    #[must_use]
    pub fn internet(description: &Description) -> Self {
        let addresses = Addresses::internet(description.private_ranges.iter().map(AsRef::as_ref));
        let entries = description.allowed_destinations.iter().chain(&description.allowed_proxies);
        let allowed = entries.fold(Traffic::default(), |allowed, entry| match permitted(entry) {
            Some((addresses, ports)) => allowed.with(&addresses, &ports),
            None => allowed,
        });
        Self { uncounted: addresses.complement(), addresses, allowed, may_hold_pods: false }
    }

    /// Exactly these addresses, whatever the description allows.
    #[must_use]
    pub fn range(addresses: Addresses, description: &Description) -> Self {
        let private = Addresses::of(description.private_ranges.iter().map(AsRef::as_ref));
        let may_hold_pods = !addresses.intersection(&private).is_empty();
        Self { addresses, allowed: Traffic::default(), uncounted: Addresses::none(), may_hold_pods }
    }

    /// One open way for each set of ports that some of the addresses can be reached on; empty where nothing counts.
    #[must_use]
    pub fn ways(&self, addresses: &Addresses, ports: &Ports, witness: &[Hop]) -> Vec<Way> {
        let counted = Traffic::to(addresses.intersection(&self.addresses), ports.clone()).difference(&self.allowed);
        let way = |(addresses, ports): &(Addresses, Ports)| {
            let to = addresses.shown_within(&addresses.union(&self.uncounted));
            Way::open(&to, &ports.shown(), witness.to_vec())
        };
        counted.pieces().iter().map(way).collect()
    }

    /// The ways of what nothing holds back.
    pub(super) fn all_ways(&self, witness: &[Hop]) -> Vec<Way> {
        self.ways(&self.addresses, &Ports::all(), witness)
    }
}

/// A destination by address; one by name or service tag says nothing of addresses.
fn permitted(entry: &Destination) -> Option<(Addresses, Ports)> {
    let addresses = Addresses::parse(entry.cidr.as_deref()?).ok()?;
    if entry.ports.is_empty() {
        return Some((addresses, Ports::all()));
    }
    let ports = entry.ports.iter().filter_map(|text| Ports::parse(text));
    Some((addresses, ports.fold(Ports::none(), |all, one| all.union(&one))))
}
