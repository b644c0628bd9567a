# Where a conditional-access policy says for whom and when it holds.
package lib.azure_access_places

import data.lib.azure_conditional_access as access
import data.lib.known

users := ["conditions", "users"]

applications := ["conditions", "applications"]

# Conditions that narrow a policy, each with what it may say all the same.
conditions := [
	{"blocks": ["conditions", "locations"], "attribute": "excluded_locations", "harmless": []},
	{"blocks": ["conditions", "locations"], "attribute": "included_locations", "harmless": ["All"]},
	{"blocks": ["conditions", "platforms"], "attribute": "included_platforms", "harmless": ["all"]},
	{"blocks": ["conditions", "platforms"], "attribute": "excluded_platforms", "harmless": []},
	{"blocks": ["conditions"], "attribute": "sign_in_risk_levels", "harmless": []},
	{"blocks": ["conditions"], "attribute": "user_risk_levels", "harmless": []},
]

# What cannot be read of a policy: {why, path}.
gaps(policy) := {{"why": known.why(value), "path": reading.path} |
	some row in readable
	reading := access.read(policy, row.blocks, row.attribute)
	some value in access.elements(reading.value)
	known.is_unknown(value)
}

readable := array.concat(conditions, [
	{"blocks": [], "attribute": "state"},
	{"blocks": users, "attribute": "included_users"},
	{"blocks": users, "attribute": "excluded_users"},
	{"blocks": users, "attribute": "excluded_groups"},
	{"blocks": users, "attribute": "excluded_roles"},
	{"blocks": applications, "attribute": "included_applications"},
	{"blocks": applications, "attribute": "excluded_applications"},
	{"blocks": ["conditions"], "attribute": "client_app_types"},
	{"blocks": ["grant_controls"], "attribute": "built_in_controls"},
	{"blocks": ["grant_controls"], "attribute": "operator"},
])
