package mfa.strong_mfa_for_administrators.keycloak

import data.lib.administrators
import data.lib.login
import data.lib.login_brokers

realm := input.resource.spec

flows := object.get(input, "flows", {})

deny contains {"reason": "weaker_than_security_key", "facts": facts, "path": login.opened_at(flow, way)} if {
	some client in administrators.clients(realm)
	flow := login.of_client(flows, "browser", client)
	some way in login.weak(flow, login.phishing_resistant)
	facts := {"client": client, "flow": flow.flow, "steps": login.steps(way)}
}

deny contains {"reason": "user_verification_not_required", "facts": facts, "path": ["spec", field]} if {
	some field in administrators.verification_fields
	value := object.get(realm, field, "not specified")
	is_string(value)
	value != "required"
	facts := {"field": field, "value": value}
}

deny contains {"reason": "administrator_with_password_only", "facts": {"user": user}, "path": ["spec", "users", i]} if {
	administrators.is_master(realm)
	some i, account in login.list(realm, "users")
	administrators.password_only(account)
	user := object.get(account, "username", "without a name")
}

undetermined contains {"reason": "accounts_unread", "facts": {}, "path": ["spec"]} if {
	administrators.is_master(realm)
	not is_array(object.get(realm, "users", null))
}

undetermined contains {"reason": "administrators_broker_unknown", "facts": facts, "path": found.path} if {
	some client in administrators.clients(realm)
	administrators.leads_to_brokers(login.of_client(flows, "browser", client))
	some found in login_brokers.enabled(realm)
	facts := {"client": client, "broker": found.alias}
}

undetermined contains {"reason": "login_unread", "facts": gap.facts, "path": gap.path} if {
	some client in administrators.clients(realm)
	some gap in administrators.gaps(realm, login.of_client(flows, "browser", client))
}

applies if object.get(input.resource, ["spec", "enabled"], true) != false
