# Which data permits the tags of Azure resources name, by the group or subnet that the resources lie in.
package lib.azure_permits

import data.lib.azure
import data.lib.azure_partners as partners
import data.lib.known

# Kinds that hold data or work on it.
in_groups := [
	"azurerm_container_registry", "azurerm_cosmosdb_account", "azurerm_data_factory", "azurerm_databricks_workspace",
	"azurerm_key_vault", "azurerm_kubernetes_cluster", "azurerm_linux_virtual_machine", "azurerm_linux_web_app",
	"azurerm_machine_learning_workspace", "azurerm_managed_disk", "azurerm_mssql_server",
	"azurerm_mysql_flexible_server", "azurerm_network_interface", "azurerm_postgresql_flexible_server",
	"azurerm_private_endpoint", "azurerm_storage_account", "azurerm_virtual_network", "azurerm_windows_virtual_machine",
]

# Kinds that lie in a subnet, with where they name it.
in_subnets := {
	"azurerm_kubernetes_cluster": {"block": "default_node_pool", "attribute": "vnet_subnet_id"},
	"azurerm_network_interface": {"block": "ip_configuration", "attribute": "subnet_id"},
	"azurerm_private_endpoint": {"attribute": "subnet_id"},
}

# The resources of a group (its own tags count too) or of a subnet.
members(holder) := array.concat([holder], [resource |
	some kind in in_groups
	some resource in partners.of(kind)
	in_group(partners.read(resource, "resource_group_name"), holder)
]) if {
	holder.type == "azurerm_resource_group"
}

members(holder) := [resource |
	some kind, setting in in_subnets
	some resource in partners.of(kind)
	some reading in azure.readings(resource.values, setting)
	partners.points(reading.value, holder)
] if {
	holder.type == "azurerm_subnet"
}

in_group(value, group) if partners.points(value, group)

in_group(value, group) if {
	is_string(value)
	value == group.values.name
}

# Permits that tags name. Tags may not hold a slash, so `permit_id` stands for the label.
permits(holder, label) := {permit |
	some resource in members(holder)
	some permit in tags(resource, label)
	is_string(permit)
}

tags(resource, label) := [permit |
	some key in [label, "permit_id"]
	permit := azure.plain(object.get(held(resource), key, null))
	permit != null
]

held(resource) := tags if {
	tags := object.get(object.get(resource, "values", {}), "tags", null)
	is_object(tags)
	not known.is_unknown(tags)
}

held(resource) := {} if not is_object(object.get(object.get(resource, "values", {}), "tags", null))

held(resource) := {"permit_id": tags} if {
	tags := object.get(object.get(resource, "values", {}), "tags", null)
	known.is_unknown(tags)
}

# Resources of which it cannot be told which permit they are tagged with.
unclear(holder, label) := [{"address": resource.address, "why": known.why(permit)} |
	some resource in members(holder)
	some permit in tags(resource, label)
	not is_string(permit)
]
