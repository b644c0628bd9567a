package access.least_privilege.kubernetes_test

import data.access.least_privilege.kubernetes as criterion

test_meets_when_the_role_gives_what_is_needed if {
	rules := [
		{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]},
		{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["own"], "verbs": ["get"]},
		{"nonResourceURLs": ["/healthz", "*"], "verbs": ["get"]},
		{"apiGroups": ["apps"], "resources": ["secrets", "pods/exec"], "verbs": ["get"]},
	]
	criterion.deny | criterion.undetermined == set() with input as member with data.environment as holding(rules)
	criterion.applies with input as member with data.environment as holding(rules)
}

test_meets_when_the_subject_is_the_platforms if {
	every subject in [
		{"kind": "Group", "name": "platform-team"},
		{"kind": "ServiceAccount", "name": "operator", "namespace": "tools"},
		{"kind": "ServiceAccount", "name": "robot", "namespace": "tools"},
		{"kind": "ServiceAccount", "name": "any", "namespace": "kube-system"},
		{"kind": "Group", "name": "system:serviceaccounts:kube-system"},
		{"kind": "Group", "name": "system:masters"},
		{"kind": "User", "name": "system:kube-scheduler"},
	] {
		criterion.deny | criterion.undetermined == set() with input as bound(subject, "cluster-admin") with data.environment as {}
	}
	named := bound(person, "platform-viewer")
	criterion.deny | criterion.undetermined == set() with input as named with data.environment as {}
}

test_meets_for_harmless_roles_of_the_api_server if {
	every role in ["view", "system:discovery"] {
		criterion.deny | criterion.undetermined == set() with input as bound(person, role) with data.environment as {}
	}
}

test_breaks_for_the_roles_that_give_most if {
	facts := {"subjects": "kari"}
	all := {{"reason": "administrator", "facts": facts, "at": place, "path": ["roleRef"]}}
	criterion.deny == all with input as bound(person, "cluster-admin") with data.environment as {}
	criterion.undetermined == set() with input as bound(person, "cluster-admin") with data.environment as {}
	every role in ["admin", "edit"] {
		wide := {{"reason": "wide_role", "facts": object.union(facts, {"role": role}), "at": place, "path": ["roleRef"]}}
		criterion.deny == wide with input as bound(person, role) with data.environment as {}
		criterion.undetermined == set() with input as bound(person, role) with data.environment as {}
	}
}

test_breaks_for_accounts_and_groups_that_hold_everybody if {
	every subject in [
		{"kind": "ServiceAccount", "name": "runner"},
		{"kind": "ServiceAccount", "name": "operator", "namespace": "heart"},
		{"kind": "Group", "name": "system:authenticated"},
		{"kind": "Group", "name": "system:serviceaccounts"},
		{"kind": "Group", "name": "system:serviceaccounts:heart"},
		{"kind": "User", "name": "system:serviceaccount:heart:runner"},
		{"kind": "User", "name": "system:anonymous"},
	] {
		count(criterion.deny) == 1 with input as bound(subject, "cluster-admin") with data.environment as {}
	}
}

test_breaks_at_each_wildcard if {
	rules := [{"apiGroups": ["*"], "resources": ["pods", "*/scale"], "verbs": ["get", "*"]}]
	expected := {
		excess("wildcard", {"field": "apiGroups"}, [0, "apiGroups", 0]),
		excess("wildcard", {"field": "resources"}, [0, "resources", 1]),
		excess("wildcard", {"field": "verbs"}, [0, "verbs", 1]),
	}
	criterion.deny == expected with input as member with data.environment as holding(rules)
}

test_breaks_when_every_url_may_be_changed if {
	rules := [{"nonResourceURLs": ["*"], "verbs": ["get", "post"]}]
	expected := {excess("every_url", {}, [0, "nonResourceURLs", 0])}
	criterion.deny == expected with input as member with data.environment as holding(rules)
}

test_breaks_when_rights_can_be_widened if {
	rules := [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["get", "bind", "escalate"]}]
	expected := {excess("may_escalate", {}, [0, "verbs", 1]), excess("may_escalate", {}, [0, "verbs", 2])}
	criterion.deny == expected with input as member with data.environment as holding(rules)
}

test_breaks_for_each_kind_of_excess if {
	rows := [
		["reads_secrets", "", "secrets", "list"],
		["enters_pods", "", "pods/exec", "get"],
		["enters_pods", "", "pods/attach", "create"],
		["enters_pods", "", "pods/portforward", "create"],
		["adds_containers", "", "pods/ephemeralcontainers", "patch"],
		["passes_to_nodes", "", "nodes/proxy", "get"],
		["makes_tokens", "", "serviceaccounts/token", "create"],
		["approves_certificates", "certificates.k8s.io", "signers", "approve"],
		["makes_volumes", "", "persistentvolumes", "create"],
		["changes_admission", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "update"],
		["changes_admission", "apiextensions.k8s.io", "customresourcedefinitions", "create"],
	]
	every row in rows {
		expected := {excess(row[0], {}, [0, "resources", 0])}
		rules := [{"apiGroups": [row[1]], "resources": [row[2]], "verbs": [row[3]]}]
		criterion.deny == expected with input as member with data.environment as holding(rules)
	}
}

test_breaks_in_a_binding_of_the_whole_cluster if {
	at := ["rbac.authorization.k8s.io/ClusterRoleBinding", "", "it"]
	expected := {{"reason": "administrator", "facts": {"subjects": "kari"}, "at": at, "path": ["roleRef"]}}
	whole := object.union(bound(person, "cluster-admin"), {"address": at})
	criterion.deny == expected with input as whole with data.environment as {}
}

