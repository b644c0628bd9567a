# Databases that stand inside a subnet of one's own.
package lib.azure_injected

import data.lib.azure
import data.lib.azure_partners as partners

injectable := {"azurerm_postgresql_flexible_server", "azurerm_mysql_flexible_server"}

# Such a database has no public endpoint, whatever the switch says.
inside(resource) if {
	resource.type in injectable
	object.get(resource.values, "delegated_subnet_id", null) != null
}

# {path, why}: of which that cannot be told.
doubts(resource) := [{"path": ["values", "delegated_subnet_id"], "why": azure.why(subnet)} |
	resource.type in injectable
	not closed(resource)
	subnet := resource.values.delegated_subnet_id
	not partners.holds(subnet)
]

closed(database) if azure.plain(database.values.public_network_access_enabled) == false

closed(database) if database.values.public_network_access == "Disabled"
