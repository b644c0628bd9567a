# Which Azure subnets have a network security group.
package lib.azure_subnet_groups

import data.lib.azure
import data.lib.azure_partners as partners
import data.lib.azure_subnets as subnets

association := "azurerm_subnet_network_security_group_association"

interface_association := "azurerm_network_interface_security_group_association"

# Paths of subnets that no group holds for.
without(resource) := [subnet.path |
	some subnet in subnets.workload(resource)
	count(groups(resource, subnet)) == 0
	count(perhaps(resource, subnet)) == 0
	not each_interface_has_one(resource)
]

# {path, why} of subnets of which that cannot be told.
doubts(resource) := [{"path": subnet.path, "why": why} |
	some subnet in subnets.workload(resource)
	count(groups(resource, subnet)) == 0
	some why in perhaps(resource, subnet)
]

groups(resource, _) := partners.pointing(association, "subnet_id", resource) if resource.type == "azurerm_subnet"

groups(resource, subnet) := [value |
	value := azure.reading(subnet.value, "security_group", []).value
	partners.holds(value)
] if {
	resource.type != "azurerm_subnet"
}

perhaps(resource, _) := {"an association in sight points at something unknown" |
	count(partners.perhaps(association, "subnet_id", resource)) > 0
} if {
	resource.type == "azurerm_subnet"
}

perhaps(resource, subnet) := {azure.why(value) |
	value := azure.reading(subnet.value, "security_group", []).value
	value != null
	value != ""
	not partners.holds(value)
} if {
	resource.type != "azurerm_subnet"
}

# A group on every interface does as well, where there are any.
each_interface_has_one(subnet) if {
	inside := interfaces(subnet)
	count(inside) > 0
	every interface in inside {
		count(partners.pointing(interface_association, "network_interface_id", interface)) > 0
	}
}

interfaces(subnet) := [interface |
	some interface in partners.of("azurerm_network_interface")
	some configuration in azure.blocks(interface.values, "ip_configuration")
	partners.points(configuration.value.subnet_id, subnet)
]
