package separation.one_workspace_per_permit.azurerm

import data.lib.azure_permits as permits

label := input.parameters.permit_label

deny contains {"reason": "holds_two_permits", "facts": {"permits": concat(", ", sort(named))}, "path": ["values"]} if {
	input.scope == "project"
	count(named) > 1
}

# One resource whose permit is unknown is no doubt by itself: it takes two to share a place.
undetermined contains {"reason": "permit_unknown", "facts": facts, "path": ["values"]} if {
	input.scope == "project"
	count(named) + count(unclear) > 1
	some resource in unclear
	facts := {"resource": resource.address, "why": resource.why}
}

applies if {
	input.scope == "project"
	count(named) + count(unclear) > 0
}

named := permits.permits(input.resource, label)

unclear := permits.unclear(input.resource, label)
