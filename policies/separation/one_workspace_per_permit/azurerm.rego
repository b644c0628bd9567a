package separation.one_workspace_per_permit.azurerm

import data.lib.azure_permits as permits

label := input.parameters.permit_label

deny contains {"reason": "holds_two_permits", "facts": {"permits": concat(", ", sort(named))}, "path": ["values"]} if {
	input.scope == "project"
	count(named) > 1
}

# It takes two permits to share a place, and what comes from one unknown is one permit.
undetermined contains {"reason": "permit_unknown", "facts": facts, "path": ["values"]} if {
	input.scope == "project"
	count(named) + count({resource.why | some resource in unclear}) > 1
	some resource in unclear
	facts := {"resource": resource.address, "why": resource.why}
}

applies if {
	input.scope == "project"
	count(named) + count(unclear) > 0
}

named := permits.permits(input.resource, label)

unclear := permits.unclear(input.resource, label)
