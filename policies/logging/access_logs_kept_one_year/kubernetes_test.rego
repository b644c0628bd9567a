package logging.access_logs_kept_one_year.kubernetes_test

import data.logging.access_logs_kept_one_year.kubernetes as criterion

test_meets_when_the_audit_log_goes_to_a_store_that_keeps_it if {
	flags := ["--audit-policy-file=/etc/audit.yaml", "--audit-log-path", "/var/log/audit.log"]
	criterion.deny | criterion.undetermined == set() with input as server(flags) with data.environment as stored(365)
	criterion.applies with input as server(flags) with data.environment as stored(365)
}

test_breaks_when_nothing_is_audited if {
	expected := {breach("audit_off", {}, ["spec", "containers", 0])}
	criterion.deny == expected with input as server(["--secure-port=6443"]) with data.environment as stored(365)
}

test_breaks_when_the_audit_log_goes_nowhere if {
	expected := {breach("audit_without_backend", {}, ["spec", "containers", 0])}
	criterion.deny == expected with input as server(["--audit-policy-file=/etc/audit.yaml"])
		with data.environment as stored(365)
}

test_breaks_when_the_file_expires_and_no_store_has_it if {
	facts := {"days": 30, "retention_days": 365}
	expected := {breach("audit_file_expires", facts, ["spec", "containers", 0, "command", 3])}
	flags := ["--audit-policy-file=/p", "--audit-log-path=/l", "--audit-log-maxage=30"]
	criterion.deny == expected with input as server(flags) with data.environment as {}
	criterion.deny == expected with input as server(flags) with data.environment as stored(364)
	criterion.deny == set() with input as server(flags) with data.environment as stored(365)
}

test_undetermined_while_the_log_is_only_on_the_node_or_out_of_sight if {
	on_node := {breach("audit_kept_on_node", {}, ["spec", "containers", 0, "command", 2])}
	sent := {breach("audit_sent_out_of_sight", {}, ["spec", "containers", 0, "command", 2])}
	file := ["--audit-policy-file=/p", "--audit-log-path=/l", "--audit-log-maxage=0"]
	webhook := ["--audit-policy-file=/p", "--audit-webhook-config-file=/w"]
	criterion.undetermined == on_node with input as server(file) with data.environment as {}
	criterion.undetermined == sent with input as server(webhook) with data.environment as {}
	criterion.deny == set() with input as server(file) with data.environment as {}
}

test_reads_the_flags_of_kubeadm_in_both_forms if {
	expected := {breach("audit_off", {}, ["apiServer", "extraArgs"])}
	map := {"audit-log-path": "/l"}
	list := [{"name": "audit-log-path", "value": "/l"}]
	criterion.deny == expected with input as kubeadm(map) with data.environment as stored(365)
	criterion.deny == expected with input as kubeadm(list) with data.environment as stored(365)
	bare := {breach("audit_off", {}, [])}
	criterion.deny == bare with input as subject("kubeadm.k8s.io/ClusterConfiguration", {}) with data.environment as {}
}

test_undetermined_when_flags_are_unknown if {
	path := ["spec", "containers", 0, "command", 1]
	expected := {breach("field_unknown", {"field": "command", "why": "values.yaml"}, path)}
	criterion.undetermined == expected with input as server([{"$unknown": "values.yaml"}]) with data.environment as {}
	criterion.deny == set() with input as server([{"$unknown": "values.yaml"}]) with data.environment as {}
}

test_does_not_apply_to_other_pods_and_maps if {
	pod := subject("Pod", {})
	other := object.union(pod, {"pod": {"spec": {"containers": [{"name": "a", "image": "b"}]}, "path": ["spec"]}})
	criterion.deny | criterion.undetermined == set() with input as other with data.environment as {}
	not criterion.applies with input as other with data.environment as {}
	not criterion.applies with input as config("motd: hei") with data.environment as {}
}

