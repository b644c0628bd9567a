//! A subnet's or an interface's ways to the internet: groups, then routes, then an address to send from.
use super::{
    groups::{Allowed, both, outbound},
    outlets::Outlet,
    places::Subnet,
    routes::{Leg, Next, legs},
    sight::{Pointer, Sight, value},
};
use crate::model::{Description, Hop, Step, Value, Way};
use crate::reach::networks::{Addresses, Ports, Traffic};

/// What is the internet to this environment.
#[derive(Debug)]
pub(super) struct Internet {
    addresses: Addresses,
    /// What is not the internet: shown ranges may cover it, so that all of the internet reads as `0.0.0.0/0`.
    elsewhere: Addresses,
    allowed: Vec<(Addresses, Ports)>,
    allowed_tags: Vec<String>,
    /// Networks that the description gives to another zone than a project's: no workload of a project is in them.
    other_zones: Addresses,
}

impl Internet {
    /// IPv4 only: a subnet has no IPv6 unless it is given a prefix of it, and then it is said that it is not followed.
    pub(super) fn of(description: &Description) -> Self {
        let v4 = Addresses::of(["0.0.0.0/0"]);
        let ranges = description.private_ranges.iter().map(AsRef::as_ref);
        let destinations = || description.allowed_destinations.iter().chain(&description.allowed_proxies);
        let allowed = destinations().filter_map(|destination| {
            let addresses = Addresses::parse(destination.cidr.as_deref()?).ok()?;
            let ports = if destination.ports.is_empty() {
                Ports::all()
            } else {
                destination.ports.iter().filter_map(|port| Ports::parse(port)).fold(Ports::none(), |a, b| a.union(&b))
            };
            Some((addresses, ports))
        });
        let addresses = Addresses::internet(ranges).intersection(&v4);
        Self {
            elsewhere: v4.difference(&addresses),
            addresses,
            allowed: allowed.collect(),
            other_zones: other_zones(description),
            allowed_tags: destinations().filter_map(|to| to.service_tag.as_ref().map(ToString::to_string)).collect(),
        }
    }

    /// Whether the description gives all of some prefixes to another zone.
    pub(super) fn is_other_zone(&self, prefixes: &[&str]) -> bool {
        let blocks: Result<Vec<Addresses>, _> = prefixes.iter().map(|prefix| Addresses::parse(prefix)).collect();
        blocks.is_ok_and(|blocks| !blocks.is_empty() && blocks.iter().all(|block| block.within(&self.other_zones)))
    }

    /// What of some traffic the description does not allow.
    fn beyond(&self, traffic: &Traffic) -> Traffic {
        self.allowed.iter().fold(traffic.clone(), |rest, (addresses, ports)| {
            rest.difference(&Traffic::to(addresses.clone(), ports.clone()))
        })
    }
}

fn other_zones(description: &Description) -> Addresses {
    let zones = description.spec.get("zones").and_then(Value::as_list).unwrap_or_default();
    let others = zones.iter().filter(|zone| zone.value.get("name").and_then(Value::as_text) != Some("project"));
    let networks = others.filter_map(|zone| zone.value.get("networks")?.as_list()).flatten();
    Addresses::of(networks.filter_map(|network| network.value.as_text()))
}

/// What a subnet's own group lets out.
pub(super) fn allowed_by(sight: &Sight<'_>, group: &Pointer<'_>, at: &Hop, internet: &Internet) -> Allowed {
    match group {
        Pointer::Absent => Allowed::everything(&internet.addresses, at.clone()),
        Pointer::To(group) => outbound(sight, group, &internet.addresses),
        Pointer::Beyond(id) => {
            Allowed::not_known(format!("its security group `{id}` is not in the code that was read"), at.clone())
        }
        Pointer::Unknown(why) => Allowed::not_known(format!("its security group is not known: {why}"), at.clone()),
    }
}