test_reads_roles_of_the_namespace if {
	subject := object.union(bound(person, "own"), {"resource": {"roleRef": {"kind": "Role", "name": "own"}, "subjects": [person]}})
	role := ["rbac.authorization.k8s.io/Role", "research", "own"]
	expected := {{"reason": "may_escalate", "facts": {"subjects": "kari"}, "at": role, "path": ["rules", 0, "verbs", 0]}}
	environment := {role[0]: {"research": {"own": {"rules": [{"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}]}}}}
	criterion.deny == expected with input as subject with data.environment as environment
}

test_undetermined_when_the_role_is_not_in_sight if {
	expected := {{"reason": "role_absent", "facts": {"role": "member"}, "at": place, "path": ["roleRef"]}}
	criterion.undetermined == expected with input as member with data.environment as {}
	criterion.deny == set() with input as member with data.environment as {}
}

test_undetermined_when_the_rules_are_gathered if {
	expected := {{"reason": "role_gathered", "facts": {"role": "member"}, "at": place, "path": ["roleRef"]}}
	body := {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}}
	criterion.undetermined == expected with input as member with data.environment as role_of(body)
}

test_undetermined_when_nobody_in_sight_holds_a_wide_role if {
	expected := {{"reason": "role_unbound", "facts": {}, "path": ["rules", 0, "verbs", 0]}}
	wide := defined([{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]}])
	criterion.undetermined == expected with input as wide with data.environment as {}
	held := {"rbac.authorization.k8s.io/RoleBinding": {"research": {"it": member.resource}}}
	criterion.undetermined == set() with input as wide with data.environment as held
	narrow := defined([{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}])
	criterion.undetermined == set() with input as narrow with data.environment as {}
	platforms := object.union(wide, {"parameters": {"platform_roles": ["member"], "exempt_namespaces": []}})
	criterion.undetermined == set() with input as platforms with data.environment as {}
	elsewhere := object.union(wide, {"scope": "platform"})
	criterion.undetermined == set() with input as elsewhere with data.environment as {}
	not criterion.applies with input as wide with data.environment as held
	criterion.applies with input as narrow with data.environment as {}
}

test_undetermined_when_the_rules_of_a_role_are_unknown if {
	expected := {gap(["rules"], "rules")}
	criterion.undetermined == expected with input as defined(unread) with data.environment as {}
}

test_undetermined_when_a_field_is_unknown if {
	subjects := object.union(gap(["subjects"], "subjects"), {"at": place})
	criterion.undetermined == {subjects} with input as bound_by({"subjects": unread}) with data.environment as {}
	name := object.union(gap(["subjects", 0, "name"], "name"), {"at": place})
	nameless := bound_by({"subjects": [{"kind": "User", "name": unread}], "roleRef": {"kind": "ClusterRole", "name": "view"}})
	criterion.undetermined == {name} with input as nameless with data.environment as {}
	rules := object.union(gap(["rules"], "rules"), {"at": role_address})
	criterion.undetermined == {rules} with input as member with data.environment as role_of({"rules": unread})
	every key in ["verbs", "resources", "apiGroups"] {
		list := object.union(gap(["rules", 0, key], key), {"at": role_address})
		criterion.undetermined == {list} with input as member with data.environment as holding([{key: unread}])
		one := object.union(gap(["rules", 0, key, 0], key), {"at": role_address})
		criterion.undetermined == {one} with input as member with data.environment as holding([{key: [unread]}])
	}
	count(criterion.undetermined) > 0 with input as member with data.environment as role_of(unread)
	criterion.deny == set() with input as member with data.environment as role_of(unread)
}

test_undetermined_when_the_scope_is_unknown if {
	expected := {{"reason": "scope_unknown", "facts": {}, "path": ["metadata"]}}
	placed := object.union(bound(person, "cluster-admin"), {"scope": "unknown"})
	criterion.undetermined == expected with input as placed with data.environment as {}
	criterion.deny == set() with input as placed with data.environment as {}
}

test_does_not_apply_outside_projects if {
	placed := object.union(bound(person, "cluster-admin"), {"scope": "platform"})
	criterion.deny | criterion.undetermined == set() with input as placed with data.environment as {}
	not criterion.applies with input as placed with data.environment as {}
}

place := ["rbac.authorization.k8s.io/RoleBinding", "research", "it"]

person := {"kind": "User", "name": "kari"}

unread := {"$unknown": "var.x"}

role_address := ["rbac.authorization.k8s.io/ClusterRole", "", "member"]

parameters := {
	"platform_roles": ["platform-team", "tools/operator", "system:serviceaccount:tools:robot", "platform-viewer"],
	"exempt_namespaces": ["kube-system"],
}

bound_by(resource) := {
	"address": place,
	"scope": "project",
	"resource": resource,
	"parameters": parameters,
}

bound(subject, role) := bound_by({"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [subject]})

member := bound(person, "member")

defined(rules) := {"address": role_address, "scope": "project", "resource": {"rules": rules}, "parameters": parameters}

role_of(body) := {role_address[0]: {"": {"member": body}}}

holding(rules) := role_of({"rules": rules})

excess(reason, facts, path) := {
	"reason": reason,
	"facts": object.union(facts, {"subjects": "kari"}),
	"at": role_address,
	"path": array.concat(["rules"], path),
}

gap(path, name) := {"reason": "field_unknown", "facts": {"field": name, "why": "var.x"}, "path": path}
