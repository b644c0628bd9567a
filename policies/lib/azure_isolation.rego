# What keeps an Azure network from denying by default, and what keeps from telling.
package lib.azure_isolation

import data.lib.azure
import data.lib.azure_default_deny as groups
import data.lib.azure_security_rules as rules
import data.lib.azure_subnet_groups as subnet_groups
import data.lib.azure_subnets as subnets

network_policy := {
	"block": "network_profile",
	"attribute": "network_policy",
	"good": ["azure", "calico", "cilium"],
	"absent": "bad",
}

is_group(resource) if resource.type == "azurerm_network_security_group"

# A rule is judged with its group where that is in sight.
is_rule_alone(resource) if {
	resource.type == rules.kind
	not rules.has_group(resource)
}

# Rules that let everybody in or out: {direction, path, at?}.
everybody_allowed(resource) := [object.union(object.remove(found.rule, ["value"]), {"direction": found.direction}) |
	some found in groups.cancelling(resource)
] if {
	is_group(resource)
}

everybody_allowed(resource) := [{"direction": direction, "path": ["values"]} |
	some direction in groups.directions
	groups.lets_everybody({"value": resource.values}, direction)
] if {
	is_rule_alone(resource)
}

everybody_allowed(resource) := [] if {
	not is_group(resource)
	not is_rule_alone(resource)
}

policy_readings(resource) := [] if resource.type != "azurerm_kubernetes_cluster"

policy_readings(resource) := azure.readings(resource.values, network_policy) if {
	resource.type == "azurerm_kubernetes_cluster"
}

# {why, path, at?}
doubts(resource) := array.concat(
	subnet_groups.doubts(resource),
	array.concat(
		[doubt | is_group(resource); some doubt in groups.doubts(resource)],
		[{"why": azure.why(reading.value), "path": reading.path} |
			some reading in policy_readings(resource)
			azure.unsure(reading.value, network_policy)
		],
	),
)

concerns(resource) if is_group(resource)

concerns(resource) if is_rule_alone(resource)

concerns(resource) if count(policy_readings(resource)) > 0

concerns(resource) if count(subnets.workload(resource)) > 0
