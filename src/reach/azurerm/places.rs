//! Subnets, whether they are resources of their own or blocks of a virtual network.
use super::sight::{Pointer, Sight, set, value};
use crate::model::{Hop, Map, Resource, Step, Value};

/// Subnets that Azure reserves for its own appliances: no workload can be placed in them.
/// Source: Azure's documentation of each service.
const RESERVED: &[&str] = &[
    "GatewaySubnet",
    "AzureFirewallSubnet",
    "AzureFirewallManagementSubnet",
    "AzureBastionSubnet",
    "RouteServerSubnet",
];

/// A subnet with what decides on its way out.
#[derive(Debug)]
pub(super) struct Subnet<'a> {
    /// The subnet's resource, or the virtual network that it is a block of.
    pub(super) resource: &'a Resource,
    /// Where it stands in it.
    pub(super) at: Hop,
    pub(super) name: Option<&'a str>,
    pub(super) group: Pointer<'a>,
    pub(super) table: Pointer<'a>,
    /// The gateway's association, or why it cannot be told whether there is one.
    pub(super) gateway: Result<Option<Hop>, String>,
    pub(super) default_outbound: Option<&'a Value>,
    pub(super) network: Option<&'a Value>,
    prefixes: Option<&'a Value>,
}

impl<'a> Subnet<'a> {
    /// A subnet that is a resource: its partners point at it.
    pub(super) fn of_resource(sight: &Sight<'a>, resource: &'a Resource) -> Self {
        let partner = |association: &str, attribute: &str, kind: &str| {
            let pointing = sight.pointing(association, "subnet_id", resource);
            match (pointing.certain.first(), pointing.perhaps.first()) {
                (Some(association), _) => sight.follow(value(association, attribute), kind),
                (None, Some(association)) => {
                    Pointer::Unknown(format!("`{}` may be for this subnet", association.id.name))
                }
                (None, None) => Pointer::Absent,
            }
        };
        Self {
            resource,
            at: Hop { resource: resource.id.clone(), path: vec![Step::Key("values".to_owned())] },
            name: value(resource, "name").and_then(Value::as_text),
            group: partner(
                "azurerm_subnet_network_security_group_association",
                "network_security_group_id",
                "azurerm_network_security_group",
            ),
            table: partner("azurerm_subnet_route_table_association", "route_table_id", "azurerm_route_table"),
            gateway: gateway(sight, resource),
            default_outbound: value(resource, "default_outbound_access_enabled"),
            network: value(resource, "virtual_network_name"),
            prefixes: value(resource, "address_prefixes"),
        }
    }

    /// A block of a virtual network: it names its partners itself, and has no NAT gateway.
    pub(super) fn of_block(sight: &Sight<'a>, network: &'a Resource, index: usize, block: &'a Map) -> Self {
        let keys = [Step::Key("values".to_owned()), Step::Key("subnet".to_owned()), Step::Index(index)];
        Self {
            resource: network,
            at: Hop { resource: network.id.clone(), path: keys.to_vec() },
            name: set(block, "name").and_then(Value::as_text),
            group: sight.follow(set(block, "security_group"), "azurerm_network_security_group"),
            table: sight.follow(set(block, "route_table_id"), "azurerm_route_table"),
            gateway: Ok(None),
            default_outbound: set(block, "default_outbound_access_enabled"),
            network: value(network, "name"),
            prefixes: set(block, "address_prefixes"),
        }
    }

    /// Whether Azure reserves the subnet for an appliance of its own.
    pub(super) fn is_reserved(&self) -> bool {
        self.name.is_some_and(|name| RESERVED.contains(&name))
    }

    /// Its prefixes as far as they are known; none where one is not.
    pub(super) fn prefixes(&self) -> Vec<&'a str> {
        let items = self.prefixes.and_then(Value::as_list).unwrap_or_default();
        items.iter().map(|item| item.value.as_text()).collect::<Option<Vec<_>>>().unwrap_or_default()
    }
}

fn gateway(sight: &Sight<'_>, subnet: &Resource) -> Result<Option<Hop>, String> {
    let pointing = sight.pointing("azurerm_subnet_nat_gateway_association", "subnet_id", subnet);
    let hop = |association: &&Resource| Hop {
        resource: association.id.clone(),
        path: vec![Step::Key("values".to_owned()), Step::Key("subnet_id".to_owned())],
    };
    match (pointing.certain.first(), pointing.perhaps.first()) {
        (Some(association), _) => Ok(Some(hop(association))),
        (None, Some(association)) => Err(format!("`{}` may give this subnet a NAT gateway", association.id.name)),
        (None, None) => Ok(None),
    }
}
