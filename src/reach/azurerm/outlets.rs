//! Whether a machine has an address on the internet to send from.
use super::{
    places::Subnet,
    sight::{Pointer, Sight, blocks, points, set, value},
};
use crate::model::{Hop, Map, Resource, Step, Value};

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
    behind_balancer(sight, interface)
}

/// An outbound rule of the pool opens, and so does a rule for what comes in by a public address, unless its own
/// translation of addresses is turned off (provider: on where not set).
fn behind_balancer(sight: &Sight<'_>, interface: &Resource) -> Outlet {
    let associations =
        sight.pointing("azurerm_network_interface_backend_address_pool_association", "network_interface_id", interface);
    let mut doubt = None;
    for association in associations.certain {
        let pool = value(association, "backend_address_pool_id");
        let Pointer::To(pool) = sight.follow(pool, "azurerm_lb_backend_address_pool") else { continue };
        let outbound = sight.pointing("azurerm_lb_outbound_rule", "backend_address_pool_id", pool);
        if let Some(rule) = outbound.certain.first() {
            let path = vec![Step::Key("values".to_owned()), Step::Key("backend_address_pool_id".to_owned())];
            return Outlet::Open(Hop { resource: rule.id.clone(), path });
        }
        for rule in sight.all("azurerm_lb_rule").iter().filter(|rule| serves(rule, pool)) {
            match by_rule(sight, rule) {
                open @ Outlet::Open(_) => return open,
                unknown @ Outlet::Unknown(..) => doubt = Some(unknown),
                Outlet::Closed => {}
            }
        }
    }
    doubt.unwrap_or(Outlet::Closed)
}

fn serves(rule: &Resource, pool: &Resource) -> bool {
    match value(rule, "backend_address_pool_ids") {
        Some(Value::List(items)) => items.iter().any(|item| points(Some(&item.value), pool)),
        other => points(other, pool),
    }
}

/// What a rule of a load balancer gives those behind it.
fn by_rule(sight: &Sight<'_>, rule: &Resource) -> Outlet {
    let at = |keys: &[&str]| Hop {
        resource: rule.id.clone(),
        path: keys.iter().map(|key| Step::Key((*key).to_owned())).collect(),
    };
    match value(rule, "disable_outbound_snat") {
        Some(Value::Bool(true)) => return Outlet::Closed,
        Some(Value::Unknown(unknown)) => {
            return Outlet::Unknown(unknown.why.clone(), at(&["values", "disable_outbound_snat"]));
        }
        _ => {}
    }
    let balancer = at(&["values", "loadbalancer_id"]);
    let frontends = match sight.follow(value(rule, "loadbalancer_id"), "azurerm_lb") {
        Pointer::To(balancer) => blocks(value(balancer, "frontend_ip_configuration")),
        Pointer::Absent => return Outlet::Closed,
        Pointer::Beyond(id) => Err(format!("its load balancer `{id}` is not in the code that was read")),
        Pointer::Unknown(why) => Err(why),
    };
    let frontends = match frontends {
        Ok(frontends) => frontends,
        Err(why) => return Outlet::Unknown(why, balancer),
    };
    let named = value(rule, "frontend_ip_configuration_name").and_then(Value::as_text);
    let is_its_own = |frontend: &Map| {
        let name = set(frontend, "name").and_then(Value::as_text);
        named.is_none() || name.is_none() || name == named
    };
    let public = |frontend: &Map| {
        set(frontend, "public_ip_address_id").or_else(|| set(frontend, "public_ip_prefix_id")).is_some()
    };
    let is_public = frontends.iter().any(|(_, frontend)| is_its_own(frontend) && public(frontend));
    if is_public { Outlet::Open(at(&["values"])) } else { Outlet::Closed }
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
