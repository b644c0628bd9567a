# Azure subnets: resources of their own, or blocks of a virtual network.
package lib.azure_subnets

import data.lib.azure

# Reserved by Azure for its own appliances: no workload can be placed in them (src/reach/azurerm/places.rs).
reserved := {
	"AzureBastionSubnet", "AzureFirewallManagementSubnet", "AzureFirewallSubnet",
	"GatewaySubnet", "RouteServerSubnet",
}

# {value, path} of every subnet in a resource that can hold a workload.
workload(resource) := [{"value": resource.values, "path": ["values"]} |
	not is_reserved(resource.values)
] if {
	resource.type == "azurerm_subnet"
}

workload(resource) := [subnet |
	some subnet in azure.blocks(resource.values, "subnet")
	not is_reserved(subnet.value)
] if {
	resource.type == "azurerm_virtual_network"
}

workload(resource) := [] if not resource.type in {"azurerm_subnet", "azurerm_virtual_network"}

is_reserved(subnet) if subnet.name in reserved
