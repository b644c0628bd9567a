package separation.no_cross_project_access.kubernetes_test

import data.separation.no_cross_project_access.kubernetes as criterion

test_meets_when_no_way_leads_to_another_project if {
criterion.deny |
	criterion.undetermined == set() with input as notebook with data.reach as facts([])
	criterion.applies with input as notebook with data.reach as facts([])
}

test_breaks_at_the_place_that_opens_a_connection if {
	expected := {{"reason": "way_open", "facts": {"to": "lungs", "ports": "tcp/5432"}, "at": rule, "path": path}}
	way := {"answer": "open", "to": "lungs", "ports": "tcp/5432", "at": rule, "path": path}
	criterion.deny == expected with input as notebook with data.reach as facts([way])
	criterion.undetermined == set() with input as notebook with data.reach as facts([way])
}

test_breaks_for_each_way_that_is_no_connection if {
	ways := [
		way_by("volume"), way_by("source"), way_by("grant"),
		way_by("rights"), way_by("rights_everywhere"),
	]
	expected := {
		breach("volume_shared"), breach("copied_from"), breach("reference_granted"),
		breach("rights_given"), breach("rights_everywhere"),
	}
	criterion.deny == expected with input as notebook with data.reach as facts(ways)
	criterion.undetermined == set() with input as notebook with data.reach as facts(ways)
}

test_breaks_when_accounts_of_all_projects_are_given_rights if {
	expected := {{"reason": "rights_of_all", "facts": {}, "at": rule, "path": path}}
	way := {"answer": "open", "by": "rights_of_all", "at": rule, "path": path}
	criterion.deny == expected with input as notebook with data.reach as facts([way])
	criterion.undetermined == set() with input as notebook with data.reach as facts([way])
}

test_undetermined_when_a_way_cannot_be_told if {
	expected := {unknown("a kind is not read yet", rule, path)}
	way := {"answer": "unknown", "why": "a kind is not read yet", "to": "lungs", "at": rule, "path": path}
	criterion.undetermined == expected with input as notebook with data.reach as facts([way])
	criterion.deny == set() with input as notebook with data.reach as facts([way])
}

test_undetermined_when_a_way_has_a_cause_that_is_new if {
	expected := {unknown("its cause is new", rule, path)}
	criterion.undetermined == expected with input as notebook with data.reach as facts([way_by("telepathy")])
	criterion.deny == set() with input as notebook with data.reach as facts([way_by("telepathy")])
}

test_undetermined_when_nothing_was_derived if {
	expected := {unknown("it was not derived", address, [])}
	criterion.undetermined == expected with input as notebook with data.reach as {"projects": {}}
	criterion.undetermined == expected with input as notebook with data.reach as {}
}

test_undetermined_when_one_card_serves_several_pods if {
	expected := {{"reason": "device_shared", "facts": {}, "path": ["data", "config"]}}
	sliced := config("sharing:\n  timeSlicing:\n    resources: [{name: nvidia.com/gpu, replicas: 4}]")
	served := config("sharing:\n  mps:\n    resources: []")
	criterion.undetermined == expected with input as sliced with data.reach as {}
	criterion.undetermined == expected with input as served with data.reach as {}
}

test_does_not_apply_to_other_configuration if {
	other := config("mode: mixed # no timeSlicing")
	criterion.deny | criterion.undetermined == set() with input as other with data.reach as {}
	not criterion.applies with input as other with data.reach as {}
	typed := object.union(other, {"resource": {"data": {"config": 5}}})
	criterion.deny | criterion.undetermined == set() with input as typed with data.reach as {}
	unplaced := object.union(other, {"scope": "unknown"})
	criterion.undetermined == set() with input as unplaced with data.reach as {}
}

test_undetermined_when_the_scope_is_unknown if {
	expected := {{"reason": "scope_unknown", "facts": {}, "path": ["metadata"]}}
	placed := object.union(notebook, {"scope": "unknown"})
	criterion.undetermined == expected with input as placed with data.reach as facts([way_by("volume")])
	criterion.deny == set() with input as placed with data.reach as facts([way_by("volume")])
}

test_does_not_apply_outside_projects if {
	placed := object.union(notebook, {"scope": "platform"})
	criterion.deny | criterion.undetermined == set() with input as placed with data.reach as facts([way_by("volume")])
	not criterion.applies with input as placed with data.reach as facts([])
}

address := ["apps/Deployment", "heart", "notebook"]

rule := ["networking.k8s.io/NetworkPolicy", "lungs", "database"]

path := ["spec", "ingress", 0]

notebook := {"address": address, "scope": "project", "resource": {}}

config(text) := {
	"address": ["ConfigMap", "gpu-operator", "plugin"],
	"scope": "project",
	"resource": {"data": {"config": text}},
}

way_by(cause) := {"answer": "open", "by": cause, "to": "lungs", "at": rule, "path": path}

breach(reason) := {"reason": reason, "facts": {"to": "lungs"}, "at": rule, "path": path}

unknown(why, at, place) := {"reason": "way_unknown", "facts": {"why": why}, "at": at, "path": place}

facts(ways) := {"projects": {"apps/Deployment": {"heart": {"notebook": ways}}}}
