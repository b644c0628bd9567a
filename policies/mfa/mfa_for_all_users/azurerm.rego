package mfa.mfa_for_all_users.azurerm

import data.lib.azure_asked_people as people
import data.lib.azure_conditional_access as access
import data.lib.azure_second_factor as second_factor

deny contains finding if {
	is_asked
	not covered
	some finding in second_factor.shortcomings(input.resource, input.parameters.break_glass_accounts)
}

deny contains {"reason": "nobody_is_asked", "facts": {}, "path": ["spec"]} if {
	is_environment
	not covered
	settled
}

undetermined contains {"reason": "policy_unknown", "facts": {"why": gap.why}, "path": gap.path} if {
	is_asked
	not covered
	some gap in people.gaps(input.resource)
}

undetermined contains {"reason": "no_policy_in_sight", "facts": {}, "path": ["spec"]} if {
	is_environment
	not covered
	not settled
}

applies if is_asked

applies if is_environment

# Entra ID is where people sign in unless the description names another place.
is_environment if {
	input.resource.spec
	provider := object.get(input.resource.spec, "identity_provider", {})
	object.get(provider, "platform", "azurerm") == "azurerm"
}

is_asked if {
	access.is_policy(input.resource)
	access.demands_second_factor(input.resource)
}

covered if second_factor.covered(input.parameters.break_glass_accounts)

settled if {
	not second_factor.perhaps_covered(input.parameters.break_glass_accounts)
	"azurerm" in object.get(input.resource.spec, "complete", [])
}
