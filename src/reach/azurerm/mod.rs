//! Azure networks in Terraform: which workloads can reach the internet, and by what.
//!
//! The chain of SPE-NET-02: security groups of subnet and interface, the route table, then an address to send from.
//! What a firewall lets out is not read: where one decides, the way is unknown.
mod groups;
mod outlets;
mod places;
mod routes;
mod rules;
pub(in crate::reach) mod sight;
#[cfg(test)]
pub(in crate::reach) mod testing;
#[cfg(test)]
mod tests;
mod ways;

use crate::model::{Answer, Environment, Hop, Platform, Reach, Resource, Step, Text, Value, Way};
use outlets::{Outlet, of_interface, of_subnet};
use places::Subnet;
use sight::{Pointer, Sight, blocks, set, value};
use std::collections::BTreeMap;
use ways::{Internet, allowed_by, combine, legs_of, place};

/// Adds the ways to the internet of all Azure subjects that have a place in a network.
pub(super) fn derive(environment: &Environment, subjects: &[&Resource], reach: &mut Reach) {
    let internet = Internet::of(&environment.description);
    let mut sights: BTreeMap<&Text, Sight<'_>> = BTreeMap::new();
    for subject in subjects.iter().filter(|subject| subject.id.platform == Platform::Azurerm) {
        let derive: fn(&Sight<'_>, &Resource, &Internet) -> Vec<Way> = match subject.id.kind.as_ref() {
            "azurerm_subnet" => of_subnet_resource,
            "azurerm_virtual_network" => of_network,
            "azurerm_linux_virtual_machine" | "azurerm_windows_virtual_machine" | "azurerm_virtual_machine" => {
                of_machine
            }
            "azurerm_kubernetes_cluster" => of_cluster,
            _ => continue,
        };
        let sight = sights.entry(&subject.id.root).or_insert_with(|| Sight::of(environment, &subject.id.root));
        reach.internet.insert(subject.id.clone(), derive(sight, subject, &internet));
    }
}

fn of_subnet_resource(sight: &Sight<'_>, subject: &Resource, internet: &Internet) -> Vec<Way> {
    of_place(sight, &Subnet::of_resource(sight, subject), internet)
}

/// The subnets that stand as blocks in a virtual network.
fn of_network(sight: &Sight<'_>, subject: &Resource, internet: &Internet) -> Vec<Way> {
    match blocks(value(subject, "subnet")) {
        Ok(found) => found
            .into_iter()
            .flat_map(|(index, block)| of_place(sight, &Subnet::of_block(sight, subject, index, block), internet))
            .collect(),
        Err(why) => vec![Way::unknown(&why, vec![place(subject, &["values", "subnet"])])],
    }
}

fn of_place(sight: &Sight<'_>, subnet: &Subnet<'_>, internet: &Internet) -> Vec<Way> {
    let prefixes = subnet.prefixes();
    if subnet.is_reserved() || internet.is_other_zone(&prefixes) {
        return Vec::new();
    }
    let allowed = allowed_by(sight, &subnet.group, &subnet.at, internet);
    let legs = legs_of(sight, subnet, internet);
    let mut ways = combine(std::slice::from_ref(&subnet.at), &allowed, &legs, &of_subnet(sight, subnet), internet);
    past_the_unread(sight, &mut ways, &subnet.at);
    if prefixes.iter().any(|prefix| prefix.contains(':')) {
        ways.push(Way::unknown("its routes for IPv6 are not followed", vec![subnet.at.clone()]));
    }
    ways
}

/// Groups, routes and addresses are tied to a subnet by resources beside it: where some were not read, what is in sight
/// settles neither that a way is open nor that none is.
fn past_the_unread(sight: &Sight<'_>, ways: &mut Vec<Way>, at: &Hop) {
    let Some(why) = sight.unread() else { return };
    ways.retain(|way| way.answer == Answer::Unknown);
    if ways.is_empty() {
        ways.push(Way::unknown(why, vec![at.clone()]));
    }
}

/// A machine's ways through each of its interfaces.
fn of_machine(sight: &Sight<'_>, subject: &Resource, internet: &Internet) -> Vec<Way> {
    let at = place(subject, &["values", "network_interface_ids"]);
    let Some(Value::List(items)) = value(subject, "network_interface_ids") else {
        return vec![Way::unknown("its network interfaces are not known", vec![at])];
    };
    let mut ways = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut at = at.clone();
        at.path.push(Step::Index(index));
        let found = match sight.follow(Some(&item.value), "azurerm_network_interface") {
            Pointer::To(interface) => through(sight, interface, internet),
            Pointer::Absent => Vec::new(),
            Pointer::Beyond(id) => {
                vec![Way::unknown(
                    &format!("its network interface `{id}` is not in the code that was read"),
                    Vec::new(),
                )]
            }
            Pointer::Unknown(why) => {
                vec![Way::unknown(&format!("its network interface is not known: {why}"), Vec::new())]
            }
        };
        ways.extend(found.into_iter().map(|mut way| {
            way.witness.insert(0, at.clone());
            way
        }));
    }
    ways
}