test_meets_when_the_policy_records_everything if {
	quiet := {"level": "None", "users": ["system:kube-proxy"], "verbs": ["watch"]}
	rules := [quiet, {"level": "None", "nonResourceURLs": ["/healthz*"]}, {"level": "Metadata"}]
	criterion.deny | criterion.undetermined == set() with input as policy(rules) with data.environment as {}
	criterion.applies with input as policy(rules) with data.environment as {}
}

test_breaks_at_the_rule_that_drops_an_access if {
	facts := {"resource": "secrets", "verb": "get"}
	expected := {breach("audit_drops", facts, ["rules", 0])}
	rule := {"level": "None", "verbs": ["get"], "resources": [{"group": "", "resources": ["secrets"]}]}
	criterion.deny == expected with input as policy([rule, {"level": "Metadata"}]) with data.environment as {}
}

test_breaks_when_persons_are_dropped_as_a_group if {
	resources := [{"resources": ["pods/*"]}]
	rule := {"level": "None", "userGroups": ["system:masters"], "verbs": ["create"], "resources": resources}
	expected := {breach("audit_drops", {"resource": "pods/exec", "verb": "create"}, ["rules", 0])}
	criterion.deny == expected with input as policy([rule, {"level": "Request"}]) with data.environment as {}
}

test_breaks_when_no_rule_matches_an_access if {
	rule := {"level": "Metadata", "resources": [{"group": ""}, {"group": "rbac.authorization.k8s.io"}]}
	facts := {"resource": "tokenreviews", "verb": "create"}
	expected := {breach("audit_leaves_out", facts, ["rules"])}
	criterion.deny == expected with input as policy([rule]) with data.environment as {}
}

test_undetermined_when_the_policy_is_unknown if {
	expected := {breach("field_unknown", {"field": "rules", "why": "a template"}, ["rules"])}
	criterion.undetermined == expected with input as policy({"$unknown": "a template"}) with data.environment as {}
	criterion.deny == set() with input as policy({"$unknown": "a template"}) with data.environment as {}
}

test_breaks_when_loki_deletes_too_early if {
	expected := {breach("loki_kept_too_short", {"period": "744h"}, ["data", "loki.yaml"])}
	text := "schema_config: {}\nlimits_config:\n  retention_period: 744h\ncompactor:\n  retention_enabled: true\n"
	long := replace(text, "744h", "366d")
	criterion.deny == expected with input as config(text) with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as config(long) with data.environment as {}
	criterion.applies with input as config(long) with data.environment as {}
}

test_breaks_when_the_profile_asks_for_more if {
	expected := {breach("loki_kept_too_short", {"period": "366d"}, ["data", "loki.yaml"])}
	text := "schema_config: {}\nlimits_config:\n  retention_period: 366d\ncompactor:\n  retention_enabled: true\n"
	asked := object.union(config(text), {"parameters": {"retention_days": 1825}})
	criterion.deny == expected with input as asked with data.environment as {}
}

test_undetermined_when_loki_leaves_it_to_others if {
	path := ["data", "loki.yaml"]
	why := "Loki deletes nothing itself, and the bucket's own lifecycle is not read"
	expected := {breach("sink_unknown", {"why": why}, path)}
	streams := {breach("sink_unknown", {"why": "it keeps some streams or tenants for another time"}, path)}
	plain := "schema_config: {}\nlimits_config: {}\nlimits_config:\n"
	text := "schema_config: {}\nlimits_config:\n  retention_period: 366d\n  retention_stream:\n"
	deleting := concat("", [text, "compactor:\n  retention_enabled: true\n"])
	criterion.undetermined == expected with input as config(plain) with data.environment as {}
	criterion.undetermined == streams with input as config(deleting) with data.environment as {}
}

