# Authentication strengths of Entra ID, and whether a factor they accept can be phished.
package lib.azure_strengths

import data.lib.azure_partners as partners

kind := "azuread_authentication_strength_policy"

# Factors that are bound to the site they are used on (Microsoft's documentation, "authentication strengths").
resistant := {"fido2", "windowsHelloForBusiness", "x509CertificateMultiFactor"}

# The strength "phishing-resistant MFA" that every tenant has.
built_in := "00000000-0000-0000-0000-000000000004"

# The other two that every tenant has: any second factor, and any without a password.
weaker := ["00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000003"]

is_strength(resource) if resource.type == kind

is_weak(value) if value == null

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

is_strong(id) if {
	is_string(id)
	endswith(id, built_in)
}

is_strong(pointer) if {
	some custom in partners.named(kind, pointer)
	is_array(custom.values.allowed_combinations)
	every combination in custom.values.allowed_combinations { combination in resistant }
}
