package hardening.workload_tokens_restricted.kubernetes_test

import data.hardening.workload_tokens_restricted.kubernetes as criterion

test_meets_when_the_pod_refuses_a_token if {
criterion.deny |
	criterion.undetermined == set() with input as pod({"automountServiceAccountToken": false}) with data.environment as {}
	named := {"automountServiceAccountToken": false, "serviceAccountName": "elsewhere"}
	criterion.deny | criterion.undetermined == set() with input as pod(named) with data.environment as {}
	criterion.applies with input as pod({}) with data.environment as {}
}

test_meets_when_the_account_refuses_for_a_silent_pod if {
	environment := accounts({"runner": {"automountServiceAccountToken": false}})
	every spec in [{"serviceAccountName": "runner"}, {"serviceAccount": "runner"}] {
		criterion.deny | criterion.undetermined == set() with input as pod(spec) with data.environment as environment
	}
	own := accounts({"default": {"automountServiceAccountToken": false}})
	criterion.deny | criterion.undetermined == set() with input as pod({}) with data.environment as own
}

test_breaks_when_a_token_is_mounted if {
	of_pod := {breach("token_mounted", {"account": "default"}, ["automountServiceAccountToken"])}
	refusing := accounts({"default": {"automountServiceAccountToken": false}})
	criterion.deny == of_pod with input as pod({"automountServiceAccountToken": true}) with data.environment as refusing
	of_account := {breach("token_mounted", {"account": "runner"}, [])}
	every body in [{}, {"automountServiceAccountToken": true}] {
		criterion.deny == of_account with input as pod({"serviceAccountName": "runner"})
			with data.environment as accounts({"runner": body})
	}
}

test_breaks_when_nobody_refuses_for_the_default_account if {
	expected := {breach("token_mounted_by_default", {"account": "default"}, [])}
	criterion.deny == expected with input as pod({}) with data.environment as {}
	criterion.deny == expected with input as pod({"serviceAccountName": ""}) with data.environment as {}
}

test_breaks_at_a_projected_token if {
	expected := {breach("token_projected", {"volume": "out"}, ["volumes", 1, "projected", "sources", 1, "serviceAccountToken"])}
	sources := [{"configMap": {"name": "a"}}, {"serviceAccountToken": {"audience": "sts.example", "path": "token"}}]
	volumes := [{"name": "scratch", "emptyDir": {}}, {"name": "out", "projected": {"sources": sources}}]
	criterion.deny == expected with input as pod({"automountServiceAccountToken": false, "volumes": volumes}) with data.environment as {}
}

test_breaks_when_the_default_account_or_all_accounts_are_bound if {
	named := {found("default_account_bound", {"namespace": "heart"}, ["subjects", 0])}
	own := {found("default_account_bound", {"namespace": "research"}, ["subjects", 0])}
	criterion.deny == named with input as bound({"kind": "ServiceAccount", "name": "default", "namespace": "heart"}) with data.environment as {}
	criterion.deny == own with input as bound({"kind": "ServiceAccount", "name": "default"}) with data.environment as {}
	every group in ["system:serviceaccounts", "system:serviceaccounts:heart"] {
		all := {found("all_accounts_bound", {"group": group}, ["subjects", 0])}
		criterion.deny == all with input as bound({"kind": "Group", "name": group}) with data.environment as {}
	}
}

test_meets_when_others_are_bound if {
	every subject in [
		{"kind": "ServiceAccount", "name": "runner", "namespace": "heart"},
		{"kind": "ServiceAccount", "name": "default", "namespace": "kube-system"},
		{"kind": "Group", "name": "system:serviceaccounts:kube-system"},
		{"kind": "Group", "name": "default"},
	] {
		criterion.deny | criterion.undetermined == set() with input as bound(subject) with data.environment as {}
	}
	group := bound({"kind": "Group", "name": "system:serviceaccounts"})
	discovery := object.union(group, {"resource": {"roleRef": {"name": "system:service-account-issuer-discovery"}}})
	criterion.deny == set() with input as discovery with data.environment as {}
}

test_breaks_when_a_token_is_kept_in_a_secret if {
	expected := {found("token_kept", {}, ["type"])}
	criterion.deny == expected with input as secret("kubernetes.io/service-account-token") with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as secret("Opaque") with data.environment as {}
	criterion.deny == set() with input as secret(unread) with data.environment as {}
	criterion.undetermined == {gap("type", "var.x", ["type"])} with input as secret(unread) with data.environment as {}
}

