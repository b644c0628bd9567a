package separation.one_workspace_per_permit.kubernetes_test

import data.separation.one_workspace_per_permit.kubernetes as criterion

test_meets_when_the_namespace_is_marked_and_furnished if {
criterion.deny |
	criterion.undetermined == set() with input as namespace({}) with data.environment as furnished
	criterion.applies with input as namespace({}) with data.environment as furnished
}

test_meets_when_the_marks_are_annotations if {
	annotations := {"spe/permit-id": "DP-1", "spe/permit-expires": "2027-12-31T12:00:00Z"}
	bare := marked({"labels": {"spe/project": "heart"}, "annotations": annotations})
	criterion.deny | criterion.undetermined == set() with input as bare with data.environment as furnished
}

test_breaks_for_each_mark_that_is_missing if {
	expected := {
		breach("mark_missing", {"label": "spe/permit-id"}, ["metadata", "labels"]),
		breach("mark_missing", {"label": "spe/permit-expires"}, ["metadata", "labels"]),
	}
	bare := marked({"labels": {"spe/project": "heart"}})
	criterion.deny == expected with input as bare with data.environment as furnished
}

test_breaks_when_a_namespace_of_the_description_is_not_marked_at_all if {
	expected := {
		breach("mark_missing", {"label": "spe/project"}, ["metadata"]),
		breach("mark_missing", {"label": "spe/permit-id"}, ["metadata"]),
		breach("mark_missing", {"label": "spe/permit-expires"}, ["metadata"]),
	}
	seen := object.union(furnished, described([{"name": "heart", "namespaces": ["research"]}]))
	criterion.deny == expected with input as marked({}) with data.environment as seen
}

test_undetermined_when_nothing_says_that_it_is_a_project if {
	expected := {breach("project_unknown", {"label": "spe/project"}, ["metadata"])}
	criterion.undetermined == expected with input as marked({}) with data.environment as furnished
	criterion.deny == set() with input as marked({}) with data.environment as furnished
}

test_breaks_when_the_expiry_is_no_date if {
	path := ["metadata", "labels", "spe/permit-expires"]
	worded := {breach("expiry_is_no_date", {"value": "next-year"}, path)}
	turned := {breach("expiry_is_no_date", {"value": "31.12.2027"}, path)}
	thirteenth := {breach("expiry_is_no_date", {"value": "2027-13-01"}, path)}
	criterion.deny == worded with input as namespace({"spe/permit-expires": "next-year"})
		with data.environment as furnished
	criterion.deny == turned with input as namespace({"spe/permit-expires": "31.12.2027"})
		with data.environment as furnished
	criterion.deny == thirteenth with input as namespace({"spe/permit-expires": "2027-13-01"})
		with data.environment as furnished
}

test_breaks_when_two_permits_share_a_project if {
	expected := {breach("permits_share_a_project", {"namespace": "other"}, ["metadata", "labels", "spe/permit-id"])}
	other := {"metadata": {"labels": {"spe/project": "heart", "spe/permit-id": "DP-2"}}}
	twin := {"metadata": {"labels": {"spe/project": "heart", "spe/permit-id": "DP-1"}}}
	seen := object.union(furnished, {"Namespace": {"": {"other": other, "twin": twin}}})
	criterion.deny == expected with input as namespace({}) with data.environment as seen
}

test_breaks_when_one_namespace_serves_two_projects if {
	expected := {breach("serves_two_projects", {"projects": "heart, lungs"}, ["metadata", "name"])}
	projects := [{"name": "heart", "namespaces": ["research"]}, {"name": "lungs", "namespaces": ["a", "research"]}]
	seen := object.union(furnished, described(projects))
	criterion.deny == expected with input as namespace({}) with data.environment as seen
}