/// Where the subnet's route table sends traffic for the internet.
pub(super) fn legs_of(sight: &Sight<'_>, subnet: &Subnet<'_>, internet: &Internet) -> Vec<Leg> {
    let unknown = |why: String| vec![(internet.addresses.clone(), Next::Unknown(why), Some(subnet.at.clone()))];
    match &subnet.table {
        Pointer::Absent => match remote_gateway(sight, subnet) {
            Some(why) => unknown(why),
            None => legs(sight, None, &internet.addresses),
        },
        Pointer::To(table) => legs(sight, Some(table), &internet.addresses),
        Pointer::Beyond(id) => unknown(format!("its route table `{id}` is not in the code that was read")),
        Pointer::Unknown(why) => unknown(format!("its route table is not known: {why}")),
    }
}

/// A peered network's gateway may announce a default route that no file shows.
fn remote_gateway(sight: &Sight<'_>, subnet: &Subnet<'_>) -> Option<String> {
    let Pointer::To(network) = sight.follow(subnet.network, "azurerm_virtual_network") else {
        return None;
    };
    let peerings = sight.pointing("azurerm_virtual_network_peering", "virtual_network_name", network);
    let peering = peerings
        .certain
        .into_iter()
        .find(|peering| value(peering, "use_remote_gateways") == Some(&Value::Bool(true)))?;
    Some(format!("`{}` uses the gateway of another network, whose routes were not read", peering.id.name))
}

/// Puts the three together. `start` is the subject's own place.
pub(super) fn combine(
    start: &[Hop],
    allowed: &Allowed,
    legs: &[Leg],
    outlet: &Outlet,
    internet: &Internet,
) -> Vec<Way> {
    let mut ways = Vec::new();
    for (addresses, next, route) in legs {
        let witness = |last: &Hop| witness(start, route.as_ref(), last);
        let doubt = match (next, outlet) {
            (Next::Closed, _) | (Next::Internet, Outlet::Closed) => continue,
            (Next::Unknown(why), _) => Some((why, route.as_ref())),
            (Next::Internet, Outlet::Unknown(why, at)) => Some((why, Some(at))),
            (Next::Internet, Outlet::Open(_)) => None,
        };
        let within = Traffic::to(addresses.clone(), Ports::all());
        for opening in &allowed.open {
            let traffic = internet.beyond(&both(&opening.traffic, &within));
            let by = if let (true, Outlet::Open(hop)) = (opening.by_default, outlet) { hop } else { &opening.by };
            match doubt {
                _ if traffic.is_empty() => {}
                Some((why, at)) => push(&mut ways, Way::unknown(why, witness(at.unwrap_or(&opening.by)))),
                None => {
                    for (to, ports) in traffic.pieces() {
                        let to = to.shown_within(&to.union(&internet.elsewhere));
                        push(&mut ways, Way::open(&to, &ports.shown(), witness(by)));
                    }
                }
            }
        }
        for (tag, ports, at) in &allowed.tags {
            match doubt {
                _ if internet.allowed_tags.iter().any(|allowed| allowed.eq_ignore_ascii_case(tag)) => {}
                Some((why, place)) => push(&mut ways, Way::unknown(why, witness(place.unwrap_or(at)))),
                None => push(&mut ways, Way::open(tag, ports, witness(at))),
            }
        }
        for (why, at) in &allowed.unknown {
            push(&mut ways, Way::unknown(why, witness(at)));
        }
    }
    ways
}

fn push(ways: &mut Vec<Way>, way: Way) {
    if !ways.contains(&way) {
        ways.push(way);
    }
}

/// From the subject by the route to the place that opens the way or hides it, each place once.
fn witness(start: &[Hop], route: Option<&Hop>, last: &Hop) -> Vec<Hop> {
    let mut hops = start.to_vec();
    hops.extend(route.filter(|route| *route != last).cloned());
    hops.retain(|hop| hop != last);
    hops.push(last.clone());
    hops
}

/// A place in a resource by keys.
pub(super) fn place(resource: &crate::model::Resource, keys: &[&str]) -> Hop {
    Hop { resource: resource.id.clone(), path: keys.iter().map(|key| Step::Key((*key).to_owned())).collect() }
}
