# Which networks an Azure store answers: its own firewall, in a block or in a resource beside it. Only asked where the
# public endpoint is on for certain: without one there is nothing to answer.
package lib.azure_firewall

import data.lib.azure
import data.lib.azure_injected as injected
import data.lib.azure_partners as partners

blocks := {"azurerm_storage_account": "network_rules", "azurerm_key_vault": "network_acls"}

beside := "azurerm_storage_account_network_rules"

setting := {"attribute": "default_action", "good": ["Deny"], "absent": "bad"}

# Places, {reason, path, at?}, that let every network in.
open_to_all(resource) := [object.union(object.remove(reading, ["value"]), {"reason": reason}) |
	some reading in readings(resource)
	azure.bad(reading.value, setting)
	reason := shortcoming(resource, reading)
]

# A storage account without rules in it may have them in a resource beside it.
shortcoming(resource, reading) := "no_network_rules" if without_rules(resource, reading)

shortcoming(resource, reading) := "open_to_all_networks" if not without_rules(resource, reading)

without_rules(resource, reading) if {
	resource.type == "azurerm_storage_account"
	reading.path == ["values"]
	not reading.at
}

# {path, why, at?}: what keeps from telling.
doubts(resource) := array.concat(unsure(resource), injected.doubts(resource))

unsure(resource) := [object.union(object.remove(reading, ["value"]), {"why": azure.why(reading.value)}) |
	some reading in readings(resource)
	azure.unsure(reading.value, setting)
]

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
