# Whether a conditional-access policy asks administrators for a factor that cannot be phished.
package lib.azure_strong_factor

import data.lib.azure_access_places as places
import data.lib.azure_conditional_access as access
import data.lib.azure_partners as partners
import data.lib.azure_second_factor as second_factor
import data.lib.known

kind := "azuread_authentication_strength_policy"

# Factors that are bound to the site they are used on (Microsoft's documentation, "authentication strengths").
resistant := {"fido2", "windowsHelloForBusiness", "x509CertificateMultiFactor"}

# The strength "phishing-resistant MFA" that every tenant has.
built_in := "00000000-0000-0000-0000-000000000004"

# The other two that every tenant has: any second factor, and any without a password.
weaker := ["00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000003"]

# Global Administrator, by the id of its template; who holds it can give himself every other role.
global_administrator := "62e90394-69f5-4237-9190-012177145e10"

# Whether a policy is about administrators: it names roles.
about_administrators(policy) if count(access.list(policy, places.users, "included_roles")) > 0

# {reason, facts, path, at?}
shortcomings(policy) := second_factor.state(policy) | (roles(policy) | strength(policy))

roles(policy) := {{"reason": "administrators_left_out", "facts": {}, "path": path} |
	included := access.list(policy, places.users, "included_roles")
	not global_administrator in included
	not "All" in access.list(policy, places.users, "included_users")
	every role in included { is_string(role) }
	path := access.read(policy, places.users, "included_roles").path
}

strength(policy) := {{"reason": "not_phishing_resistant", "facts": {}, "path": reading.path} |
	reading := access.strength(policy)
	is_weak(reading.value)
}

is_weak(null)

is_weak(id) if {
	is_string(id)
	some other in weaker
	endswith(id, other)
}

is_weak(pointer) if {
	some custom in partners.named(kind, pointer)
	count(weak_combinations(custom)) > 0
}

# Combinations of a strength of one's own that can be phished.
weak_combinations(custom) := {combination |
	some combination in custom.values.allowed_combinations
	is_string(combination)
	not combination in resistant
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
	not is_weak(reading.value)
	not is_strong(reading.value)
	why := "the strength it names is not in the code that was read, or not known"
}

is_strong(id) if {
	is_string(id)
	endswith(id, built_in)
}

is_strong(pointer) if {
	some custom in partners.named(kind, pointer)
	is_array(custom.values.allowed_combinations)
	every combination in custom.values.allowed_combinations { combination in resistant }
}

enough if {
	some policy in access.policies
	about_administrators(policy)
	count(shortcomings(policy)) == 0
	count(gaps(policy)) == 0
}

perhaps_enough if {
	some policy in access.policies
	count(shortcomings(policy)) == 0
	count(gaps(policy)) > 0
}
