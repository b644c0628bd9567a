package mfa.strong_mfa_for_administrators.keycloak_test

import data.mfa.strong_mfa_for_administrators.keycloak as criterion

test_meets_when_administrators_need_a_security_key if {
criterion.deny | criterion.undetermined == set() with input as realm("master", {}, [[password, key]])}

test_breaks_where_a_code_is_enough if {
	expected := {{
		"reason": "weaker_than_security_key",
		"facts": {"client": "the master realm", "flow": "spe", "steps": "auth-username-password-form, auth-otp-form"},
		"path": ["at", "otp"],
	}}
	criterion.deny == expected with input as realm("master", {}, [[password, otp]])
}

test_breaks_at_an_administration_client_of_any_realm if {
	expected := {{
		"reason": "weaker_than_security_key",
		"facts": {"client": "grafana", "flow": "spe", "steps": "auth-username-password-form"},
		"path": ["at", "password"],
	}}
	criterion.deny == expected with input as realm("spe", {"clients": [{"clientId": "grafana"}]}, [[password]])
}

test_meets_in_a_realm_without_administrators if {
	criterion.deny == set() with input as realm("spe", {"clients": [{"clientId": "desktop"}]}, [[password]])
}

test_breaks_where_a_key_need_not_verify_the_user if {
	expected := {{
		"reason": "user_verification_not_required",
		"facts": {"field": "webAuthnPolicyUserVerificationRequirement", "value": "preferred"},
		"path": ["spec", "webAuthnPolicyUserVerificationRequirement"],
	}}
	preferred := {"webAuthnPolicyUserVerificationRequirement": "preferred"}
	criterion.deny == expected with input as realm("master", preferred, [[password, key]])
}

test_breaks_at_the_bootstrap_administrator if {
	expected := {{
		"reason": "administrator_with_password_only",
		"facts": {"user": "admin"},
		"path": ["spec", "users", 0],
	}}
	users := {"users": [{"username": "admin", "enabled": true, "credentials": [{"type": "password"}]}]}
	criterion.deny == expected with input as realm("master", users, [[password, key]])
}

test_undetermined_without_the_accounts_of_the_master_realm if {
	expected := {{"reason": "accounts_unread", "facts": {}, "path": ["spec"]}}
	criterion.undetermined == expected with input as realm("master", {"users": null}, [[password, key]])
}

test_undetermined_where_a_broker_leads_in if {
	expected := {{
		"reason": "administrators_broker_unknown",
		"facts": {"client": "the master realm", "broker": "partner"},
		"path": ["spec", "identityProviders", 0],
	}}
	redirect := {"authenticator": "identity-provider-redirector", "path": ["at", "redirect"]}
	brokers := {"identityProviders": [{"alias": "partner"}]}
	criterion.undetermined == expected with input as realm("master", brokers, [[redirect], [password, key]])
}

test_undetermined_when_the_flow_is_not_in_the_export if {
	expected := {{"reason": "login_unread", "facts": {"why": "not contained"}, "path": ["spec"]}}
	missing := object.union(realm("master", {}, []), {"flows": {"browser": {"$unknown": "not contained"}}})
	criterion.undetermined == expected with input as missing
}

test_undetermined_when_it_is_unknown_whether_keys_verify_the_user if {
	field := "webAuthnPolicyUserVerificationRequirement"
	why := "webAuthnPolicyUserVerificationRequirement: u"
	expected := {{"reason": "login_unread", "facts": {"why": why}, "path": ["spec", field]}}
	unknown := realm("master", {field: {"$unknown": "u"}}, [[password, key]])
	criterion.undetermined == expected with input as unknown
	criterion.deny == set() with input as unknown
}

test_undetermined_when_clients_are_not_a_list if {
	count(criterion.undetermined) == 1 with input as realm("master", {"clients": "none"}, [[password, key]])
}

password := {"authenticator": "auth-username-password-form", "path": ["at", "password"]}

otp := {"authenticator": "auth-otp-form", "path": ["at", "otp"]}

key := {"authenticator": "webauthn-authenticator", "path": ["at", "key"]}

realm(name, spec, paths) := {
	"address": ["keycloak/Realm", "", name],
	"resource": {"spec": object.union(hardened(name), spec)},
	"flows": {"browser": {"flow": "spe", "path": ["spec", "browserFlow"], "paths": paths}},
}

hardened(name) := {
	"realm": name,
	"users": [],
	"webAuthnPolicyUserVerificationRequirement": "required",
	"webAuthnPolicyPasswordlessUserVerificationRequirement": "required",
}
