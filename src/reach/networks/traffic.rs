//! Which addresses on which ports: sets of connections.
use super::{Addresses, Ports};

/// A set of connections, as pieces whose addresses never meet and whose ports all differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic(Vec<(Addresses, Ports)>);

impl Traffic {
    /// Every one of some addresses on every one of some ports.
    #[must_use]
    pub fn to(addresses: Addresses, ports: Ports) -> Self {
        if addresses.is_empty() || ports.is_empty() { Self::default() } else { Self(vec![(addresses, ports)]) }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pieces: addresses that never meet, with the ports open to them; in order of the ports.
    #[must_use]
    pub fn pieces(&self) -> &[(Addresses, Ports)] {
        &self.0
    }

    /// Adds every one of some addresses on every one of some ports.
    #[must_use]
    pub fn with(&self, addresses: &Addresses, ports: &Ports) -> Self {
        let mut rest = addresses.clone();
        let mut pieces = Vec::new();
        for (held, open) in &self.0 {
            let common = held.intersection(&rest);
            rest = rest.difference(held);
            pieces.push((held.difference(&common), open.clone()));
            pieces.push((common, open.union(ports)));
        }
        pieces.push((rest, ports.clone()));
        Self::canonical(pieces)
    }

    /// What of this set is not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut pieces = self.0.clone();
        for (addresses, ports) in &other.0 {
            pieces = pieces
                .into_iter()
                .flat_map(|(held, open)| {
                    let common = held.intersection(addresses);
                    [(held.difference(addresses), open.clone()), (common, open.difference(ports))]
                })
                .filter(|(held, open)| !held.is_empty() && !open.is_empty())
                .collect();
        }
        Self::canonical(pieces)
    }

    fn canonical(pieces: Vec<(Addresses, Ports)>) -> Self {
        let mut merged: std::collections::BTreeMap<Ports, Addresses> = std::collections::BTreeMap::new();
        for (addresses, ports) in pieces {
            if !addresses.is_empty() && !ports.is_empty() {
                let held = merged.entry(ports).or_default();
                *held = held.union(&addresses);
            }
        }
        Self(merged.into_iter().map(|(ports, addresses)| (addresses, ports)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::networks::Protocol;
    use proptest::prelude::*;
    use std::net::IpAddr;

    type Rectangle = (String, (u16, u16));

    fn rectangles() -> impl Strategy<Value = Vec<Rectangle>> {
        let block = (0..8_u8, 29..=32_u8).prop_map(|(last, length)| format!("192.0.2.{last}/{length}"));
        prop::collection::vec((block, (1..5_u16, 1..5_u16)), 0..5)
    }

    fn traffic(rectangles: &[Rectangle]) -> Traffic {
        rectangles.iter().fold(Traffic::default(), |all, (block, (low, high))| {
            all.with(&Addresses::parse(block).unwrap(), &Ports::span(Protocol::Tcp, *low, *high))
        })
    }

    fn holds(traffic: &Traffic, address: IpAddr, port: u16) -> bool {
        traffic.pieces().iter().any(|(held, open)| held.contains(address) && open.contains(Protocol::Tcp, port))
    }

    fn covered(rectangles: &[Rectangle], address: IpAddr, port: u16) -> bool {
        let inside = |block: &str| Addresses::parse(block).unwrap().contains(address);
        rectangles.iter().any(|(block, (low, high))| inside(block) && (*low..=*high).contains(&port))
    }

    proptest! {
        #[test]
        fn traffic_answers_as_each_connection_alone(a in rectangles(), b in rectangles()) {
            let (left, right) = (traffic(&a), traffic(&b));
            let rest = left.difference(&right);
            for last in 0..8_u8 {
                let address: IpAddr = format!("192.0.2.{last}").parse().unwrap();
                for port in 1..6 {
                    prop_assert_eq!(holds(&left, address, port), covered(&a, address, port));
                    let expected = covered(&a, address, port) && !covered(&b, address, port);
                    prop_assert_eq!(holds(&rest, address, port), expected);
                }
            }
            for (at, (held, _)) in left.pieces().iter().enumerate() {
                for (other, _) in left.pieces().iter().skip(at + 1) {
                    prop_assert!(held.intersection(other).is_empty());
                }
            }
        }
    }
}
