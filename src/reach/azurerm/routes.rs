//! Where a route table sends traffic for the internet: the longest prefix that matches decides.
use super::sight::{Sight, blocks, set, value};
use crate::model::{Hop, Map, Resource, Step, Value};
use crate::reach::networks::Addresses;

/// Where packets go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nowhere, or no further than the virtual network.
    Closed,
    /// To the internet, where the sender has an address there.
    Internet,
    /// To something whose own rules decide; why that is not known.
    Unknown(String),
}

/// Addresses, where packets for them go, and the place that says so.
pub(super) type Leg = (Addresses, Next, Option<Hop>);

/// The legs of a route table over the internet. `None` = no table, so Azure's default route to the internet.
pub(super) fn legs(sight: &Sight<'_>, table: Option<&Resource>, internet: &Addresses) -> Vec<Leg> {
    let Some(table) = table else {
        return vec![(internet.clone(), Next::Internet, None)];
    };
    let whole = Hop { resource: table.id.clone(), path: vec![Step::Key("values".to_owned())] };
    let mut routes = match routes(sight, table) {
        Ok(routes) => routes,
        Err(why) => return vec![(internet.clone(), Next::Unknown(why), Some(whole))],
    };
    routes.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
    let mut undecided = internet.clone();
    let mut legs = Vec::new();
    for (_, addresses, next, at) in routes {
        let common = addresses.intersection(&undecided);
        undecided = undecided.difference(&addresses);
        if !common.is_empty() {
            legs.push((common, next, Some(at)));
        }
    }
    if !undecided.is_empty() {
        legs.push((undecided, Next::Internet, None));
    }
    legs
}

/// Prefix length, addresses, next hop and place of every route with a range; an error where one cannot be read.
fn routes(sight: &Sight<'_>, table: &Resource) -> Result<Vec<(u8, Addresses, Next, Hop)>, String> {
    let apart = sight.pointing("azurerm_route", "route_table_name", table);
    if let Some(route) = apart.perhaps.first() {
        return Err(format!("`{}` may be a route of this table", route.id.name));
    }
    let mut found = Vec::new();
    for (index, block) in blocks(value(table, "route"))? {
        let path = vec![Step::Key("values".to_owned()), Step::Key("route".to_owned()), Step::Index(index)];
        found.extend(route(block, Hop { resource: table.id.clone(), path })?);
    }
    for resource in &apart.certain {
        let at = Hop { resource: resource.id.clone(), path: vec![Step::Key("values".to_owned())] };
        match resource.body.get("values") {
            Some(Value::Map(values)) => found.extend(route(values, at)?),
            _ => return Err("a route cannot be read".to_owned()),
        }
    }
    Ok(found)
}

/// One route. `None` for a service tag: what it takes from the default route cannot be told in addresses, and
/// Microsoft's services are not the open internet.
fn route(route: &Map, at: Hop) -> Result<Option<(u8, Addresses, Next, Hop)>, String> {
    let prefix = match set(route, "address_prefix") {
        Some(Value::Text(text)) => text,
        Some(Value::Unknown(unknown)) => return Err(unknown.why.clone()),
        _ => return Err("a route's prefix cannot be read".to_owned()),
    };
    let Ok(addresses) = Addresses::parse(prefix) else {
        return Ok(None);
    };
    let length = prefix.split_once('/').and_then(|(_, length)| length.parse().ok()).unwrap_or(u8::MAX);
    let next = match set(route, "next_hop_type") {
        Some(Value::Text(text)) => next(text, set(route, "next_hop_in_ip_address")),
        Some(Value::Unknown(unknown)) => Next::Unknown(unknown.why.clone()),
        _ => Next::Unknown("the route's next hop cannot be read".to_owned()),
    };
    Ok(Some((length, addresses, next, at)))
}

fn next(kind: &str, address: Option<&Value>) -> Next {
    match kind {
        "None" | "VnetLocal" => Next::Closed,
        "Internet" => Next::Internet,
        "VirtualAppliance" => match address.and_then(Value::as_text) {
            Some(address) => {
                Next::Unknown(format!("its route leads to the appliance {address}, and the firewall's rules decide"))
            }
            None => Next::Unknown("its route leads to an appliance, and the firewall's rules decide".to_owned()),
        },
        "VirtualNetworkGateway" => {
            Next::Unknown("its route leads to a gateway, and the network behind it decides".to_owned())
        }
        other => Next::Unknown(format!("the next hop `{other}` is not known")),
    }
}
