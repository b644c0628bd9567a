# Why a conditional-access policy does not ask everybody for a second factor, everywhere: {reason, facts, path}.
package lib.azure_second_factor

import data.lib.azure_access_places as places
import data.lib.azure_asked_people as people_asked
import data.lib.azure_conditional_access as access
import data.lib.azure_partners as partners
import data.lib.known

shortcomings(policy, break_glass) := union({
	state(policy), people(policy, break_glass), targets(policy),
	controls(policy), narrowed(policy),
})

state(policy) := {found("policy_not_enforced", {"state": reading.value}, reading) |
	reading := access.read(policy, [], "state")
	is_string(reading.value)
	reading.value != "enabled"
}

people(policy, break_glass) := ({found("not_all_users", {}, access.read(policy, places.users, "included_users")) |
	included := access.list(policy, places.users, "included_users")
	not "All" in included
	count(unknown_in(included)) == 0
	people_asked.groups(policy) == []
} | {found("people_excluded", {"attribute": "excluded_guests_or_external_users"}, place) |
	some place in people_asked.guests(policy)
	not known.is_unknown(place.value)
}) | {found("people_excluded", {"attribute": attribute}, access.read(policy, places.users, attribute)) |
	some attribute in ["excluded_groups", "excluded_roles", "excluded_users"]
	some excluded in access.list(policy, places.users, attribute)
	is_string(excluded)
	not is_break_glass(attribute, excluded, break_glass)
}

is_break_glass("excluded_users", user, accounts) if {
	some account in accounts
	account.name == user
}

targets(policy) := {found("not_all_applications", {}, reading) |
	reading := access.read(policy, places.applications, "included_applications")
	included := access.elements(reading.value)
	not "All" in included
	count(unknown_in(included)) == 0
} | {found("not_all_applications", {}, access.read(policy, places.applications, "excluded_applications")) |
	some excluded in access.list(policy, places.applications, "excluded_applications")
	is_string(excluded)
}

# With OR any other control lets people in without a second factor.
controls(policy) := {found("other_control_suffices", {"control": control}, operator) |
	operator := access.read(policy, ["grant_controls"], "operator")
	operator.value == "OR"
	some control in access.controls(policy)
	is_string(control)
	control != "mfa"
}

# Conditions under which the policy does not hold, each with what it must say to hold always.
narrowed(policy) := {found("only_under_conditions", {"attribute": row.attribute}, reading) |
	some row in places.conditions
	reading := access.read(policy, row.blocks, row.attribute)
	some value in access.elements(reading.value)
	is_string(value)
	not value in row.harmless
} | legacy(policy)

legacy(policy) := {found("legacy_clients_left_out", {}, access.read(policy, ["conditions"], "client_app_types")) |
	types := {type | some type in access.list(policy, ["conditions"], "client_app_types")}
	not "all" in types
	count({"browser", "exchangeActiveSync", "mobileAppsAndDesktopClients", "other"} - types) > 0
	count(unknown_in(types)) == 0
	count([1 | some other in partners.of(access.kind); access.blocks_legacy_clients(other)]) == 0
}

unknown_in(values) := [value | some value in values; known.is_unknown(value)]

found(reason, facts, reading) := {"reason": reason, "facts": facts, "path": reading.path}

# Whether one policy asks everybody: what others leave out, it holds.
covered(break_glass) if {
	some policy in partners.of(access.kind)
	access.demands_second_factor(policy)
	count(shortcomings(policy, break_glass)) == 0
	count(people_asked.gaps(policy)) == 0
}

# Whether one may, and that cannot be told.
perhaps_covered(break_glass) if {
	some policy in partners.of(access.kind)
	count(shortcomings(policy, break_glass)) == 0
	count(people_asked.gaps(policy)) > 0
}