test_breaks_when_a_stack_or_an_index_policy_deletes_too_early if {
	of_stack := {breach("stack_kept_too_short", {"days": 30}, ["spec", "limits", "global", "retention", "days"])}
	path := ["spec", "states", 0, "transitions", 0, "conditions", "minIndexAge"]
	of_index := {breach("index_deleted_early", {"age": "90d"}, path)}
	stack := {"spec": {"limits": {"global": {"retention": {"days": 30}}}}}
	states := [
		{"name": "hot", "transitions": [{"stateName": "gone", "conditions": {"minIndexAge": "90d"}}]},
		{"name": "gone", "actions": [{"delete": {}}]},
	]
	criterion.deny == of_stack with input as subject("loki.grafana.com/LokiStack", stack) with data.environment as {}
	asked := subject("opensearch.opster.io/OpenSearchISMPolicy", {"spec": {"states": states}})
	criterion.deny == of_index with input as asked
		with data.environment as {}
}

test_undetermined_for_sinks_that_are_not_read if {
	why := "its retention lies in another system"
	expected := {breach("sink_unknown", {"why": why}, ["spec"])}
	unbounded := {breach("stack_unbounded", {}, ["spec"])}
	criterion.undetermined == expected with input as subject("logging.banzaicloud.io/Output", {"spec": {}})
		with data.environment as {}
	criterion.undetermined == unbounded with input as subject("loki.grafana.com/LokiStack", {"spec": {}})
		with data.environment as {}
}

test_asks_the_environment_for_each_class if {
	short := {breach(
		"class_kept_too_short",
		{"class": "data_access", "days": 30, "retention_days": 365}, ["spec", "log_stores"],
	)}
	unknown := {breach("class_unknown", {"class": "data_access", "why": "spe.yaml names no store for it"}, ["spec"])}
	why := "spe.yaml states no retention for its store"
	open := {breach("class_unknown", {"class": "data_access", "why": why}, ["spec"])}
	elsewhere := environment([{"platform": "azurerm", "classes": ["data_access"]}])
	criterion.deny == short with input as environment([store({"retention_days": 30})]) with data.environment as {}
	criterion.undetermined == unknown with input as environment([]) with data.environment as {}
	criterion.undetermined == open with input as environment([store({})]) with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as elsewhere with data.environment as {}
	criterion.applies with input as elsewhere with data.environment as {}
}

test_asks_the_environment_for_its_control_plane if {
	missing := {breach("control_plane_missing", {}, ["spec"])}
	unknown := {breach("control_plane_unknown", {}, ["spec"])}
	kept := {"platform": "kubernetes", "classes": ["admin_control_plane", "data_access"], "retention_days": 400}
	asked := environment([kept])
	complete := object.union(asked, {"resource": {"spec": {"complete": ["kubernetes"]}}})
	seen := {"Pod": {"kube-system": {"api": {"spec": {"containers": [{"command": ["kube-apiserver"]}]}}}}}
	criterion.undetermined == unknown with input as asked with data.environment as {}
	criterion.deny == missing with input as complete with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as complete with data.environment as seen
}

parameters := {"retention_days": 365, "log_classes": ["data_access"]}

subject(kind, body) := {"address": [kind, "a", "b"], "parameters": parameters, "resource": body}

server(flags) := object.union(subject("Pod", {}), {"pod": {
	"spec": {"containers": [{"name": "api", "command": array.concat(["kube-apiserver"], flags)}]},
	"path": ["spec"],
}})

kubeadm(args) := subject("kubeadm.k8s.io/ClusterConfiguration", {"apiServer": {"extraArgs": args}})

policy(rules) := subject("audit.k8s.io/Policy", {"rules": rules})

config(text) := subject("ConfigMap", {"data": {"loki.yaml": text}})

environment(stores) := subject("speguard/Environment", {"spec": {"log_stores": stores}})

store(more) := object.union({"platform": "kubernetes", "classes": ["data_access"]}, more)

stored(days) := {"speguard/Environment": {"": {"spe": {"spec": {"log_stores": [{
	"classes": ["admin_control_plane"],
	"retention_days": days,
}]}}}}}

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
