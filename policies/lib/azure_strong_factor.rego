# Whether a conditional-access policy asks administrators for a factor that cannot be phished.
package lib.azure_strong_factor

import data.lib.azure_access_places as places
import data.lib.azure_conditional_access as access
import data.lib.azure_second_factor as second_factor
import data.lib.azure_strengths as strengths
import data.lib.known

# Global Administrator, by the id of its template: who holds it can take every other role.
global_administrator := "62e90394-69f5-4237-9190-012177145e10"

# Whether a policy is about administrators: it names roles.
about_administrators(policy) if count(access.list(policy, places.users, "included_roles")) > 0

# {reason, facts, path, at?}
shortcomings(policy) := second_factor.state(policy) | (roles(policy) | strength(policy))

roles(policy) := {{"reason": "administrators_left_out", "facts": {}, "path": path} |
	included := access.list(policy, places.users, "included_roles")
	not global_administrator in included
	not "All" in access.list(policy, places.users, "included_users")
	count([role | some role in included; not is_string(role)]) == 0
	path := access.read(policy, places.users, "included_roles").path
}

strength(policy) := {{"reason": "not_phishing_resistant", "facts": {}, "path": reading.path} |
	reading := access.strength(policy)
	strengths.is_weak(reading.value)
}

# {why, path}: what keeps from telling.
gaps(policy) := places.gaps(policy) | (unknown_roles(policy) | unknown_strength(policy))

unknown_roles(policy) := {{"why": known.why(role), "path": access.read(policy, places.users, "included_roles").path} |
	included := access.list(policy, places.users, "included_roles")
	not global_administrator in included
	some role in included
	not is_string(role)
}

unknown_strength(policy) := {{"why": why, "path": reading.path} |
	reading := access.strength(policy)
	not strengths.is_weak(reading.value)
	not strengths.is_strong(reading.value)
	why := "the strength it names is not in the code that was read, or not known"
}

enough(policies) if {
	some policy in policies
	about_administrators(policy)
	count(shortcomings(policy)) == 0
	count(gaps(policy)) == 0
}

perhaps_enough(policies) if {
	some policy in policies
	count(shortcomings(policy)) == 0
	count(gaps(policy)) > 0
}

# Whether what was read is all there is, and none of it may be enough.
settled(policies, environment) if {
	not perhaps_enough(policies)
	"azurerm" in object.get(environment.spec, "complete", [])
}
