# Which Azure resources are log stores, and what shares their resource group.
#
# Log stores are the targets of diagnostic settings, and what the description names as one.
package lib.azure_log_stores

import data.lib.azure_partners as partners
import data.lib.known

is_store(resource) if count(sources(resource)) > 0

is_store(resource) if {
	some environment in data.environment["speguard/Environment"][""]
	some store in environment.spec.log_stores
	store.resource == resource.address
}

is_archive(resource) if {
	resource.type == "azurerm_storage_account"
	is_store(resource)
}

# Resources whose logs end here.
sources(store) := [{"kind": kind, "address": address} |
	some kind, by_namespace in data.reach.logs
	some address, ways in by_namespace[""]
	some way in ways
	way.to == store.address
]

# Resources in the group of a store whose logs it keeps: whoever administers them can delete their traces. Other
# stores may lie beside it.
neighbours(store) := [source.address |
	some source in sources(store)
	resource := data.environment[source.kind][""][source.address]
	same(group(store), group(resource))
	not is_store(resource)
]

group(resource) := object.get(object.get(resource, "values", {}), "resource_group_name", null)

same(one, other) if {
	is_string(one)
	one == other
}

same(one, other) if {
	is_object(one)
	is_object(other)
	count(one["$refers"]) == 1
	one["$refers"] == other["$refers"]
	not one["$any"]
}

# A role assignment of the store's own sets other people over it.
guarded(store) if count(partners.pointing("azurerm_role_assignment", "scope", store)) > 0

perhaps_guarded(store) if count(partners.perhaps("azurerm_role_assignment", "scope", store)) > 0

# Why it cannot be told whether the store stands apart.
separation_doubts(store) := set() if guarded(store)

separation_doubts(store) := unknown_group(store) | unknown_scope(store) if not guarded(store)

unknown_group(store) := {known.why(group(store)) |
	some source in sources(store)
	group(data.environment[source.kind][""][source.address]) != null
	known.is_unknown(group(store))
	count(object.get(group(store), "$refers", [])) == 0
}

unknown_scope(store) := {"a role assignment in sight points at something unknown" |
	perhaps_guarded(store)
	count(neighbours(store)) > 0
}