test_undetermined_when_a_cloud_gives_the_account_a_role if {
	every key in ["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"] {
		expected := {found("cloud_role_unread", {"annotation": key}, ["metadata", "annotations", key])}
		criterion.undetermined == expected with input as account({key: "x"}) with data.environment as {}
		criterion.undetermined == expected with input as account({key: unread}) with data.environment as {}
	}
	criterion.deny | criterion.undetermined == set() with input as account({"team": "x"}) with data.environment as {}
	criterion.undetermined == {gap("annotations", "var.x", ["metadata", "annotations"])} with input as account(unread) with data.environment as {}
}

test_undetermined_when_the_account_is_not_in_sight if {
	expected := {breach("account_absent", {"account": "runner"}, ["serviceAccountName"])}
	criterion.undetermined == expected with input as pod({"serviceAccountName": "runner"}) with data.environment as {}
	criterion.deny == set() with input as pod({"serviceAccountName": "runner"}) with data.environment as {}
}

test_undetermined_when_a_field_is_unknown if {
	every key in ["automountServiceAccountToken", "volumes"] {
		spec := object.union({"automountServiceAccountToken": false}, {key: unread})
		criterion.undetermined == {gap(key, "var.x", ["spec", key])} with input as pod(spec) with data.environment as {}
		criterion.deny == set() with input as pod(spec) with data.environment as {}
	}
	every key in ["serviceAccountName", "serviceAccount"] {
		criterion.undetermined == {gap(key, "var.x", ["spec", key])} with input as pod({key: unread}) with data.environment as {}
		criterion.deny == set() with input as pod({key: unread}) with data.environment as {}
	}
	sources := ["spec", "volumes", 0, "projected", "sources"]
	projected := {"automountServiceAccountToken": false, "volumes": [{"name": "a", "projected": {"sources": unread}}]}
	criterion.undetermined == {gap("sources", "var.x", sources)} with input as pod(projected) with data.environment as {}
	one := {"automountServiceAccountToken": false, "volumes": [{"name": "a", "projected": {"sources": [unread]}}]}
	count(criterion.undetermined) > 0 with input as pod(one) with data.environment as {}
}

test_undetermined_when_the_account_or_the_pod_is_unknown if {
	body := accounts({"runner": {"automountServiceAccountToken": unread}})
	expected := {gap("automountServiceAccountToken", "var.x", ["spec", "serviceAccountName"])}
	criterion.undetermined == expected with input as pod({"serviceAccountName": "runner"}) with data.environment as body
	criterion.deny == set() with input as pod({"serviceAccountName": "runner"}) with data.environment as body
	whole := accounts({"runner": unread})
	count(criterion.undetermined) > 0 with input as pod({"serviceAccountName": "runner"}) with data.environment as whole
	criterion.deny == set() with input as pod({"serviceAccountName": "runner"}) with data.environment as whole
	count(criterion.undetermined) > 0 with input as pod(unread) with data.environment as {}
	criterion.deny == set() with input as pod(unread) with data.environment as {}
	count(criterion.undetermined) > 0 with input as bound(unread) with data.environment as {}
	count(criterion.undetermined) > 0 with input as bound({"kind": unread}) with data.environment as {}
}

test_undetermined_when_the_scope_is_unknown if {
	expected := {{"reason": "scope_unknown", "facts": {}, "path": ["metadata"]}}
	placed := object.union(pod({}), {"scope": "unknown"})
	criterion.undetermined == expected with input as placed with data.environment as {}
	criterion.deny == set() with input as placed with data.environment as {}
}

test_does_not_apply_outside_projects if {
	placed := object.union(pod({}), {"scope": "platform"})
	criterion.deny | criterion.undetermined == set() with input as placed with data.environment as {}
	not criterion.applies with input as placed with data.environment as {}
}

unread := {"$unknown": "var.x"}

of_kind(kind, resource) := {
	"address": [kind, "research", "it"],
	"scope": "project",
	"resource": resource,
	"parameters": {"exempt_namespaces": ["kube-system"]},
}

pod(spec) := object.union(of_kind("Pod", {}), {"pod": {"spec": spec, "path": ["spec"]}})

bound(subject) := of_kind("rbac.authorization.k8s.io/RoleBinding", {
	"roleRef": {"name": "view"},
	"subjects": [subject],
})

secret(type) := of_kind("Secret", {"type": type})

account(annotations) := of_kind("ServiceAccount", {"metadata": {"annotations": annotations}})

accounts(bodies) := {"ServiceAccount": {"research": bodies}}

breach(reason, facts, path) := found(reason, facts, array.concat(["spec"], path))

found(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}

gap(name, why, path) := found("field_unknown", {"field": name, "why": why}, path)
