package hardening.restricted_pod_profile.namespace_test

import data.hardening.restricted_pod_profile.kubernetes as criterion

enforce := "pod-security.kubernetes.io/enforce"

version := "pod-security.kubernetes.io/enforce-version"

test_meets_when_the_namespace_enforces_restricted if {
	asked := namespace({enforce: "restricted", version: "latest"})
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as {}
	criterion.applies with input as asked with data.environment as {}
}

test_breaks_when_the_level_is_lower if {
	expected := {{"reason": "level_too_low", "facts": {"level": "baseline"}, "path": ["metadata", "labels", enforce]}}
	criterion.deny == expected with input as namespace({enforce: "baseline"}) with data.environment as {}
}

test_breaks_when_no_level_is_stated_anywhere if {
	expected := {{"reason": "level_missing", "facts": {}, "path": ["metadata", "labels"]}}
	silent := configuration({"defaults": {"audit": "restricted"}})
	criterion.deny == expected with input as namespace({}) with data.environment as {}
	criterion.deny == expected with input as namespace({}) with data.environment as silent
}

test_meets_by_the_default_of_the_api_server if {
	defaults := configuration({"defaults": {"enforce": "restricted"}})
	criterion.deny | criterion.undetermined == set() with input as namespace({}) with data.environment as defaults
}

test_breaks_when_the_api_server_leaves_the_namespace_out if {
	expected := {{"reason": "level_exempted", "facts": {}, "path": ["metadata", "name"]}}
	exempting := configuration({"exemptions": {"namespaces": ["kube-system", "research"]}})
	criterion.deny == expected with input as namespace({enforce: "restricted"}) with data.environment as exempting
}

test_breaks_when_the_version_is_four_minors_behind if {
	facts := {"version": "v1.30", "cluster": 34}
	expected := {{"reason": "version_old", "facts": facts, "path": ["metadata", "labels", version]}}
	cluster := {"Node": {"": {"worker": {"status": {"nodeInfo": {"kubeletVersion": "v1.34.1"}}}}}}
	old := namespace({enforce: "restricted", version: "v1.30"})
	new := namespace({enforce: "restricted", version: "v1.31"})
	criterion.deny == expected with input as old with data.environment as cluster
	criterion.deny | criterion.undetermined == set() with input as new with data.environment as cluster
}

test_undetermined_when_the_version_cannot_be_compared if {
	expected := {{"reason": "version_age_unknown", "facts": {"version": "v1.30"}, "path": ["metadata", "labels", version]}}
	pinned := namespace({enforce: "restricted", version: "v1.30"})
	criterion.undetermined == expected with input as pinned with data.environment as {}
}

test_undetermined_when_the_label_or_the_configuration_is_unknown if {
	unknown := {{
		"reason": "field_unknown",
		"facts": {"field": enforce, "why": "values"},
		"path": ["metadata", "labels", enforce],
	}}
	asked := namespace({enforce: {"$unknown": "values"}})
	criterion.undetermined == unknown with input as asked with data.environment as {}
	elsewhere := {{
		"reason": "field_unknown",
		"facts": {"field": "configuration", "why": "it is in another file"},
		"path": ["metadata", "labels"],
	}}
	plugin := {"plugins": [{"name": "PodSecurity", "path": "pod-security.yaml"}]}
	seen := {"apiserver.config.k8s.io/AdmissionConfiguration": {"": {"": plugin}}}
	criterion.undetermined == elsewhere with input as namespace({}) with data.environment as seen
	criterion.deny == set() with input as namespace({}) with data.environment as seen
}

test_breaks_when_users_or_runtimes_are_exempt_everywhere if {
	path := ["plugins", 0, "configuration", "exemptions"]
	expected := {
		{"reason": "user_exempted", "facts": {"name": "ci"}, "path": array.concat(path, ["usernames", 0])},
		{"reason": "runtime_exempted", "facts": {"name": "runc"}, "path": array.concat(path, ["runtimeClasses", 0])},
	}
	body := configuration({"exemptions": {"usernames": ["ci"], "runtimeClasses": ["runc"], "namespaces": ["kube-system"]}})
	asked := admission(body["apiserver.config.k8s.io/AdmissionConfiguration"][""][""])
	criterion.deny == expected with input as asked with data.environment as {}
}

test_asks_of_an_admission_configuration_only_where_it_has_pod_security if {
	other := admission({"plugins": [{"name": "EventRateLimit"}]})
	unknown := admission({"plugins": {"$unknown": "a template"}})
	expected := {{"reason": "field_unknown", "facts": {"field": "plugins", "why": "a template"}, "path": ["plugins"]}}
	not criterion.applies with input as other with data.environment as {}
	criterion.undetermined == expected with input as unknown with data.environment as {}
}

namespace(labels) := {
	"address": ["Namespace", "", "research"],
	"scope": "project",
	"parameters": {"require_read_only_root": false, "pod_security_level": "restricted"},
	"resource": {"metadata": {"name": "research", "labels": labels}},
}

admission(body) := {
	"address": ["apiserver.config.k8s.io/AdmissionConfiguration", "", ""],
	"scope": "project",
	"parameters": {"require_read_only_root": false, "pod_security_level": "restricted"},
	"resource": body,
}

configuration(body) := {"apiserver.config.k8s.io/AdmissionConfiguration": {"": {"": {"plugins": [{
	"name": "PodSecurity",
	"configuration": body,
}]}}}}
