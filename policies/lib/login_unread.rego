# What of a Keycloak realm decides how people log in, and what of it cannot be read: {facts, path} each.
package lib.login_unread

import data.lib.field
import data.lib.known
import data.lib.login
import data.lib.unread

# The browser flows in use: the realm's and those of clients that override it.
browser_flows(realm, flows) := array.concat([login.of_realm(flows, "browser")], [flow |
	some found in login.enabled_clients(realm)
	flow := object.get(flows, ["clients", found.client.clientId, "browser"], null)
	flow != null
])

password_clients(realm) := [found |
	some found in login.enabled_clients(realm)
	found.client.directAccessGrantsEnabled == true
	object.get(found.client, "bearerOnly", false) != true
]

# Clients that demand a level of authentication by default or at least.
demanding_clients(realm) := [found |
	some found in login.enabled_clients(realm)
	some key in {"default.acr.values", "minimum.acr.value"}
	object.get(found.client, ["attributes", key], "") != ""
]

levels_mapped(realm) if {
	levels := realm.attributes["acr.loa.map"]
	not levels in {"", "{}"}
}

gaps(realm, flows) := [gap |
	some list in [
		unread.told(unread.gaps([field.root(realm, ["spec"])], tables)),
		unread.told(unread.gaps(field.elements(field.root(realm, ["spec"]), ["clients"]), client)),
		unread.told(unread.gaps(field.elements(field.root(realm, ["spec"]), ["identityProviders"]), broker)),
		[unknown(flow, ["spec"]) | some flow in deciding(realm, flows); known.is_unknown(flow)],
		[unfamiliar(step) | some flow in deciding(realm, flows); some step in login.extensions(flow, login.second_factors)],
		[ageless(place) | some place in ageless_conditions(realm)],
	]
	some gap in list
]

tables := [
	[["enabled"], "boolean"], [["clients"], "list"], [["identityProviders"], "list"], [["requiredActions"], "list"],
	[["resetPasswordAllowed"], "boolean"], [["attributes"], "map"],
]

client := [[[], "map"], [["enabled"], "boolean"], [["directAccessGrantsEnabled"], "boolean"]]

broker := [[[], "map"], [["enabled"], "boolean"], [["linkOnly"], "boolean"]]

# Every flow that decides whether somebody comes in.
deciding(realm, flows) := [flow |
	some list in [
		browser_flows(realm, flows),
		[login.of_client(flows, "direct_grant", found.client.clientId) | some found in password_clients(realm)],
		[login.of_realm(flows, "reset_credentials") | object.get(realm, "resetPasswordAllowed", false) == true],
		[flow | some flow in object.get(flows, ["brokers"], {})],
	]
	some flow in list
]

unknown(flow, path) := {"facts": {"why": known.why(flow)}, "path": path}

unfamiliar(step) := {"facts": {"why": why}, "path": step.path} if {
	why := concat("", ["execution ", step.authenticator, " is not one of Keycloak's own"])
}

ageless(place) := {"facts": {"why": "a step-up condition does not say how long a level lasts"}, "path": place}

# Step-up conditions whose settings do not bound the age of a session's level.
ageless_conditions(realm) := [["spec", "authenticationFlows", i, "authenticationExecutions", j] |
	some i, flow in login.list(realm, "authenticationFlows")
	some j, execution in login.list(flow, "authenticationExecutions")
	execution.authenticator == "conditional-level-of-authentication"
	object.get(execution, "requirement", "REQUIRED") != "DISABLED"
	not bounded(realm, object.get(execution, "authenticatorConfig", ""))
]

bounded(realm, alias) if {
	some config in login.list(realm, "authenticatorConfig")
	config.alias == alias
	config.config["loa-max-age"]
}
