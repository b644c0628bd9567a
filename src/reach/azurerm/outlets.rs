//! Whether a machine has an address on the internet to send from.
use super::{
    places::Subnet,
    sight::{Pointer, Sight, blocks, points, set, value},
};
use crate::model::{Hop, Resource, Step, Value};

/// Whether and by what packets for the internet get an address there.
#[derive(Clone, Debug)]
pub(super) enum Outlet {
    Open(Hop),
    Closed,
    Unknown(String, Hop),
}

/// What a subnet gives to everything in it: a NAT gateway, a machine's public address or load balancer, or Azure's
/// default outbound access.
pub(super) fn of_subnet(sight: &Sight<'_>, subnet: &Subnet<'_>) -> Outlet {
    match &subnet.gateway {
        Ok(Some(hop)) => return Outlet::Open(hop.clone()),
        Err(why) => return Outlet::Unknown(why.clone(), subnet.at.clone()),
        Ok(None) => {}
    }
    let mut doubt = None;
    for interface in interfaces_in(sight, subnet) {
        match of_interface(sight, interface) {
            open @ Outlet::Open(_) => return open,
            unknown @ Outlet::Unknown(..) => doubt = Some(unknown),
            Outlet::Closed => {}
        }
    }
    by_default(subnet, doubt)
}

/// Default outbound access gives an address that nobody named, unless it is turned off (provider: true where not set).
fn by_default(subnet: &Subnet<'_>, doubt: Option<Outlet>) -> Outlet {
    let mut at = subnet.at.clone();
    if subnet.default_outbound.is_some() {
        at.path.push(Step::Key("default_outbound_access_enabled".to_owned()));
    }
    match subnet.default_outbound {
        Some(Value::Bool(false)) => doubt.unwrap_or(Outlet::Closed),
        Some(Value::Unknown(unknown)) => Outlet::Unknown(unknown.why.clone(), at),
        None | Some(_) => Outlet::Open(at),
    }
}

/// What an interface has of its own: a public address, or a place behind a load balancer's outbound rule.
pub(super) fn of_interface(sight: &Sight<'_>, interface: &Resource) -> Outlet {
    let step = |text: &str| Step::Key(text.to_owned());
    let whole = Hop { resource: interface.id.clone(), path: vec![step("values")] };
    let configurations = match blocks(value(interface, "ip_configuration")) {
        Ok(configurations) => configurations,
        Err(why) => return Outlet::Unknown(why, whole),
    };
    for (index, configuration) in configurations {
        let path = vec![step("values"), step("ip_configuration"), Step::Index(index), step("public_ip_address_id")];
        let at = Hop { resource: interface.id.clone(), path };
        match sight.follow(set(configuration, "public_ip_address_id"), "azurerm_public_ip") {
            Pointer::Absent => {}
            Pointer::To(_) | Pointer::Beyond(_) => return Outlet::Open(at),
            Pointer::Unknown(why) => return Outlet::Unknown(why, at),
        }
    }
    behind_balancer(sight, interface).map_or(Outlet::Closed, Outlet::Open)
}

fn behind_balancer(sight: &Sight<'_>, interface: &Resource) -> Option<Hop> {
    let associations =
        sight.pointing("azurerm_network_interface_backend_address_pool_association", "network_interface_id", interface);
    associations.certain.into_iter().find_map(|association| {
        let pool = value(association, "backend_address_pool_id");
        let Pointer::To(pool) = sight.follow(pool, "azurerm_lb_backend_address_pool") else {
            return None;
        };
        let rules = sight.pointing("azurerm_lb_outbound_rule", "backend_address_pool_id", pool);
        let path = vec![Step::Key("values".to_owned()), Step::Key("backend_address_pool_id".to_owned())];
        rules.certain.first().map(|rule| Hop { resource: rule.id.clone(), path })
    })
}

/// Interfaces of which some configuration lies in a subnet. Blocks of a virtual network are named by no pointer.
fn interfaces_in<'a>(sight: &Sight<'a>, subnet: &Subnet<'_>) -> Vec<&'a Resource> {
    if subnet.resource.id.kind.as_ref() != "azurerm_subnet" {
        return Vec::new();
    }
    let lies_in = |interface: &&&Resource| {
        blocks(value(interface, "ip_configuration")).is_ok_and(|configurations| {
            configurations.iter().any(|(_, block)| points(set(block, "subnet_id"), subnet.resource))
        })
    };
    sight.all("azurerm_network_interface").iter().filter(lies_in).copied().collect()
}