test_breaks_for_each_object_that_is_missing if {
	expected := {
		breach("object_missing", {"kind": "LimitRange"}, ["metadata", "name"]),
		breach("object_missing", {"kind": "RoleBinding"}, ["metadata", "name"]),
	}
	seen := object.remove(furnished, ["LimitRange", "rbac.authorization.k8s.io/RoleBinding"])
	criterion.deny == expected with input as namespace({}) with data.environment as seen
}

test_undetermined_when_the_profile_asks_for_a_kind_that_is_not_seen if {
	expected := {breach("object_unknown", {"kind": "Secret"}, ["metadata", "name"])}
	asked := object.union(namespace({}), {"parameters": {"required_objects": ["Secret"]}})
	criterion.undetermined == expected with input as asked with data.environment as {}
	criterion.deny == set() with input as asked with data.environment as {}
}

test_meets_with_other_label_keys_when_the_description_names_them if {
	keys := {"project_label": "team", "permit_label": "permit", "permit_expires_label": "until"}
	labels := {"team": "heart", "permit": "DP-1", "until": "2027-12-31"}
	asked := object.union(marked({"labels": labels}), {"parameters": keys})
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as furnished
}

test_undetermined_when_a_mark_is_unknown_or_no_text if {
	path := ["metadata", "labels"]
	expected := {
		gap("spe/permit-id", "values.yaml", array.concat(path, ["spe/permit-id"])),
		gap("spe/permit-expires", "not of the expected type", array.concat(path, ["spe/permit-expires"])),
	}
	asked := namespace({"spe/permit-id": {"$unknown": "values.yaml"}, "spe/permit-expires": 20271231})
	criterion.undetermined == expected with input as asked with data.environment as furnished
	criterion.deny == set() with input as asked with data.environment as furnished
}

test_breaks_when_a_workload_runs_in_default if {
	expected := {breach("in_default", {}, ["metadata"])}
	criterion.deny == expected with input as workload("default") with data.environment as {}
}

test_meets_when_a_workload_runs_in_a_project if {
criterion.deny |
	criterion.undetermined == set() with input as workload("research") with data.environment as {}
	criterion.applies with input as workload("research") with data.environment as {}
}

test_undetermined_when_no_namespace_is_stated if {
	expected := {breach("namespace_unknown", {}, ["metadata"])}
	placed := object.union(workload("?"), {"scope": "unknown"})
	criterion.undetermined == expected with input as placed with data.environment as {}
}

test_does_not_apply_outside_projects if {
	exempt := object.union(workload("default"), {"scope": "exempt"})
	criterion.deny | criterion.undetermined == set() with input as exempt with data.environment as {}
	not criterion.applies with input as exempt with data.environment as {}
}

parameters := {
	"project_label": "spe/project",
	"permit_label": "spe/permit-id",
	"permit_expires_label": "spe/permit-expires",
	"required_objects": ["ResourceQuota", "LimitRange", "NetworkPolicy", "RoleBinding"],
}

marked(metadata) := {
	"address": ["Namespace", "", "research"],
	"scope": "project",
	"parameters": parameters,
	"resource": {"metadata": object.union({"name": "research"}, metadata)},
}

namespace(labels) := marked({"labels": object.union(
	{"spe/project": "heart", "spe/permit-id": "DP-1", "spe/permit-expires": "2027-12-31"},
	labels,
)})

workload(name) := {
	"address": ["Pod", name, "fit"],
	"scope": "project",
	"parameters": parameters,
	"resource": {"metadata": {"name": "fit"}},
	"pod": {"spec": {}, "path": ["spec"]},
}

described(projects) := {"speguard/Environment": {"": {"spe": {"spec": {"projects": projects}}}}}

furnished := {
	"ResourceQuota": {"research": {"quota": {}}},
	"LimitRange": {"research": {"bounds": {}}},
	"networking.k8s.io/NetworkPolicy": {"research": {"default-deny": {}}},
	"rbac.authorization.k8s.io/RoleBinding": {"research": {"members": {}}},
}

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}

gap(field, why, path) := breach("field_unknown", {"field": field, "why": why}, path)
