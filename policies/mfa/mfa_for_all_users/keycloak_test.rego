package mfa.mfa_for_all_users.keycloak_test

import data.mfa.mfa_for_all_users.keycloak as criterion

test_meets_when_every_path_asks_for_a_second_factor if {
criterion.deny | criterion.undetermined == set() with input as realm({}, {})}

test_breaks_where_a_password_is_enough if {
	expected := {{
		"reason": "second_factor_missing",
		"facts": {"flow": "spe", "steps": "auth-username-password-form"},
		"path": ["at", "password"],
	}}
	criterion.deny == expected with input as realm({}, {"browser": flow([[password]])})
}

test_breaks_where_only_the_enrolled_are_asked if {
	expected := {{"reason": "second_factor_only_if_enrolled", "facts": {"flow": "spe"}, "path": ["at", "subflow"]}}
	criterion.deny == expected with input as realm({}, {"browser": flow([[password, skipped], [password, otp]])})
}

test_undetermined_where_only_new_users_must_enrol if {
	forced := {"requiredActions": [{"alias": "CONFIGURE_TOTP", "enabled": true, "defaultAction": true}]}
	expected := {{"reason": "older_accounts_unknown", "facts": {"flow": "spe"}, "path": ["spec", "browserFlow"]}}
	bound := realm(forced, {"browser": flow([[password, skipped], [password, otp]])})
	criterion.deny == set() with input as bound
	criterion.undetermined == expected with input as bound
}

test_breaks_at_a_clients_own_flow if {
	weaker := {"clients": {"desktop": {"browser": object.union(flow([[password]]), {"flow": "own"})}}}
	expected := {{
		"reason": "second_factor_missing",
		"facts": {"flow": "own", "steps": "auth-username-password-form"},
		"path": ["at", "password"],
	}}
	criterion.deny == expected with input as realm({"clients": [{"clientId": "desktop"}]}, weaker)
}

test_breaks_at_the_password_grant if {
	expected := {{
		"reason": "password_grant_without_second_factor",
		"facts": {"client": "desktop", "flow": "spe"},
		"path": ["spec", "clients", 0, "directAccessGrantsEnabled"],
	}}
	clients := {"clients": [{"clientId": "desktop", "directAccessGrantsEnabled": true}]}
	criterion.deny == expected with input as realm(clients, {"direct_grant": flow([[password]])})
}

test_breaks_where_a_link_is_enough_to_come_in if {
	expected := {{"reason": "reset_without_second_factor", "facts": {"flow": "spe"}, "path": ["at", "mail"]}}
	mail := {"authenticator": "reset-credential-email", "path": ["at", "mail"]}
	weaker := {"reset_credentials": flow([[mail]])}
	criterion.deny == expected with input as realm({"resetPasswordAllowed": true}, weaker)
}

test_breaks_at_a_broker_that_need_not_be_strong if {
	expected := {{
		"reason": "broker_without_second_factor",
		"facts": {"broker": "partner"},
		"path": ["spec", "identityProviders", 0],
	}}
	criterion.deny == expected with input as realm(brokers({"acrValues": "urn:weak"}), {})
}

test_meets_with_a_broker_asked_for_strong_assurance if {
	criterion.deny == set() with input as realm(brokers({"acrValues": "loa-high"}), {})
}

test_meets_with_a_second_factor_after_the_broker if {
	criterion.deny == set() with input as realm(brokers({}), {"brokers": {"partner": flow([[otp]])}})
}

test_breaks_where_a_client_demands_levels_that_are_not_mapped if {
	expected := {{
		"reason": "assurance_levels_not_mapped",
		"facts": {"client": "desktop"},
		"path": ["spec", "clients", 0],
	}}
	clients := {"clients": [{"clientId": "desktop", "attributes": {"default.acr.values": "mfa"}}]}
	criterion.deny == expected with input as realm(clients, {})
}

test_meets_where_the_levels_that_a_client_demands_are_mapped if {
	clients := [{"clientId": "desktop", "attributes": {"default.acr.values": "mfa"}}]
	mapped := {"clients": clients, "attributes": {"acr.loa.map": `{"mfa":"2"}`}}
	criterion.deny == set() with input as realm(mapped, {})
	count(criterion.deny) == 1 with input as realm(object.union(mapped, {"attributes": {"acr.loa.map": "{}"}}), {})
}

