package logging.logs_protected_from_change.azurerm_test

import data.logging.logs_protected_from_change.azurerm as criterion

test_meets_when_the_account_is_locked_as_a_whole if {
	subject := archive(locked(365))
	criterion.deny | criterion.undetermined == set() with input as subject with data.reach.logs as ways
		with data.environment as {}
	criterion.applies with input as subject with data.reach.logs as ways with data.environment as {}
}

test_meets_when_the_log_containers_are_locked if {
	seen := containers({"locked": true, "immutability_period_in_days": 365})
	criterion.deny | criterion.undetermined == set() with input as archive({}) with data.reach.logs as ways
		with data.environment as seen
}

test_breaks_when_nothing_locks_the_archive if {
	expected := {finding("not_immutable", {}, ["values"])}
	every values in [{}, {"immutability_policy": [{"state": "Unlocked", "period_since_creation_in_days": 400}]}] {
		criterion.deny == expected with input as archive(values) with data.reach.logs as ways with data.environment as {}
	}
	open := containers({"locked": false, "immutability_period_in_days": 365})
	criterion.deny == expected with input as archive({}) with data.reach.logs as ways with data.environment as open
	short := containers({"locked": true, "immutability_period_in_days": 364})
	criterion.deny == expected with input as archive({}) with data.reach.logs as ways with data.environment as short
}

test_breaks_when_the_lock_ends_too_early if {
	facts := {"days": 364, "retention_days": 365}
	expected := {finding("locked_too_short", facts, ["values", "immutability_policy"])}
	criterion.deny == expected with input as archive(locked(364)) with data.reach.logs as ways with data.environment as {}
}

test_a_stricter_profile_breaks_what_the_default_meets if {
	facts := {"days": 365, "retention_days": 731}
	expected := {finding("locked_too_short", facts, ["values", "immutability_policy"])}
	strict := object.union(archive(locked(365)), {"parameters": {"retention_days": 731}})
	criterion.deny == expected with input as strict with data.reach.logs as ways with data.environment as {}
}

test_undetermined_when_the_lock_is_unknown if {
	path := ["values", "immutability_policy", 0, "state"]
	expected := {finding("protection_unknown", {"why": "u"}, path)}
	unknown := archive({"immutability_policy": [{"state": {"$unknown": "u"}, "period_since_creation_in_days": 365}]})
	criterion.undetermined == expected with input as unknown with data.reach.logs as ways with data.environment as {}
	criterion.deny == set() with input as unknown with data.reach.logs as ways with data.environment as {}
}

test_undetermined_when_a_containers_policy_points_at_something_unknown if {
	why := "an immutability policy in sight points at something unknown"
	expected := {finding("protection_unknown", {"why": why}, ["values"])}
	seen := containers({"locked": true, "immutability_period_in_days": 365, pointer: {"$any": true}})
	criterion.undetermined == expected with input as archive({}) with data.reach.logs as ways with data.environment as seen
}

test_an_account_that_keeps_no_logs_is_not_asked if {
criterion.deny |
	criterion.undetermined == set() with input as archive({}) with data.reach.logs as {}
		with data.environment as {}
	not criterion.applies with input as archive({}) with data.reach.logs as {} with data.environment as {}
}

test_an_account_that_the_description_names_is_a_store if {
	expected := {finding("not_immutable", {}, ["values"])}
	described := {"speguard/Environment": {"": {"spe": {"spec": {"log_stores": [{"resource": "x"}]}}}}}
	criterion.deny == expected with input as archive({}) with data.reach.logs as {} with data.environment as described
}

test_breaks_when_a_workspace_purges_at_once if {
	path := ["values", "immediate_data_purge_on_30_days_enabled"]
	expected := {finding("purged_at_once", {}, path)}
	subject := workspace({"immediate_data_purge_on_30_days_enabled": true})
	criterion.deny == expected with input as subject with data.reach.logs as {} with data.environment as {}
	unknown := workspace({"immediate_data_purge_on_30_days_enabled": {"$unknown": "u"}})
	unclear := {finding("protection_unknown", {"why": "u"}, path)}
	criterion.undetermined == unclear with input as unknown with data.reach.logs as {} with data.environment as {}
}

