package mfa.mfa_for_all_users.azurerm_test

import data.mfa.mfa_for_all_users.azurerm as criterion

test_meets_when_one_policy_asks_everybody if {
criterion.deny |
	criterion.undetermined == set() with input as policy({}) with data.environment as seen([policy({})])
	criterion.deny | criterion.undetermined == set() with input as environment(["azurerm"])
		with data.environment as seen([policy({})])
	criterion.applies with input as policy({}) with data.environment as seen([policy({})])
}

test_breaks_when_the_policy_is_only_reported if {
	expected := {finding("policy_not_enforced", {"state": "enabledForReportingButNotEnforced"}, ["values", "state"])}
	reported := policy({"state": "enabledForReportingButNotEnforced"})
	criterion.deny == expected with input as reported with data.environment as seen([reported])
}

test_breaks_when_not_everybody_is_asked if {
	expected := {finding("not_all_users", {}, under("users", ["included_users"]))}
	some_users := policy(conditions({"users": [{"included_users": ["GuestsOrExternalUsers"]}]}))
	criterion.deny == expected with input as some_users with data.environment as seen([some_users])
	groups := {finding("people_excluded", {"attribute": "excluded_groups"}, under("users", ["excluded_groups"]))}
	excluding := policy(conditions({"users": [{"included_users": ["All"], "excluded_groups": ["g"]}]}))
	criterion.deny == groups with input as excluding with data.environment as seen([excluding])
}

test_undetermined_when_groups_are_asked if {
	why := "it asks groups, and nothing shows that everybody is in them"
	expected := {finding("policy_unknown", {"why": why}, under("users", ["included_groups"]))}
	some_groups := policy(conditions({"users": [{"included_groups": ["heart"]}]}))
	criterion.undetermined == expected with input as some_groups with data.environment as seen([some_groups])
	criterion.deny == set() with input as some_groups with data.environment as seen([some_groups])
	everybody := policy(conditions({"users": [{"included_users": ["All"], "included_groups": ["heart"]}]}))
	criterion.undetermined == set() with input as everybody with data.environment as seen([everybody])
}

test_breaks_when_guests_are_left_out if {
	attribute := "excluded_guests_or_external_users"
	expected := {finding("people_excluded", {"attribute": attribute}, under("users", [attribute, 0]))}
	users := {"included_users": ["All"], attribute: [{"guest_or_external_user_types": ["b2bCollaborationGuest"]}]}
	excluding := policy(conditions({"users": [users]}))
	criterion.deny == expected with input as excluding with data.environment as seen([excluding])
}

test_undetermined_when_it_is_unknown_whether_guests_are_left_out if {
	attribute := "excluded_guests_or_external_users"
	expected := {finding("policy_unknown", {"why": "u"}, under("users", [attribute]))}
	perhaps := policy(conditions({"users": [{"included_users": ["All"], attribute: {"$unknown": "u"}}]}))
	criterion.undetermined == expected with input as perhaps with data.environment as seen([perhaps])
	criterion.deny == set() with input as perhaps with data.environment as seen([perhaps])
}

test_only_break_glass_accounts_may_be_excluded if {
	excluding := policy(conditions({"users": [{"included_users": ["All"], "excluded_users": ["emergency"]}]}))
	criterion.deny == set() with input as excluding with data.environment as seen([excluding])
	expected := {finding("people_excluded", {"attribute": "excluded_users"}, under("users", ["excluded_users"]))}
	other := object.union(excluding, {"parameters": {"break_glass_accounts": []}})
	criterion.deny == expected with input as other with data.environment as seen([excluding])
}

test_breaks_when_an_application_is_left_out if {
	expected := {finding("not_all_applications", {}, under("applications", ["excluded_applications"]))}
	hiding := policy(conditions({"applications": [{"included_applications": ["All"], "excluded_applications": ["a"]}]}))
	criterion.deny == expected with input as hiding with data.environment as seen([hiding])
	chosen := {finding("not_all_applications", {}, under("applications", ["included_applications"]))}
	one := policy(conditions({"applications": [{"included_applications": ["a"]}]}))
	criterion.deny == chosen with input as one with data.environment as seen([one])
}