test_undetermined_when_a_level_of_a_session_never_ages if {
	why := "a step-up condition does not say how long a level lasts"
	path := ["spec", "authenticationFlows", 0, "authenticationExecutions", 0]
	condition := {"authenticator": "conditional-level-of-authentication", "authenticatorConfig": "gold"}
	flows := {"authenticationFlows": [{"alias": "x", "authenticationExecutions": [condition]}]}
	expected := {unread(why, path)}
	criterion.undetermined == expected with input as realm(flows, {})
	config := {"authenticatorConfig": [{"alias": "gold", "config": {"loa-max-age": "36000"}}]}
	criterion.undetermined == set() with input as realm(object.union(flows, config), {})
}

test_undetermined_when_a_flow_is_not_in_the_export if {
	missing := {"browser": {"$unknown": "flow `x` is not contained in the export"}}
	expected := {{
		"reason": "login_unread",
		"facts": {"why": "flow `x` is not contained in the export"},
		"path": ["spec"],
	}}
	criterion.undetermined == expected with input as realm({}, missing)
}

test_undetermined_when_an_extension_stands_in_the_flow if {
	own := {"authenticator": "own-token", "path": ["at", "own"]}
	expected := {{
		"reason": "login_unread",
		"facts": {"why": "execution own-token is not one of Keycloak's own"},
		"path": ["at", "own"],
	}}
	criterion.undetermined == expected with input as realm({}, {"browser": flow([[password, own]])})
}

test_undetermined_when_clients_are_not_a_list if {
	why := "clients: not of the expected type"
	expected := {{"reason": "login_unread", "facts": {"why": why}, "path": ["spec", "clients"]}}
	criterion.undetermined == expected with input as realm({"clients": "none"}, {})
}

test_undetermined_when_a_client_or_a_broker_is_not_fully_known if {
	expected := {
		unread("directAccessGrantsEnabled: u", ["spec", "clients", 0, "directAccessGrantsEnabled"]),
		unread("clients: u", ["spec", "clients", 1]),
		unread("linkOnly: u", ["spec", "identityProviders", 0, "linkOnly"]),
	}
	client := {"clientId": "desktop", "directAccessGrantsEnabled": {"$unknown": "u"}}
	broker := {"alias": "partner", "linkOnly": {"$unknown": "u"}, "config": {"acrValues": "loa-high"}}
	spec := {"clients": [client, {"$unknown": "u"}], "identityProviders": [broker]}
	criterion.undetermined == expected with input as realm(spec, {})
}

test_meets_with_a_broker_that_only_links_accounts if {
	criterion.deny == set() with input as realm({"identityProviders": [{"alias": "partner", "linkOnly": true}]}, {})
}

test_undetermined_where_it_is_unknown_whether_new_users_must_enrol if {
	perhaps := {"requiredActions": [{"alias": "CONFIGURE_TOTP", "enabled": true, "defaultAction": {"$unknown": "u"}}]}
	bound := realm(perhaps, {"browser": flow([[password, skipped], [password, otp]])})
	criterion.deny == set() with input as bound
	count(criterion.undetermined) == 1 with input as bound
	off := {"requiredActions": [{"alias": "CONFIGURE_TOTP", "enabled": true, "defaultAction": false}]}
	count(criterion.deny) == 1 with input as realm(off, {"browser": flow([[password, skipped], [password, otp]])})
}

test_undetermined_without_flows if {
	count(criterion.undetermined) == 1 with input as object.remove(realm({}, {}), ["flows"])
}

test_does_not_apply_to_a_disabled_realm if {
	not criterion.applies with input as realm({"enabled": false}, {})
}

unread(why, path) := {"reason": "login_unread", "facts": {"why": why}, "path": path}

password := {"authenticator": "auth-username-password-form", "path": ["at", "password"]}

otp := {"authenticator": "auth-otp-form", "path": ["at", "otp"]}

skipped := {"passed_over": "factor", "conditions": ["conditional-user-configured"], "path": ["at", "subflow"]}

flow(paths) := {"flow": "spe", "path": ["spec", "browserFlow"], "paths": paths}

brokers(config) := {"identityProviders": [{"alias": "partner", "config": config}]}

realm(spec, flows) := {
	"address": ["keycloak/Realm", "", "spe"],
	"scope": "project",
	"resource": {"kind": "Realm", "spec": object.union({"realm": "spe", "enabled": true, "clients": []}, spec)},
	"flows": object.union({"browser": flow([[password, otp]]), "clients": {}, "brokers": {}}, flows),
	"parameters": {"assurance_values": ["loa-high"]},
}
