# Identity providers of a Keycloak realm that other organisations' users come through.
package lib.login_brokers

import data.lib.known
import data.lib.login

# Nobody signs in by a broker that only links accounts.
enabled(realm) := [{"alias": broker.alias, "broker": broker, "path": ["spec", "identityProviders", i]} |
	some i, broker in login.list(realm, "identityProviders")
	object.get(broker, "enabled", true) == true
	object.get(broker, "linkOnly", false) != true
	is_string(broker.alias)
]

# Brokers after which nobody is asked for a second factor, here or, provably, there.
weak(realm, flows, assurance_values) := [found |
	some found in enabled(realm)
	not asks_afterwards(flows, found.alias)
	not unread(flows, found.alias)
	not demands_assurance(found.broker, assurance_values)
]

asks_afterwards(flows, alias) if {
	flow := flows.brokers[alias]
	not known.is_unknown(flow)
	login.weak(flow, login.second_factors) == []
	login.extensions(flow, login.second_factors) == []
	count(login.accepting(flow)) > 0
}

unread(flows, alias) if known.is_unknown(flows.brokers[alias])

unread(flows, alias) if count(login.extensions(flows.brokers[alias], login.second_factors)) > 0

# Every value asked for is one of those that the description calls strong.
demands_assurance(broker, assurance_values) if {
	asked := [value | some value in split(broker.config.acrValues, " "); value != ""]
	count(asked) > 0
	every value in asked { value in assurance_values }
}

# Or logins are refused that do not carry one.
demands_assurance(broker, assurance_values) if {
	broker.config.filteredByClaim == "true"
	broker.config.claimFilterName == "acr"
	broker.config.claimFilterValue in assurance_values
}