test_breaks_when_another_control_suffices if {
	path := ["values", "grant_controls", 0, "operator"]
	expected := {finding("other_control_suffices", {"control": "compliantDevice"}, path)}
	either := policy({"grant_controls": [{"operator": "OR", "built_in_controls": ["mfa", "compliantDevice"]}]})
	criterion.deny == expected with input as either with data.environment as seen([either])
	both := policy({"grant_controls": [{"operator": "AND", "built_in_controls": ["mfa", "compliantDevice"]}]})
	criterion.deny == set() with input as both with data.environment as seen([both])
}

test_breaks_when_the_policy_holds_only_sometimes if {
	place := under("locations", ["excluded_locations"])
	expected := {finding("only_under_conditions", {"attribute": "excluded_locations"}, place)}
	trusting := policy(conditions({"locations": [{"included_locations": ["All"], "excluded_locations": ["AllTrusted"]}]}))
	criterion.deny == expected with input as trusting with data.environment as seen([trusting])
	path := ["values", "conditions", 0, "sign_in_risk_levels"]
	at_risk := {finding("only_under_conditions", {"attribute": "sign_in_risk_levels"}, path)}
	risky := policy(conditions({"sign_in_risk_levels": ["high"]}))
	criterion.deny == at_risk with input as risky with data.environment as seen([risky])
}

test_breaks_when_legacy_clients_are_left_out_and_not_blocked if {
	path := ["values", "conditions", 0, "client_app_types"]
	expected := {finding("legacy_clients_left_out", {}, path)}
	modern := policy(conditions({"client_app_types": ["browser", "mobileAppsAndDesktopClients"]}))
	criterion.deny == expected with input as modern with data.environment as seen([modern])
	blocking := object.union(blocker, {"address": "b"})
	apart := {kind: {"": {"a": policy({}).resource, "p": modern.resource}}}
	criterion.deny == set() with input as modern with data.environment as apart
	legacy := policy(object.union(conditions({"client_app_types": ["exchangeActiveSync", "other"]}), blocking))
	not criterion.applies with input as legacy with data.environment as seen([legacy])
}

test_undetermined_when_a_policy_is_unknown if {
	path := under("users", ["excluded_users"])
	expected := {finding("policy_unknown", {"why": "u"}, path)}
	unclear := policy(conditions({"users": [{"included_users": ["All"], "excluded_users": [{"$unknown": "u"}]}]}))
	criterion.undetermined == expected with input as unclear with data.environment as seen([unclear])
	criterion.deny == set() with input as unclear with data.environment as seen([unclear])
	gap := {finding("no_policy_in_sight", {}, ["spec"])}
	criterion.undetermined == gap with input as environment(["azurerm"]) with data.environment as seen([unclear])
}

test_the_environment_breaks_only_where_everything_was_read if {
	expected := {finding("nobody_is_asked", {}, ["spec"])}
	criterion.deny == expected with input as environment(["azurerm"]) with data.environment as {}
	gap := {finding("no_policy_in_sight", {}, ["spec"])}
	criterion.undetermined == gap with input as environment([]) with data.environment as {}
}

test_the_environment_is_not_asked_where_people_sign_in_elsewhere if {
	elsewhere := object.union(environment([]), {"resource": {"spec": {"identity_provider": {"platform": "keycloak"}}}})
	criterion.deny | criterion.undetermined == set() with input as elsewhere with data.environment as {}
	not criterion.applies with input as elsewhere with data.environment as {}
}

kind := "azuread_conditional_access_policy"

asking := {"operator": "OR", "built_in_controls": ["mfa"]}

blocker := {"grant_controls": [{"operator": "OR", "built_in_controls": ["block"]}]}

whole := {
	"client_app_types": ["all"],
	"users": [{"included_users": ["All"]}],
	"applications": [{"included_applications": ["All"]}],
}

conditions(other) := {"conditions": [object.union(whole, other)]}

policy(values) := {
	"resource": {"type": kind, "address": "p", "values": object.union(
		object.union({"state": "enabled", "grant_controls": [asking]}, conditions({})),
		values,
	)},
	"parameters": {"break_glass_accounts": [{"name": "emergency"}]},
}

seen(policies) := {kind: {"": {p.resource.address: p.resource | some p in policies}}}

environment(complete) := {
	"resource": {"kind": "SecureProcessingEnvironment", "spec": {"complete": complete}},
	"parameters": {"break_glass_accounts": []},
}

under(block, rest) := array.concat(["values", "conditions", 0, block, 0], rest)

finding(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