/// An interface's ways: what both its own group and its subnet's let out, by the subnet's routes.
fn through(sight: &Sight<'_>, interface: &Resource, internet: &Internet) -> Vec<Way> {
    let at = place(interface, &["values", "ip_configuration"]);
    let configurations = match blocks(value(interface, "ip_configuration")) {
        Ok(configurations) => configurations,
        Err(why) => return vec![Way::unknown(&why, vec![at])],
    };
    let mut ways = Vec::new();
    for (index, configuration) in configurations {
        let mut at = at.clone();
        at.path.extend([Step::Index(index), Step::Key("subnet_id".to_owned())]);
        let subnet = match sight.follow(set(configuration, "subnet_id"), "azurerm_subnet") {
            Pointer::To(subnet) => Subnet::of_resource(sight, subnet),
            Pointer::Absent => continue,
            Pointer::Beyond(id) => {
                ways.push(Way::unknown(&format!("its subnet `{id}` is not in the code that was read"), vec![at]));
                continue;
            }
            Pointer::Unknown(why) => {
                ways.push(Way::unknown(&format!("its subnet is not known: {why}"), vec![at]));
                continue;
            }
        };
        let own = allowed_by(sight, &own_group(sight, interface), &at, internet);
        let allowed = allowed_by(sight, &subnet.group, &subnet.at, internet).and(&own);
        let outlet = match of_interface(sight, interface) {
            Outlet::Closed => of_subnet(sight, &subnet),
            other => other,
        };
        let mut found =
            combine(std::slice::from_ref(&at), &allowed, &legs_of(sight, &subnet, internet), &outlet, internet);
        past_the_unread(sight, &mut found, &at);
        ways.extend(found);
    }
    ways
}

fn own_group<'a>(sight: &Sight<'a>, interface: &Resource) -> Pointer<'a> {
    let pointing =
        sight.pointing("azurerm_network_interface_security_group_association", "network_interface_id", interface);
    match (pointing.certain.first(), pointing.perhaps.first()) {
        (Some(association), _) => {
            sight.follow(value(association, "network_security_group_id"), "azurerm_network_security_group")
        }
        (None, Some(association)) => Pointer::Unknown(format!("`{}` may be for this interface", association.id.name)),
        (None, None) => Pointer::Absent,
    }
}

/// A cluster's nodes: Azure builds a way out of its own unless the outbound type says that the subnet's holds.
fn of_cluster(sight: &Sight<'_>, subject: &Resource, internet: &Internet) -> Vec<Way> {
    let profile = match blocks(value(subject, "network_profile")) {
        Ok(profiles) => profiles.into_iter().next(),
        Err(why) => return vec![Way::unknown(&why, vec![place(subject, &["values", "network_profile"])])],
    };
    let outbound = profile.and_then(|(_, profile)| set(profile, "outbound_type"));
    let mut at = place(subject, &["values"]);
    if outbound.is_some() {
        at = place(subject, &["values", "network_profile"]);
        at.path.extend([Step::Index(0), Step::Key("outbound_type".to_owned())]);
    }
    match outbound {
        Some(Value::Text(kind)) if matches!(kind.as_ref(), "none" | "block") => Vec::new(),
        Some(Value::Text(kind)) if kind.as_ref() == "userDefinedRouting" => of_nodes(sight, subject, internet),
        None | Some(Value::Text(_)) => vec![Way::open("0.0.0.0/0", "all ports", vec![at])],
        Some(Value::Unknown(unknown)) => vec![Way::unknown(&unknown.why, vec![at])],
        Some(_) => vec![Way::unknown("its outbound type is not of the expected type", vec![at])],
    }
}

fn of_nodes(sight: &Sight<'_>, cluster: &Resource, internet: &Internet) -> Vec<Way> {
    let at = place(cluster, &["values", "default_node_pool"]);
    let subnet = blocks(value(cluster, "default_node_pool")).ok().and_then(|pools| {
        pools.into_iter().next().map(|(_, pool)| sight.follow(set(pool, "vnet_subnet_id"), "azurerm_subnet"))
    });
    let mut ways = match subnet {
        Some(Pointer::To(subnet)) => of_place(sight, &Subnet::of_resource(sight, subnet), internet),
        Some(Pointer::Beyond(id)) => {
            vec![Way::unknown(&format!("its subnet `{id}` is not in the code that was read"), Vec::new())]
        }
        Some(Pointer::Unknown(why)) => vec![Way::unknown(&format!("its subnet is not known: {why}"), Vec::new())],
        Some(Pointer::Absent) | None => vec![Way::unknown("it names no subnet whose routes hold", Vec::new())],
    };
    for way in &mut ways {
        way.witness.insert(0, at.clone());
    }
    ways
}
