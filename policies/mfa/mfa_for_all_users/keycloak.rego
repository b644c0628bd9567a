package mfa.mfa_for_all_users.keycloak

import data.lib.login
import data.lib.login_brokers
import data.lib.login_unread

realm := input.resource.spec

flows := object.get(input, "flows", {})

deny contains {"reason": "second_factor_missing", "facts": facts, "path": login.opened_at(flow, way)} if {
	some flow in login_unread.browser_flows(realm, flows)
	some way in login.open_to_all(flow)
	facts := {"flow": flow.flow, "steps": login.steps(way)}
}

deny contains {"reason": "second_factor_only_if_enrolled", "facts": facts, "path": login.opened_at(flow, way)} if {
	not login.enrolment_forced(realm)
	some flow in login_unread.browser_flows(realm, flows)
	some way in login.open_to_unenrolled(flow)
	facts := {"flow": flow.flow}
}

deny contains {"reason": "password_grant_without_second_factor", "facts": facts, "path": place} if {
	some found in login_unread.password_clients(realm)
	flow := login.of_client(flows, "direct_grant", found.client.clientId)
	count(login.weak(flow, login.second_factors)) > 0
	place := array.concat(found.path, ["directAccessGrantsEnabled"])
	facts := {"client": found.client.clientId, "flow": flow.flow}
}

deny contains {"reason": "reset_without_second_factor", "facts": facts, "path": login.opened_at(flow, way)} if {
	realm.resetPasswordAllowed == true
	flow := login.of_realm(flows, "reset_credentials")
	some way in login.weak(flow, login.second_factors)
	not login.only_older(realm, way)
	facts := {"flow": flow.flow}
}

deny contains {"reason": "broker_without_second_factor", "facts": {"broker": found.alias}, "path": found.path} if {
	some found in login_brokers.weak(realm, flows, input.parameters.assurance_values)
}

deny contains {"reason": "assurance_levels_not_mapped", "facts": {"client": client}, "path": found.path} if {
	some found in login_unread.demanding_clients(realm)
	not login_unread.levels_mapped(realm)
	client := found.client.clientId
}

undetermined contains {"reason": "older_accounts_unknown", "facts": {"flow": flow.flow}, "path": flow.path} if {
	login.enrolment_forced(realm)
	some flow in login_unread.browser_flows(realm, flows)
	some way in login.open_to_unenrolled(flow)
}

undetermined contains {"reason": "login_unread", "facts": gap.facts, "path": gap.path} if {
	some gap in login_unread.gaps(realm, flows)
}

applies if object.get(input.resource, ["spec", "enabled"], true) != false
