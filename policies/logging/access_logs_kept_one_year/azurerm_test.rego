package logging.access_logs_kept_one_year.azurerm_test

import data.logging.access_logs_kept_one_year.azurerm as criterion

test_meets_when_a_sink_keeps_the_logs_long_enough if {
criterion.deny |
	criterion.undetermined == set() with input as vault with data.reach.logs as ways([to({"days": 365})])
	forever := ways([to({"for_ever": true})])
	criterion.deny | criterion.undetermined == set() with input as vault with data.reach.logs as forever
	criterion.applies with input as vault with data.reach.logs as forever
}

test_meets_when_a_short_sink_stands_beside_a_long_one if {
	both := ways([to({"days": 30}), to({"days": 400})])
	criterion.deny | criterion.undetermined == set() with input as vault with data.reach.logs as both
}

test_breaks_when_no_setting_points_at_the_resource if {
	expected := {finding("no_log_sink", {}, ["values"])}
	criterion.deny == expected with input as vault with data.reach.logs as ways([])
}

test_breaks_when_the_logs_are_kept_too_short if {
	expected := {too_short(364)}
	criterion.deny == expected with input as vault with data.reach.logs as ways([to({"days": 364})])
}

test_a_stricter_profile_breaks_what_the_default_meets if {
	expected := {finding_at("kept_too_short", {"days": 365, "retention_days": 731, "to": "sink"})}
	strict := object.union(vault, {"parameters": {"retention_days": 731}})
	criterion.deny == expected with input as strict with data.reach.logs as ways([to({"days": 365})])
}

test_a_tables_own_retention_counts if {
	long := ways([to({"days": 30, "tables": {"AZKVAuditLogs": 365}})])
	criterion.deny | criterion.undetermined == set() with input as vault with data.reach.logs as long
	expected := {too_short(90)}
	short := ways([to({"days": 730, "tables": {"AZKVAuditLogs": 90}})])
	criterion.deny == expected with input as vault with data.reach.logs as short
}

test_breaks_when_a_category_is_not_sent if {
	expected := {finding("category_not_sent", {"category": "AuditEvent"}, ["values"])}
	other := ways([to({"days": 400, "categories": ["AzurePolicyEvaluationDetails"]})])
	criterion.deny == expected with input as vault with data.reach.logs as other
	all := ways([to({"days": 400, "categories": ["allLogs"]})])
	criterion.deny == set() with input as vault with data.reach.logs as all
}

test_undetermined_when_the_retention_is_unknown if {
	expected := {finding_at("retention_unknown", {"why": "u"})}
	unknown := ways([to({"days_unknown": "u"})])
	criterion.undetermined == expected with input as vault with data.reach.logs as unknown
	criterion.deny == set() with input as vault with data.reach.logs as unknown
}

test_undetermined_when_a_setting_points_at_something_unknown if {
	expected := {finding_at("retention_unknown", {"why": "w"})}
	perhaps := ways([{"answer": "unknown", "why": "w", "at": place, "path": ["values", "x"]}])
	criterion.undetermined == expected with input as vault with data.reach.logs as perhaps
	criterion.deny == set() with input as vault with data.reach.logs as perhaps
}

test_undetermined_when_categories_cannot_be_read if {
	expected := {finding_at("retention_unknown", {"why": "u"})}
	unread := ways([to({"days": 400, "categories": [], "unread": "u"})])
	criterion.undetermined == expected with input as vault with data.reach.logs as unread
	criterion.deny == set() with input as vault with data.reach.logs as unread
}

test_categories_that_cannot_be_read_are_no_doubt_where_the_sink_keeps_too_little if {
	expected := {too_short(30)}
	unread := ways([to({"days": 30, "categories": [], "unread": "u"})])
	criterion.deny == expected with input as vault with data.reach.logs as unread
	criterion.undetermined == set() with input as vault with data.reach.logs as unread
}

test_undetermined_when_nothing_was_derived if {
	expected := {finding("retention_unknown", {"why": "where its logs end was not derived"}, ["values"])}
	criterion.undetermined == expected with input as vault with data.reach.logs as {}
}

