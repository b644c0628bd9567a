# Which networks an Azure store answers: its own firewall, in a block or in a resource beside it. Only asked where the
# public endpoint is on for certain: without one there is nothing to answer.
package lib.azure_firewall

import data.lib.azure
import data.lib.azure_partners as partners

blocks := {"azurerm_storage_account": "network_rules", "azurerm_key_vault": "network_acls"}

beside := "azurerm_storage_account_network_rules"

injectable := {"azurerm_postgresql_flexible_server", "azurerm_mysql_flexible_server"}

setting := {"attribute": "default_action", "good": ["Deny"], "absent": "bad"}

# Places, {path, at?}, that let every network in.
open_to_all(resource) := [place |
	some reading in readings(resource)
	azure.bad(reading.value, setting)
	place := object.remove(reading, ["value"])
]

# {path, why, at?}: what keeps from telling.
doubts(resource) := array.concat(unsure(resource), lost(resource))

unsure(resource) := [object.union(object.remove(reading, ["value"]), {"why": azure.why(reading.value)}) |
	some reading in readings(resource)
	azure.unsure(reading.value, setting)
]

lost(resource) := [{"path": ["values", "delegated_subnet_id"], "why": azure.why(subnet)} |
	resource.type in injectable
	not closed(resource)
	subnet := resource.values.delegated_subnet_id
	not partners.holds(subnet)
]

closed(database) if azure.plain(database.values.public_network_access_enabled) == false

closed(database) if database.values.public_network_access == "Disabled"

# A database inside a subnet of one's own has no public endpoint, whatever the switch says.
injected(resource) if {
	resource.type in injectable
	object.get(resource.values, "delegated_subnet_id", null) != null
}

readings(resource) := [] if {
	not asked(resource)
	not is_alone(resource)
}

readings(resource) := azure.readings(resource.values, object.union(setting, {"block": blocks[resource.type]})) if {
	asked(resource)
	not stands_beside(resource)
}

readings(resource) := array.concat(certain(resource), uncertain(resource)) if {
	asked(resource)
	stands_beside(resource)
}

readings(rules) := azure.readings(rules.values, setting) if is_alone(rules)

is_alone(rules) if {
	rules.type == beside
	not judged_elsewhere(rules)
}

judged_elsewhere(rules) if {
	rules.type == beside
	count(partners.named("azurerm_storage_account", object.get(rules.values, "storage_account_id", null))) > 0
}

asked(resource) if {
	blocks[resource.type]
	azure.plain(object.get(resource.values, "public_network_access_enabled", true)) == true
}

# Network rules in a resource of their own, where the account has none in itself.
stands_beside(resource) if {
	resource.type == "azurerm_storage_account"
	count(azure.blocks(resource.values, "network_rules")) == 0
	count(array.concat(certain(resource), uncertain(resource))) > 0
}

certain(account) := [object.union(reading, {"at": [beside, "", rules.address]}) |
	some rules in partners.pointing(beside, "storage_account_id", account)
	some reading in azure.readings(rules.values, setting)
]

uncertain(account) := [{"value": {"$unknown": why}, "path": ["values"]} |
	count(partners.pointing(beside, "storage_account_id", account)) == 0
	some rules in partners.perhaps(beside, "storage_account_id", account)
	why := "network rules that may be those of this account point at something unknown"
]
