package network.default_deny.kubernetes

import data.lib.clusters
import data.lib.reach

deny contains {"reason": "not_selected", "facts": {"direction": way.direction}, "at": way.at, "path": way.path} if {
	input.scope == "project"
	some way in open_because("not_selected")
}

deny contains {"reason": "allows_all", "facts": {"direction": way.direction}, "at": way.at, "path": way.path} if {
	input.scope == "project"
	some way in open_because("allows_all")
}

deny contains {"reason": "host_network", "facts": {}, "at": way.at, "path": way.path} if {
	input.scope == "project"
	some way in open_because("host_network")
}

deny contains {"reason": "plugin_does_not_enforce", "facts": found.facts, "path": found.path} if {
	environment
	enforcing := input.parameters.enforcing_network_plugins
	some found in clusters.not_enforcing(input.resource, data.environment, enforcing)
}

undetermined contains {"reason": "isolation_unknown", "facts": {"why": way.why}, "at": way.at, "path": way.path} if {
	input.scope == "project"
	not environment
	some way in reach.unknown(reach.isolation(input.address))
}

# A way that is open for no cause that is known here is not passed over.
undetermined contains {"reason": "isolation_unknown", "facts": facts, "at": way.at, "path": way.path} if {
	input.scope == "project"
	not environment
	some way in reach.open(reach.isolation(input.address))
	not way.cause in {"not_selected", "allows_all", "host_network"}
	facts := {"why": "its cause is new"}
}

undetermined contains {"reason": "plugin_unknown", "facts": found.facts, "path": found.path} if {
	environment
	some found in clusters.unknown_plugins(input.resource, data.environment)
}

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if input.scope == "unknown"

applies if input.scope == "project"

environment if input.address[0] == "speguard/Environment"

open_because(cause) := [way |
	not environment
	some way in reach.open(reach.isolation(input.address))
	way.cause == cause
]
