package logging.logs_protected_from_change.kubernetes_test

import data.logging.logs_protected_from_change.kubernetes as criterion

test_meets_when_a_collector_reads_the_audit_log if {
	flags := ["--audit-log-path=/var/log/kubernetes/audit.log"]
	criterion.deny | criterion.undetermined == set() with input as server(flags)
		with data.environment as collector("/var/log/")
	criterion.applies with input as server(flags) with data.environment as collector("/var/log")
}

test_meets_when_it_goes_to_a_webhook_or_an_immutable_store if {
	webhook := server(["--audit-log-path=/l", "--audit-webhook-config-file=/w"])
	criterion.deny | criterion.undetermined == set() with input as webhook with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as server(["--audit-log-path=/l"])
		with data.environment as described({"immutable": true, "classes": ["admin_control_plane"]})
}

test_breaks_when_the_audit_log_is_only_on_the_node if {
	expected := {breach("audit_only_on_node", {}, ["spec", "containers", 0, "command", 1])}
	asked := server(["--audit-log-path=/var/log/kubernetes/audit.log"])
	changeable := described({"immutable": false, "classes": ["admin_control_plane"]})
	criterion.deny == expected with input as asked with data.environment as {}
	criterion.deny == expected with input as asked with data.environment as collector("/var/log/kube")
	criterion.deny == expected with input as asked with data.environment as changeable
}

test_meets_when_standard_output_is_collected if {
	asked := server(["--audit-log-path=-"])
	criterion.deny == set() with input as asked with data.environment as collector("/var/log/pods")
}

test_breaks_when_tenants_may_delete if {
	expected := {
		breach("logs_deletable", {"setting": "deletion_mode"}, ["data", "loki.yaml"]),
		breach("logs_deletable", {"setting": "delete_request_store"}, ["data", "loki.yaml"]),
	}
	text := concat("\n", [
		"schema_config: {}", "limits_config:",
		"  deletion_mode: filter-and-delete", "compactor:", "  delete_request_store: s3",
	])
	closed := "schema_config: {}\nlimits_config:\n  deletion_mode: disabled\n"
	criterion.deny == expected with input as config(text) with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as config(closed) with data.environment as {}
	criterion.applies with input as config(closed) with data.environment as {}
}

test_breaks_when_others_may_write_where_logs_are_kept if {
	expected := {breach("logs_writable", {"subject": "ops"}, ["subjects", 0])}
	own := {"kind": "ServiceAccount", "name": "loki", "namespace": "logging"}
	subjects := [{"kind": "Group", "name": "ops"}, own]
	asked := binding({"kind": "ClusterRole", "name": "edit"}, subjects)
	criterion.deny == expected with input as asked with data.environment as kept_in_logging
	not criterion.applies with input as asked with data.environment as {}
}

test_reads_the_rules_of_a_role_in_sight if {
	expected := {breach("logs_writable", {"subject": "ops"}, ["subjects", 0])}
	subjects := [{"kind": "Group", "name": "ops"}]
	asked := binding({"kind": "Role", "name": "own"}, subjects)
	criterion.deny == expected with input as asked with data.environment as role(["get", "delete"])
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as role(["get", "list"])
	criterion.applies with input as asked with data.environment as role(["get"])
}

test_undetermined_when_the_role_is_not_in_sight if {
	expected := {breach("role_unknown", {"role": "log-keeper"}, ["roleRef"])}
	asked := binding({"kind": "ClusterRole", "name": "log-keeper"}, [])
	viewing := binding({"kind": "ClusterRole", "name": "view"}, [])
	criterion.undetermined == expected with input as asked with data.environment as kept_in_logging
	criterion.undetermined == set() with input as viewing with data.environment as kept_in_logging
}

test_undetermined_when_values_are_unknown_or_of_another_type if {
	unknown := {breach("field_unknown", {"field": "subjects", "why": "values.yaml"}, ["subjects"])}
	no_list := {breach("field_unknown", {"field": "subjects", "why": "not of the expected type"}, ["subjects"])}
	edit := {"kind": "ClusterRole", "name": "edit"}
	criterion.undetermined == unknown with input as binding(edit, {"$unknown": "values.yaml"})
		with data.environment as kept_in_logging
	criterion.undetermined == no_list with input as binding(edit, "ops") with data.environment as kept_in_logging
}

test_does_not_apply_to_other_pods_and_maps if {
criterion.deny |
	criterion.undetermined == set() with input as server(["--v=2"]) with data.environment as {}
	not criterion.applies with input as server(["--v=2"]) with data.environment as {}
	not criterion.applies with input as config("motd: hei") with data.environment as {}
}

subject(kind, body) := {"address": [kind, "logging", "b"], "resource": body}

server(flags) := object.union(subject("Pod", {}), {"pod": {
	"spec": {"containers": [{"name": "api", "command": array.concat(["kube-apiserver"], flags)}]},
	"path": ["spec"],
}})

config(text) := subject("ConfigMap", {"data": {"loki.yaml": text}})

binding(role, subjects) := subject("rbac.authorization.k8s.io/RoleBinding", {"roleRef": role, "subjects": subjects})

collector(folder) := {"apps/DaemonSet": {"logging": {"collector": {"spec": {"template": {"spec": {"volumes": [{
	"name": "logs",
	"hostPath": {"path": folder},
}]}}}}}}}

described(store) := {"speguard/Environment": {"": {"spe": {"spec": {"log_stores": [store]}}}}}

kept_in_logging := described({"platform": "kubernetes", "resource": "apps/StatefulSet/logging/loki"})

role(verbs) := object.union(
	kept_in_logging,
	{"rbac.authorization.k8s.io/Role": {"logging": {"own": {"rules": [{"verbs": verbs}]}}}},
)

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