test_breaks_when_the_store_shares_a_group_with_what_it_watches if {
	expected := {finding("shares_its_group", {"neighbour": "v"}, ["values", "resource_group_name"])}
	subject := workspace({"resource_group_name": "rg"})
	criterion.deny == expected with input as subject with data.reach.logs as ways with data.environment as vault("rg")
	criterion.deny == set() with input as subject with data.reach.logs as ways with data.environment as vault("other")
}

test_another_store_may_lie_beside_it if {
	subject := workspace({"resource_group_name": "rg"})
	other := {"address": "v", "type": "azurerm_storage_account", "values": {"resource_group_name": "rg"}}
	seen := {"azurerm_storage_account": {"": {"v": other}}}
	both := {"azurerm_storage_account": {"": {"v": [{"answer": "open", "to": "x"}, {"answer": "open", "to": "v"}]}}}
	criterion.deny | criterion.undetermined == set() with input as subject with data.reach.logs as both
		with data.environment as seen
	alone := {"azurerm_storage_account": {"": {"v": [{"answer": "open", "to": "x"}]}}}
	expected := {finding("shares_its_group", {"neighbour": "v"}, ["values", "resource_group_name"])}
	criterion.deny == expected with input as subject with data.reach.logs as alone with data.environment as seen
}

test_a_role_assignment_of_its_own_guards_the_store if {
	subject := workspace({"resource_group_name": "rg"})
	own := object.union(vault("rg"), assignment({"$unknown": "u", "$refers": ["x"]}))
	criterion.deny | criterion.undetermined == set() with input as subject with data.reach.logs as ways
		with data.environment as own
	why := "a role assignment in sight points at something unknown"
	expected := {finding("separation_unknown", {"why": why}, ["values", "resource_group_name"])}
	unclear := object.union(vault("rg"), assignment({"$unknown": "u"}))
	criterion.undetermined == expected with input as subject with data.reach.logs as ways with data.environment as unclear
	criterion.deny == set() with input as subject with data.reach.logs as ways with data.environment as unclear
}

test_undetermined_when_the_group_is_unknown if {
	expected := {finding("separation_unknown", {"why": "u"}, ["values", "resource_group_name"])}
	subject := workspace({"resource_group_name": {"$unknown": "u"}})
	criterion.undetermined == expected with input as subject with data.reach.logs as ways
		with data.environment as vault("rg")
}

pointer := "storage_container_resource_manager_id"

ways := {"azurerm_key_vault": {"": {"v": [{"answer": "open", "to": "x"}]}}}

locked(days) := {"immutability_policy": [{"state": "Locked", "period_since_creation_in_days": days}]}

containers(policy) := {
	"azurerm_storage_container": {"": {"c": {
		"address": "c",
		"values": {"name": "insights-logs-auditevent", "storage_account_id": {"$unknown": "u", "$refers": ["x"]}},
	}}},
	"azurerm_storage_container_immutability_policy": {"": {"p": {
		"address": "p",
		"values": object.union({pointer: {"$unknown": "u", "$refers": ["c"]}}, policy),
	}}},
}

vault(group) := {"azurerm_key_vault": {"": {"v": {"address": "v", "values": {"resource_group_name": group}}}}}

assignment(scope) := {"azurerm_role_assignment": {"": {"r": {"address": "r", "values": {"scope": scope}}}}}

archive(values) := of("azurerm_storage_account", values)

workspace(values) := of("azurerm_log_analytics_workspace", values)

of(type, values) := {
	"resource": {"type": type, "address": "x", "values": values},
	"parameters": {"retention_days": 365},
}

finding(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
