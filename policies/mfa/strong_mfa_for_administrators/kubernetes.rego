package mfa.strong_mfa_for_administrators.kubernetes

import data.lib.admin_sign_in
import data.lib.credentials
import data.lib.token_rules

deny contains {"reason": "phishable_administrators", "facts": found.facts, "path": found.path} if {
	kind == admin_sign_in.kind
	some found in admin_sign_in.breaches(input.resource, data.environment)
}

deny contains {"reason": "administrator_credentials", "facts": found.facts, "path": found.path} if {
	some found in credentials.administrators(input.resource, kind)
}

undetermined contains {"reason": "rule_unread", "facts": found.facts, "path": found.path} if {
	kind == admin_sign_in.kind
	some found in admin_sign_in.undecided(input.resource, data.environment)
}

undetermined contains {"reason": "administrators_sign_in_unknown", "facts": facts, "path": subject.path} if {
	binds_people
	object.get(data.environment, admin_sign_in.kind, {}) == {}
	some subject in admin_sign_in.people(input.resource)
	facts := {"subject": object.get(subject.value, "name", "")}
}

undetermined contains {"reason": "kubeconfig_of_someone", "facts": found.facts, "path": found.path} if {
	some found in credentials.of_someone(input.resource, kind)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	some gap in gaps
}

applies if {
	kind == admin_sign_in.kind
	admin_sign_in.of_administrators(input.resource, data.environment) != []
}

applies if binds_people

applies if credentials.kubeconfigs(input.resource, kind) != []

kind := input.address[0]

binds_people if {
	kind == admin_sign_in.binding_kind
	admin_sign_in.administers(input.resource, data.environment)
	admin_sign_in.people(input.resource) != []
}

gaps := token_rules.gaps(input.resource) if kind == admin_sign_in.kind

gaps := admin_sign_in.gaps(input.resource) if kind == admin_sign_in.binding_kind
