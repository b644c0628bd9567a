package mfa.strong_mfa_for_administrators.azurerm

import data.lib.azure_conditional_access as access
import data.lib.azure_partners as partners
import data.lib.azure_strengths as strengths
import data.lib.azure_strong_factor as strong

deny contains finding if {
	is_asked
	not covered
	some finding in strong.shortcomings(input.resource)
}

deny contains {"reason": "can_be_phished", "facts": {"combination": combination}, "path": path} if {
	strengths.is_strength(input.resource)
	serves_administrators
	some combination in strengths.weak_combinations(input.resource)
	path := ["values", "allowed_combinations"]
}

deny contains {"reason": "administrators_not_asked", "facts": {}, "path": ["spec"]} if {
	input.resource.spec
	not covered
	settled
}

undetermined contains {"reason": "policy_unknown", "facts": {"why": gap.why}, "path": gap.path} if {
	is_asked
	not covered
	some gap in strong.gaps(input.resource)
}

undetermined contains {"reason": "no_policy_in_sight", "facts": {}, "path": ["spec"]} if {
	input.resource.spec
	not covered
	not settled
}

applies if is_asked

applies if serves_administrators

applies if input.resource.spec

is_asked if {
	access.is_policy(input.resource)
	strong.about_administrators(input.resource)
}

serves_administrators if {
	some policy in policies
	strong.about_administrators(policy)
	partners.points(access.strength(policy).value, input.resource)
}

covered if strong.enough(policies)

settled if strong.settled(policies, input.resource)

policies := partners.of(access.kind)
