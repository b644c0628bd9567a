package network.default_deny.azurerm

import data.lib.azure
import data.lib.azure_default_deny as groups
import data.lib.azure_isolation as isolation
import data.lib.azure_subnet_groups as subnet_groups

deny contains {"reason": "subnet_without_group", "facts": {}, "path": path} if {
	some path in subnet_groups.without(input.resource)
}

deny contains {"reason": "group_does_not_deny", "facts": {"direction": direction}, "path": ["values"]} if {
	isolation.is_group(input.resource)
	some direction in groups.open(input.resource)
}

deny contains object.union({"reason": "everybody_allowed", "facts": facts}, place) if {
	some found in isolation.everybody_allowed(input.resource)
	facts := {"direction": found.direction}
	place := object.remove(found, ["direction"])
}

deny contains {"reason": "no_network_policy", "facts": {}, "path": reading.path} if {
	some reading in isolation.policy_readings(input.resource)
	azure.bad(reading.value, isolation.network_policy)
}

undetermined contains object.union({"reason": "isolation_unknown", "facts": facts}, place) if {
	some doubt in isolation.doubts(input.resource)
	facts := {"why": doubt.why}
	place := object.remove(doubt, ["why"])
}

applies if isolation.concerns(input.resource)