test_a_setting_is_asked_only_where_its_target_is_not if {
	short := {kind: {"": {"x": [to({"days": 30})]}}}
	seen := {"azurerm_key_vault": {"": {"x": vault.resource}}}
	expected := {too_short(30)}
	criterion.deny == expected with input as setting with data.reach.logs as short with data.environment as {}
	criterion.deny == set() with input as setting with data.reach.logs as short with data.environment as seen
	not criterion.applies with input as setting with data.reach.logs as short with data.environment as seen
}

test_a_setting_that_sends_metrics_alone_is_not_asked if {
	metrics := {kind: {"": {"x": [to({"days": 30, "categories": []})]}}}
	criterion.deny | criterion.undetermined == set() with input as setting with data.reach.logs as metrics
		with data.environment as {}
	not criterion.applies with input as setting with data.reach.logs as metrics with data.environment as {}
}

test_the_environment_breaks_when_a_class_is_kept_too_short if {
	facts := {"class": "data_access", "days": 90, "retention_days": 365}
	expected := {finding("class_kept_too_short", facts, ["spec", "log_stores"])}
	criterion.deny == expected with input as environment("data_access", 90, []) with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as environment("data_access", 365, [])
		with data.environment as {}
}

test_the_environment_is_not_asked_for_classes_of_other_platforms if {
	store := {"name": "s", "platform": "outside", "classes": ["data_access"], "retention_days": 30}
	elsewhere := object.union(environment("data_access", 365, []), {"resource": {"spec": {"log_stores": [store]}}})
	criterion.deny | criterion.undetermined == set() with input as elsewhere with data.environment as {}
	not criterion.applies with input as elsewhere with data.environment as {}
	criterion.applies with input as environment("data_access", 365, []) with data.environment as {}
}

test_the_environment_is_undetermined_when_a_class_has_no_store_or_retention if {
	facts := {"class": "data_access", "why": "spe.yaml names no store for it"}
	unkept := {finding("class_unknown", facts, ["spec", "log_stores"])}
	criterion.undetermined == unkept with input as environment("other", 400, []) with data.environment as {}
	why := "spe.yaml states no retention for its store"
	unstated := {finding("class_unknown", {"class": "data_access", "why": why}, ["spec", "log_stores"])}
	criterion.undetermined == unstated with input as environment("data_access", null, []) with data.environment as {}
}

test_the_environment_breaks_when_the_directorys_logs_are_sent_nowhere if {
	expected := {finding("directory_logs_not_sent", {}, ["spec"])}
	complete := signing_in(["azurerm"])
	criterion.deny == expected with input as complete with data.environment as {}
	why := "no setting of the directory's logs is in the code that was read"
	unknown := {finding("class_unknown", {"class": "authentication", "why": why}, ["spec", "log_stores"])}
	criterion.undetermined == unknown with input as signing_in([]) with data.environment as {}
	seen := {"azurerm_monitor_aad_diagnostic_setting": {"": {"a": {}}}}
	criterion.deny | criterion.undetermined == set() with input as complete with data.environment as seen
}

kind := "azurerm_monitor_diagnostic_setting"

place := [kind, "", "s"]

vault := {
	"address": ["azurerm_key_vault", "", "x"],
	"resource": {"type": "azurerm_key_vault", "address": "x", "values": {}},
	"parameters": {"retention_days": 365},
}

setting := object.union(vault, {
	"address": [kind, "", "x"],
	"resource": {"type": kind, "values": {"target_resource_id": {"$unknown": "u", "$refers": ["x"]}}},
})

ways(list) := {"azurerm_key_vault": {"": {"x": list}}}

to(facts) := object.union(
	{"answer": "open", "to": "sink", "categories": ["AuditEvent"], "at": place, "path": ["values", "x"]},
	facts,
)

environment(class, days, complete) := {
	"address": ["speguard/Environment", "", "spe"],
	"resource": {"apiVersion": "speguard.io/v1alpha1", "kind": "SecureProcessingEnvironment", "spec": {
		"complete": complete,
		"log_stores": [{"name": "s", "platform": "azurerm", "classes": [class], "retention_days": days}],
	}},
	"parameters": {"retention_days": 365, "log_classes": ["data_access"]},
}

signing_in(complete) := object.union(
	environment("authentication", 400, complete),
	{"parameters": {"log_classes": ["authentication"]}},
)

too_short(days) := finding_at("kept_too_short", {"days": days, "retention_days": 365, "to": "sink"})

finding(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}

finding_at(reason, facts) := {"reason": reason, "facts": facts, "at": place, "path": ["values", "x"]}
