package mfa.strong_mfa_for_administrators.kubernetes_test

import data.mfa.strong_mfa_for_administrators.kubernetes as criterion

issuer := "https://login.example/realms/spe"

test_meets_when_administrators_must_show_a_key if {
	by_claim := tokens([{"claim": "amr", "requiredValue": "hwk"}])
	by_text := tokens([{"expression": "claims.amr.exists(m, m in ['hwk', 'sc'])"}])
	criterion.deny | criterion.undetermined == set() with input as by_claim with data.environment as bound("oidc:ops")
	criterion.deny | criterion.undetermined == set() with input as by_text with data.environment as bound("oidc:ops")
	criterion.applies with input as by_text with data.environment as bound("oidc:ops")
}

test_breaks_when_a_code_is_enough_for_administrators if {
	expected := {breach("phishable_administrators", {"issuer": issuer}, ["jwt", 0, "claimValidationRules"])}
	otp := tokens([{"claim": "amr", "requiredValue": "otp"}])
	either := tokens([{"expression": "claims.amr.exists(m, m in ['hwk', 'otp'])"}])
	criterion.deny == expected with input as otp with data.environment as bound("oidc:ops")
	criterion.deny == expected with input as either with data.environment as bound("oidc:ops")
	criterion.deny == expected with input as tokens([]) with data.environment as bound("oidc:ops")
}

test_does_not_apply_when_nobody_of_the_issuer_administers if {
criterion.deny |
	criterion.undetermined == set() with input as tokens([]) with data.environment as {}
	not criterion.applies with input as tokens([]) with data.environment as {}
	not criterion.applies with input as tokens([]) with data.environment as bound("other:ops")
	not criterion.applies with input as tokens([]) with data.environment as bound("system:masters")
}

test_counts_a_role_of_wildcards_as_administration if {
	expected := {breach("phishable_administrators", {"issuer": issuer}, ["jwt", 0, "claimValidationRules"])}
	all := {"rules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]}
	some_verbs := {"rules": [{"verbs": ["get"], "resources": ["*"], "apiGroups": ["*"]}]}
	criterion.deny == expected with input as tokens([]) with data.environment as with_role(all)
	criterion.deny == set() with input as tokens([]) with data.environment as with_role(some_verbs)
}

test_undetermined_when_the_rule_is_not_a_plain_one if {
	expected := {breach("rule_unread", {"issuer": issuer}, ["jwt", 0, "claimValidationRules", 0])}
	asked := tokens([{"expression": "claims.amr.exists(m, m == 'hwk') || true"}])
	criterion.undetermined == expected with input as asked with data.environment as bound("oidc:ops")
	criterion.deny == set() with input as asked with data.environment as bound("oidc:ops")
}

test_undetermined_when_it_is_not_seen_how_administrators_sign_in if {
	expected := {breach("administrators_sign_in_unknown", {"subject": "oidc:ops"}, ["subjects", 0])}
	seen := {authentication: {"": {"": {}}}}
	criterion.undetermined == expected with input as binding("oidc:ops") with data.environment as {}
	criterion.undetermined == set() with input as binding("oidc:ops") with data.environment as seen
	criterion.applies with input as binding("oidc:ops") with data.environment as seen
}

test_does_not_apply_to_bindings_of_the_clusters_own if {
criterion.deny |
	criterion.undetermined == set() with input as binding("system:masters") with data.environment as {}
	not criterion.applies with input as binding("system:masters") with data.environment as {}
}

test_breaks_at_the_administrators_own_kubeconfig if {
	expected := {breach("administrator_credentials", {"key": "admin.conf"}, ["data", "admin.conf"])}
	asked := subject("Secret", {"data": {"admin.conf": "YQ=="}})
	criterion.deny == expected with input as asked with data.environment as {}
	criterion.undetermined == set() with input as asked with data.environment as {}
}

test_undetermined_when_a_kubeconfig_may_be_an_administrators if {
	expected := {breach("kubeconfig_of_someone", {"key": "kubeconfig"}, ["data", "kubeconfig"])}
	asked := subject("Secret", {"data": {"kubeconfig": "YQ=="}})
	criterion.undetermined == expected with input as asked with data.environment as {}
}

test_does_not_apply_to_other_secrets if {
	asked := subject("Secret", {"data": {"password": "YQ=="}})
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as {}
	not criterion.applies with input as asked with data.environment as {}
}

test_undetermined_when_values_are_unknown_or_of_another_type if {
	path := ["jwt", 0, "claimValidationRules"]
	no_list := {breach("field_unknown", {"field": "claimValidationRules", "why": "not of the expected type"}, path)}
	unknown := {breach("field_unknown", {"field": "subjects", "why": "values.yaml"}, ["subjects"])}
	role := {"roleRef": {"name": "cluster-admin"}, "subjects": {"$unknown": "values.yaml"}}
	criterion.undetermined == no_list with input as tokens("mfa") with data.environment as bound("oidc:ops")
	criterion.undetermined == unknown with input as subject(binding_kind, role) with data.environment as {}
}

authentication := "apiserver.config.k8s.io/AuthenticationConfiguration"

binding_kind := "rbac.authorization.k8s.io/ClusterRoleBinding"

subject(kind, body) := {"address": [kind, "", "b"], "resource": body, "parameters": {}}

tokens(rules) := subject(authentication, {"jwt": [{
	"issuer": {"url": issuer},
	"claimMappings": {"groups": {"claim": "groups", "prefix": "oidc:"}, "username": {"claim": "sub", "prefix": "oidc:"}},
	"claimValidationRules": rules,
}]})

role_binding(group, role) := {"roleRef": {"name": role}, "subjects": [{"kind": "Group", "name": group}]}

binding(group) := subject(binding_kind, role_binding(group, "cluster-admin"))

bound(group) := {binding_kind: {"": {"admins": role_binding(group, "cluster-admin")}}}

with_role(role) := {
	binding_kind: {"": {"admins": role_binding("oidc:ops", "everything")}},
	"rbac.authorization.k8s.io/ClusterRole": {"": {"everything": role}},
}

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
